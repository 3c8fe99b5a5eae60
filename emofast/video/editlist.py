"""The trailer as an edit list for cutting programs: CMX 3600 (`.edl`) and OpenTimelineIO (`.otio`)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange, to_timecode

from emofast.console import warn
from emofast.paths import atomic_write
from emofast.video.media import Media

__all__ = ["HANDLE", "write_edl", "write_otio"]

HANDLE = 1.0
"""Seconds before and after each cut that the edit list promises, where the episode has them."""

_RECORD_START = "01:00:00:00"

Cut = tuple[int, int, str]
"""First frame, frame after the last, and a name."""


def write_otio(path: Path, title: str, episode: Media, cuts: list[Cut]) -> None:
    """One video and, where the episode has sound, one audio track; every clip points into the whole episode, so handles are there."""
    rate = float(episode.rate)
    timeline = otio.schema.Timeline(title, global_start_time=otio.opentime.from_timecode(_RECORD_START, rate))
    kinds = [otio.schema.TrackKind.Video] + [otio.schema.TrackKind.Audio] * episode.sound
    for kind in kinds:
        track = otio.schema.Track(kind, kind=kind)
        track.extend(_clip(episode, cut) for cut in cuts)
        timeline.tracks.append(track)
    with atomic_write(path) as partial:
        otio.adapters.write_to_file(timeline, str(partial))


def write_edl(path: Path, title: str, episode: Media, cuts: list[Cut]) -> None:
    """One event a moment, picture and both channels of sound together; source times carry the episode's start timecode.

    Written here because OpenTimelineIO's CMX adapter writes neither sound channels nor the drop-frame line; it reads this file.
    """
    rate = float(episode.rate)
    first = _start(episode).to_frames()
    drop = ";" in to_timecode(RationalTime(0, rate), rate)
    record = otio.opentime.from_timecode(_RECORD_START.replace(":00:00:00", ";00;00;00") if drop else _RECORD_START, rate).to_frames()
    lines = [f"TITLE: {title}", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}", ""]
    for k, (a, b, name) in enumerate(cuts, start=1):
        source = [to_timecode(RationalTime(first + f, rate), rate) for f in (a, b)]
        target = [to_timecode(RationalTime(record + f, rate), rate) for f in (0, b - a)]
        before, after = _handles(episode, a, b)
        lines += [f"{k:03d}  {_reel(episode.path):8} {'AA/V' if episode.sound else 'V':5} C        {' '.join(source + target)}",
                  f"* FROM CLIP NAME: {episode.path.name}",
                  f"* {name}",
                  f"* HANDLES: {before} FRAMES BEFORE, {after} FRAMES AFTER", ""]  # fmt: skip
        record += b - a
    with atomic_write(path) as partial:
        partial.write_text("\n".join(lines), encoding="utf-8", newline="\r\n")


def _clip(episode: Media, cut: Cut) -> otio.schema.Clip:
    a, b, name = cut
    rate = float(episode.rate)
    start = _start(episode)
    before, after = _handles(episode, a, b)
    whole = TimeRange(start, RationalTime(episode.frames, rate))
    media = otio.schema.ExternalReference(episode.path.resolve().as_uri(), whole)
    media.name = episode.path.name
    used = TimeRange(start + RationalTime(a, rate), RationalTime(b - a, rate))
    return otio.schema.Clip(name, media, used, metadata={"emofast": {"handle_frames_before": before, "handle_frames_after": after}})


def _handles(episode: Media, a: int, b: int) -> tuple[int, int]:
    """Frames of material before and after a cut, at most `HANDLE` seconds."""
    most = round(HANDLE * episode.rate)
    return min(most, a), min(most, max(0, episode.frames - b))


def _start(episode: Media) -> RationalTime:
    """The timecode of the episode's first frame; zero where the file has none or a wrong one (told)."""
    rate = float(episode.rate)
    if episode.timecode:
        try:
            return otio.opentime.from_timecode(episode.timecode, rate)
        except ValueError:
            warn(
                f"the start timecode {episode.timecode!r} of {episode.path.name} does not fit {rate:.3f} frames/s; "
                "the edit lists count from zero"
            )
    return RationalTime(0, rate)


def _reel(path: Path) -> str:
    """Eight ASCII letters and digits, all that a CMX 3600 reel name may hold."""
    plain = unicodedata.normalize("NFKD", path.stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]", "", plain.upper())[:8] or "EPISODE"
