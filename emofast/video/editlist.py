"""The trailer for cutting programs: CMX 3600 (`.edl`) and OpenTimelineIO (`.otio`), and the clock that all edit lists share."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import numpy as np
import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from emofast.console import warn
from emofast.emotions import BY_NAME
from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.selection import Cut
from emofast.video.words import one_line

_DROPPING = (Fraction(30000, 1001), Fraction(60000, 1001))
_COLOURS = {"RED": (230, 40, 40), "ORANGE": (240, 140, 20), "YELLOW": (245, 205, 20), "GREEN": (80, 150, 50), "CYAN": (0, 170, 170),
            "BLUE": (50, 100, 200), "PURPLE": (120, 60, 160), "PINK": (200, 170, 210)}  # fmt: skip


@dataclass(frozen=True)
class Timebase:
    """How the frames of an episode are counted. start: number of its first frame. drop: its timecode is drop-frame."""

    rate: Fraction
    start: int
    drop: bool

    @classmethod
    def of(cls, episode: Media, tell: Callable[[str], None] = warn) -> Timebase:
        """By the episode's own timecode: only its semicolon says whether frame numbers are dropped. Without one it counts from zero,
        dropping at 29.97 and 59.94, as cutting programs do; so too where the timecode cannot be one, which it
        tells."""
        if episode.timecode:
            drop = ";" in episode.timecode
            try:
                if drop and episode.rate not in _DROPPING:
                    raise ValueError
                return cls(episode.rate, otio.opentime.from_timecode(episode.timecode, float(episode.rate)).to_frames(), drop)
            except ValueError:
                tell(
                    f"the start timecode {episode.timecode!r} of {episode.path.name} does not fit {float(episode.rate):.3f} frames/s; "
                    "the edit lists count from zero"
                )
        return cls(episode.rate, 0, episode.rate in _DROPPING)

    @property
    def record(self) -> int:
        """The trailer's first frame number: one hour, as is the custom."""
        return otio.opentime.from_timecode("01:00:00;00" if self.drop else "01:00:00:00", float(self.rate)).to_frames()

    def timecode(self, frame: int) -> str:
        """Hours, minutes, seconds and frames of frame number `frame`."""
        return otio.opentime.to_timecode(RationalTime(frame, float(self.rate)), float(self.rate), drop_frame=self.drop)

    def time(self, frames: int) -> RationalTime:
        """`frames` as OpenTimelineIO counts them."""
        return RationalTime(frames, float(self.rate))


def write_edl(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """One event a cut, picture and both channels of sound together; source times carry the episode's start timecode.

    Written here because OpenTimelineIO's CMX adapter writes neither sound channels nor the drop-frame line; it reads this file.
    """
    record = base.record
    lines = [f"TITLE: {one_line(title)}", f"FCM: {'DROP FRAME' if base.drop else 'NON-DROP FRAME'}", ""]
    for k, cut in enumerate(cuts, start=1):
        times = (base.start + cut.first, base.start + cut.last, record, record + cut.frames)
        lines += [f"{k:03d}  {_reel(episode.path):8} {'AA/V' if episode.sound else 'V':5} C        {' '.join(map(base.timecode, times))}",
                  f"* FROM CLIP NAME: {one_line(episode.path.name)}",
                  f"* {cut.name}", ""]  # fmt: skip
        record += cut.frames
    with atomic_write(path) as partial:
        partial.write_text("\n".join(lines), encoding="utf-8", newline="\r\n")


def write_otio(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """One video and, where the episode has sound, one audio track; every clip points into the whole episode, so handles are there."""
    whole = TimeRange(base.time(base.start), base.time(episode.frames))
    timeline = otio.schema.Timeline(one_line(title), global_start_time=base.time(base.record))
    for kind in [otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio][: 1 + episode.sound]:
        track = otio.schema.Track(kind, kind=kind)
        for cut in cuts:
            media = otio.schema.ExternalReference(media_url(path, episode), whole)
            media.name = one_line(episode.path.name)
            used = TimeRange(base.time(base.start + cut.first), base.time(cut.frames))
            peak = TimeRange(base.time(base.start + int(cut.moment.peak * base.rate)), base.time(1))
            marker = otio.schema.Marker(cut.name, peak, color=colour_of(cut.moment.emotion))
            track.append(otio.schema.Clip(cut.name, media, used, markers=[marker]))
        timeline.tracks.append(track)
    with atomic_write(path) as partial:
        otio.adapters.write_to_file(timeline, str(partial), "otio_json")


def media_url(beside: Path, episode: Media) -> str:
    """The episode relative to the folder of the edit list, so that both can move together; in full where it is on another drive."""
    try:
        # quote takes the bytes, so that names of old disks that are no UTF-8 come through
        return quote(os.fsencode(Path(os.path.relpath(episode.path.resolve(), beside.resolve().parent)).as_posix()))
    except ValueError:
        return episode.path.resolve().as_uri()


def colour_of(emotion: str) -> str:
    """The marker colour nearest to the emotion's own."""
    own = np.array(BY_NAME[emotion].colour)
    return min(_COLOURS, key=lambda name: float(np.square(own - _COLOURS[name]).sum()))


def _reel(path: Path) -> str:
    """Eight ASCII letters and digits, all that a CMX 3600 reel name may hold."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]", "", plain.upper())[:8] or "EPISODE"
