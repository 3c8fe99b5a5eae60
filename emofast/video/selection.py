"""From peaks to cuts: where each moment starts and ends, which of them make the trailer, and `moments.csv` in between."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import atomic_write
from emofast.video.bounds import Span, cut_points, snap
from emofast.video.media import Media
from emofast.video.moments import Moment

__all__ = ["Wish", "choose", "frames", "place", "read_moments", "wanted", "write_moments"]

COLUMNS = ("rank", "start", "end", "peak", "score", "emotion", "viewers", "p_value")

LEAD, TAIL = 1.0, 0.7
"""Seconds shown before the faces begin to move and after they calm down: the joke belongs to the laugh."""
SHORTEST, LONGEST = 3.0, 8.0
LISTED = 60
"""Moments that are given exact cuts and a line in `moments.csv`: more than any trailer holds."""


@dataclass(frozen=True)
class Wish:
    """What the editor asks for. length: seconds of the trailer at most; count: moments at most; moment: seconds of each, None as
    the faces ask; gap: seconds between two peaks; emotions: only these; exclude: ranges of the episode never shown."""

    length: float = 30.0
    count: int | None = None
    moment: float | None = None
    gap: float = 4.0
    emotions: tuple[str, ...] = ()
    exclude: tuple[Span, ...] = ()


def place(moments: Iterable[Moment], episode: Media, wish: Wish) -> list[Moment]:
    """Give moments (best first) their cuts: on shot changes and in pauses, on whole frames, apart from each other.

    Drops moments of other emotions and those in excluded ranges, and what has no room left beside better ones.
    """
    asked = [m for m in moments if (not wish.emotions or m.emotion in wish.emotions) and not any(a <= m.peak < b for a, b in wish.exclude)]
    asked = [_widen(m, wish.moment) for m in asked[:LISTED]]
    shots, quiet = cut_points(episode, [t for m in asked for t in (m.start, m.end)])
    taken, placed = list(wish.exclude), []
    for m in asked:
        low = max([0.0] + [b for _, b in taken if b <= m.peak])
        high = min([episode.frames / float(episode.rate)] + [a for a, _ in taken if a > m.peak])
        # a shot that starts right after the peak would show the aftermath only: the peak keeps some room
        room = min(0.5, (m.end - m.start) / 4)
        start = _within(snap(m.start, [t for t in shots if t <= m.peak - room], quiet), low, m.peak - room)
        end = _within(snap(m.end, [t for t in shots if t >= m.peak + room], quiet), m.peak + room, high)
        a, b = math.ceil(start * episode.rate - 0.01), math.floor(end * episode.rate + 0.01)
        if b / episode.rate - a / episode.rate < min(SHORTEST, wish.moment or SHORTEST) / 2 or any(x < end and start < y for x, y in taken):
            continue
        placed.append(replace(m, start=float(a / episode.rate), end=float(b / episode.rate)))
        taken.append((placed[-1].start, placed[-1].end))
    return placed


def choose(moments: list[Moment], episode: Media, wish: Wish) -> list[Moment]:
    """The moments of the trailer in episode order: best first as long as they fit into `wish.length`, never over it; none of other
    emotions or within an excluded range, wherever the moments come from."""
    left = math.floor(wish.length * episode.rate + 1e-6)
    chosen: list[Moment] = []
    for m in wanted(moments, episode, wish):
        a, b = frames(m, episode)
        if b - a <= left and not any(m.start < c.end and c.start < m.end for c in chosen):
            chosen.append(m)
            left -= b - a
        if wish.count and len(chosen) == wish.count:
            break
    return sorted(chosen, key=lambda m: m.start)


def wanted(moments: list[Moment], episode: Media, wish: Wish) -> list[Moment]:
    """Those of the emotions that are asked for, with no frame in an excluded range."""
    near = 0.5 / float(episode.rate)  # cuts lie on whole frames
    return [
        m
        for m in moments
        if (not wish.emotions or m.emotion in wish.emotions) and not any(m.start < y - near and x + near < m.end for x, y in wish.exclude)
    ]


def frames(moment: Moment, episode: Media) -> tuple[int, int]:
    """First frame of a moment and the frame after its last, counted from the episode's start at `episode.rate`."""
    return round(moment.start * episode.rate), min(round(moment.end * episode.rate), episode.frames)


def write_moments(path: Path, moments: list[Moment]) -> None:
    """`moments.csv`, best first; p_value is empty where one viewer leaves nothing to compare."""
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow(COLUMNS)
        for rank, m in enumerate(moments, start=1):
            p = "" if math.isnan(m.p_value) else f"{m.p_value:.4f}"
            out.writerow([rank, f"{m.start:.3f}", f"{m.end:.3f}", f"{m.peak:.3f}", f"{m.score:.1f}", m.emotion, m.viewers, p])


def read_moments(path: Path, episode: Media) -> list[Moment]:
    """`moments.csv`, by this tool or edited by hand, also as spreadsheets save it (semicolons, decimal commas), by rank.

    Only start and end are needed. Raises `EmofastError` naming the line for anything that cannot be cut.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise EmofastError(f"{path} cannot be read ({e}); give a moments.csv in UTF-8") from None
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = list(csv.DictReader(text.splitlines(), delimiter=separator))
    if not rows or not {"start", "end"} <= set(rows[0]):
        raise EmofastError(f"{path} holds no moments; it needs a header line with at least start and end: {','.join(COLUMNS)}")
    read = [_read_row(path, line, row, episode) for line, row in enumerate(rows, start=2)]
    return [m for _, m in sorted(read, key=lambda pair: pair[0])]


def _read_row(path: Path, line: int, row: dict, episode: Media) -> tuple[float, Moment]:
    def number(name: str, default: float) -> float:
        text = (row.get(name) or "").strip().replace(",", ".")
        try:
            value = float(text) if text else default
        except ValueError:
            value = math.inf
        if math.isinf(value) or (text and math.isnan(value)):
            raise EmofastError(f"{path} line {line}: {name} is {text!r}, which is no number; mend the line or delete it")
        return value

    start, end = number("start", math.nan), number("end", math.nan)
    if not 0 <= start < end <= episode.duration + 0.5 or round(start * episode.rate) == round(end * episode.rate):
        raise EmofastError(
            f"{path} line {line}: {start} to {end} s is no part of the episode (0 to {episode.duration:.2f} s); mend the line or delete it"
        )
    emotion = (row.get("emotion") or "").strip() or "uncertain"
    if emotion not in EMOTIONS:
        raise EmofastError(f"{path} line {line}: {emotion!r} is none of {', '.join(EMOTIONS)}; mend the line or delete it")
    peak = number("peak", (start + end) / 2)
    return number("rank", line), Moment(
        start, end, peak, number("score", 0), emotion, int(number("viewers", 0)), number("p_value", math.nan)
    )


def _widen(m: Moment, seconds: float | None) -> Moment:
    """The stretch to show: with its lead-in and tail, of decent length or of the `seconds` asked for."""
    start, end = m.start - LEAD, m.end + TAIL
    if seconds:
        start, end = m.peak - 0.6 * seconds, m.peak + 0.4 * seconds
    missing, over = max(0.0, SHORTEST - (end - start)) * (seconds is None), max(0.0, (end - start) - LONGEST) * (seconds is None)
    start = min(m.peak - 0.5, start - missing / 2) + over * (m.peak - start) / (end - start)
    end = max(m.peak + 0.5, end + missing / 2) - over * (end - m.peak) / (end - start)
    return replace(m, start=max(0.0, start), end=end)


def _within(t: float, low: float, high: float) -> float:
    return max(min(t, high), low)
