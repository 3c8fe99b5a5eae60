"""From moments to cuts: where each one starts and ends, and which of them make the trailer."""

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.film.media import Media
from emofast.film.reader import Reader, hear
from emofast.video.moments import Moment

Span = tuple[float, float]

REACH = 2.2
"""Seconds a cut may move to a better place: from where the faces ask to the shot that holds the event."""

PAUSE = 0.15
"""Seconds of quiet between two words that can take a cut."""

QUIET = 12.0
"""Decibels below the loud parts around that count as a pause: speech falls by 20 between words, music does not."""

LEAD, TAIL = 1.0, 0.7
"""Seconds shown before the faces begin to move and after they calm down: the joke belongs to the laugh."""
SHORTEST, LONGEST = 3.0, 8.0
LISTED = 60
"""Moments that are given exact cuts and a line in `moments.csv`: more than any trailer holds."""

FLASH = 1.0
"""Seconds: a shorter remainder of a neighbouring shot is a flash, never shown."""

ROOM = 0.5
"""Seconds before and after its peak that a moment keeps: a shot that starts right after the peak shows the aftermath only."""

ORDERS = ("episode", "rank", "rows")
"""How a trailer can be ordered: as in the episode, best first, or as the lines of `moments.csv` stand."""

_RATE = 16000  # samples a second that pauses are heard from, `_HOP` seconds at a time
_HOP = 0.02
_SMALL = 256  # pixels of the longer side at which shot changes are looked for


@dataclass(frozen=True)
class Cut:
    """Frames [first, last) of the episode at `Media.rate`: `last` is the frame after the last one shown. rank: 1 is best. label: an
    editor's own name for it, or ""."""

    first: int
    last: int
    moment: Moment
    rank: int
    label: str = ""

    @property
    def frames(self) -> int:
        """How many are shown."""
        return self.last - self.first

    @property
    def name(self) -> str:
        """What cutting programs call it."""
        return self.label or f"MOMENT {self.rank} {self.moment.emotion.upper()}"

    def seconds(self, rate: Fraction) -> tuple[float, float]:
        """Start and end in episode seconds."""
        return float(self.first / rate), float(self.last / rate)


@dataclass(frozen=True)
class Wish:
    """What the editor asks for. length: seconds of the trailer at most; emotions: only these, all if there are none; exclude: ranges of
    the episode never shown; order: one of `ORDERS`."""

    length: float = 30.0
    emotions: tuple[str, ...] = ()
    exclude: tuple[Span, ...] = ()
    order: str = "episode"


def place(moments: Iterable[Moment], episode: Media, wish: Wish) -> list[Cut]:
    """Give moments (best first) their cuts: on shot changes and in pauses, on whole frames, apart from each other.

    Drops moments of other emotions and those in excluded ranges, and what has no room left beside better ones.
    """
    asked = [m for m in moments if m.emotion in (wish.emotions or EMOTIONS) and not any(a <= m.peak < b for a, b in wish.exclude)]
    spans = [_wanted_span(m) for m in asked[:LISTED]]
    near = [(a - REACH, b + REACH) for a, b in spans]
    shots = seams(episode, near)
    quiet = [span for a, b in joined(near, episode.duration) for span in pauses(episode, a, b)] if episode.sound else []
    taken = _closed(wish, episode)
    cuts: list[Cut] = []
    for m, span in zip(asked, spans):
        peak = int(m.peak * episode.rate)
        limits = max([0] + [b for _, b in taken if b <= peak]), min([episode.frames] + [a for a, _ in taken if a > peak])
        found = _best_cut(peak, span, limits, shots, quiet, episode.rate)
        if found and not any(a <= peak < b for a, b in taken):
            cuts.append(Cut(*found, m, len(cuts) + 1))
            taken.append(found)
    return cuts


def choose(cuts: list[Cut], episode: Media, wish: Wish) -> list[Cut]:
    """The trailer's cuts in the order that `wish` asks for: taken as listed as long as they fit into `wish.length`, never over it; none
    of other emotions or within an excluded range, wherever they come from."""
    left = math.floor(wish.length * episode.rate + 1e-6)
    chosen: list[Cut] = []
    for cut in wanted(cuts, episode, wish):
        if cut.frames <= left and not any(cut.first < c.last and c.first < cut.last for c in chosen):
            chosen.append(cut)
            left -= cut.frames
    return chosen if wish.order == "rows" else sorted(chosen, key=lambda c: c.rank if wish.order == "rank" else c.first)


def wanted(cuts: list[Cut], episode: Media, wish: Wish) -> list[Cut]:
    """Those of the emotions that are asked for, with no frame in an excluded range."""
    closed = _closed(wish, episode)
    allowed = [c for c in cuts if c.moment.emotion in (wish.emotions or EMOTIONS)]
    return [c for c in allowed if not any(c.first < b and a < c.last for a, b in closed)]


def _closed(wish: Wish, episode: Media) -> list[tuple[int, int]]:
    """The frames of the excluded ranges."""
    return [(round(a * episode.rate), round(b * episode.rate)) for a, b in wish.exclude]


def _wanted_span(m: Moment) -> Span:
    """What to show if the film did not matter: the reaction with its lead-in and tail, of decent length."""
    start, end = min(m.start - LEAD, m.peak - ROOM), max(m.end + TAIL, m.peak + ROOM)
    length = min(max(end - start, SHORTEST), LONGEST)
    if length >= end - start:
        return start - (length - end + start) / 2, end + (length - end + start) / 2
    shrink = length / (end - start)
    return m.peak - (m.peak - start) * shrink, m.peak + (end - m.peak) * shrink


def _best_cut(peak: int, span: Span, limits: tuple[int, int], shots: list[int], quiet: list[Span], rate: Fraction) -> tuple | None:
    """The best frames [first, last) near the wanted `span` (seconds), within `limits`; None where there is no room for the moment.

    All pairs of places are weighed: a shot change is better than a pause, a pause than anywhere; farther from where the faces
    ask is worse; and of a shot that is left or entered at least `FLASH` seconds are shown.
    """
    least, most, flash, room = math.ceil(SHORTEST * rate), math.floor(LONGEST * rate), math.ceil(FLASH * rate), round(ROOM * rate)
    starts = [(c, f) for c, f in _places(span[0], limits, shots, quiet, rate, -flash) if f <= peak - room or f == limits[0]]
    ends = [(c, f) for c, f in _places(span[1], limits, shots, quiet, rate, flash) if f > peak + room or f == limits[1]]
    ends += [(2.0, min(limits[1], first + length)) for _, first in starts for length in (least, most)]
    starts += [(2.0, max(limits[0], last - length)) for _, last in ends for length in (least, most)]
    pairs = []
    for (cost, first), (more, last) in product(starts, ends):
        if first <= peak < last and least <= last - first <= most:
            inside = [f for f in shots if first < f < last]
            flashes = (inside[0] - first < flash) + (last - inside[-1] < flash) if inside else 0
            pairs.append((cost + more + 10 * flashes, first, last))
    return min(pairs)[1:] if pairs else None


def _places(
    wanted: float, limits: tuple[int, int], shots: list[int], quiet: list[Span], rate: Fraction, flash: int
) -> list[tuple[float, int]]:
    """(cost, frame) of each place near `wanted` (seconds) where a cut may lie: the better the cheaper."""
    low, high = limits
    here = round(wanted * rate)
    places = [(0.0 if any(a <= f / rate <= b for a, b in quiet) else 0.1, f) for f in shots]
    places += [(1.0, round(min(max(wanted, a + PAUSE / 3), b - PAUSE / 3) * rate)) for a, b in quiet]
    places += [(1.5, f) for f in (here, *(f + flash for f in shots))]
    near = [(cost + abs(f - here) / float(rate) / REACH / 2, f) for cost, f in places if abs(f - here) <= REACH * rate and low <= f <= high]
    return [*near, *((2.0 + abs(f - here) / float(rate), f) for f in limits)]


def seams(episode: Media, spans: list[Span]) -> list[int]:
    """Frames at which shots begin, within `spans`; only those stretches are decoded."""
    return [round(t * episode.rate) for a, b in joined(spans, episode.duration) for t in shot_changes(episode.path, a, b)]


def shot_changes(path: Path, start: float, end: float) -> list[float]:
    """Seconds at which a new shot begins, between `start` and `end`, by PySceneDetect's content detector."""
    from scenedetect import ContentDetector, FrameTimecode

    detector, times, begins = ContentDetector(min_scene_len=5), [], []
    for t, picture, _ in Reader(path, start, end, side=_SMALL, threads=os.cpu_count() or 1):
        begins += detector.process_frame(FrameTimecode(len(times), fps=25.0), picture)  # it only counts frames; their times are ours
        times.append(t)
    return [times[int(frame)] for frame in begins]


def pauses(episode: Media, start: float, end: float) -> list[Span]:
    """Stretches of at least `PAUSE` seconds that are `QUIET` dB below the loud parts between `start` and `end`."""
    sound = hear(episode, start, end, _RATE)
    hop = round(_HOP * _RATE)
    if len(sound) < 10 * hop:
        return []
    power = np.square(sound[: len(sound) // hop * hop].reshape(-1, hop)).mean(1)
    level = 10 * np.log10(power + 1e-10)
    quiet = level < max(np.percentile(level, 90) - QUIET, -60)
    edges = np.flatnonzero(np.diff(quiet, prepend=False, append=False))
    spans = [(start + a * _HOP, start + b * _HOP) for a, b in edges.reshape(-1, 2).tolist()]
    return [(a, b) for a, b in spans if b - a >= PAUSE]


def joined(spans: list[Span], duration: float) -> list[Span]:
    """The spans, within the film, joined where they overlap."""
    found: list[Span] = []
    for a, b in sorted((max(0.0, a), min(duration, b)) for a, b in spans):
        if found and a <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], b)
        elif a < b:
            found.append((a, b))
    return found
