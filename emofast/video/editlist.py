"""The trailer for cutting programs: CMX 3600 (`.edl`), OpenTimelineIO (`.otio`), Final Cut 7 XML (`.xml`) and FCPXML on one clock.

All but `.otio` are written here: of OpenTimelineIO's adapters the first writes neither sound channels nor the drop-frame line, the one for
`.xml` no drop-frame timecode and one empty clip for each sound, that for FCPXML ends at 29.97 frames a second. The first two read what is
written here.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from emofast.console import warn
from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.selection import Cut
from emofast.video.words import one_line

_DROPPING = (Fraction(30000, 1001), Fraction(60000, 1001))


@dataclass(frozen=True)
class Timebase:
    """How the frames of an episode are counted. start: number of its first frame. drop: its timecode is drop-frame."""

    rate: Fraction
    start: int
    drop: bool

    @classmethod
    def of(cls, episode: Media, tell: Callable[[str], None] = warn) -> "Timebase":
        """By the episode's own timecode: only its semicolon says whether frame numbers are dropped. Without one it counts from zero,
        dropping at 29.97 and 59.94, as cutting programs do; so too where the timecode cannot be one, which it
        tells."""
        if episode.timecode:
            try:
                start = otio.opentime.from_timecode(episode.timecode, float(episode.rate)).to_frames()
                return cls(episode.rate, start, ";" in episode.timecode)
            except ValueError:
                fits = f"does not fit {float(episode.rate):.3f} frames/s; the edit lists count from zero"
                tell(f"the start timecode {episode.timecode!r} of {episode.path.name} {fits}")
        return cls(episode.rate, 0, episode.rate in _DROPPING)

    @property
    def record(self) -> int:
        """The trailer's first frame number: one hour, as is the custom."""
        return otio.opentime.from_timecode("01:00:00;00" if self.drop else "01:00:00:00", float(self.rate)).to_frames()

    def timecode(self, frame: int) -> str:
        """Hours, minutes, seconds and frames of frame number `frame`."""
        return otio.opentime.to_timecode(RationalTime(frame, float(self.rate)), float(self.rate), drop_frame=self.drop)


def write_edl(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """One event a cut, picture and both channels of sound together; source times carry the episode's start timecode."""
    plain = unicodedata.normalize("NFKD", episode.path.stem).encode("ascii", "ignore").decode()
    reel = re.sub(r"[^A-Z0-9]", "", plain.upper())[:8] or "EPISODE"  # all that the name of a reel may hold
    record = base.record
    lines = [f"TITLE: {one_line(title)}", f"FCM: {'DROP FRAME' if base.drop else 'NON-DROP FRAME'}", ""]
    for k, cut in enumerate(cuts, start=1):
        times = (base.start + cut.first, base.start + cut.last, record, record + cut.frames)
        lines += [f"{k:03d}  {reel:8} {'AA/V' if episode.sound else 'V':5} C        {' '.join(map(base.timecode, times))}",
                  f"* FROM CLIP NAME: {one_line(episode.path.name)}",
                  f"* {cut.name}", ""]  # fmt: skip
        record += cut.frames
    with atomic_write(path) as partial:
        partial.write_text("\n".join(lines), encoding="utf-8", newline="\r\n")


def write_otio(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """One video and, where the episode has sound, one audio track; every clip points into the whole episode, so handles are there."""
    try:  # relative to the list, so that both can move together; in full where the episode is on another drive
        # quote takes the bytes, so that names of old disks that are no UTF-8 come through
        url = quote(os.fsencode(Path(os.path.relpath(episode.path.resolve(), path.resolve().parent)).as_posix()))
    except ValueError:
        url = episode.path.resolve().as_uri()

    def span(first: int, frames: int) -> TimeRange:
        return TimeRange(RationalTime(first, float(base.rate)), RationalTime(frames, float(base.rate)))

    timeline = otio.schema.Timeline(one_line(title), global_start_time=RationalTime(base.record, float(base.rate)))
    for kind in [otio.schema.TrackKind.Video, otio.schema.TrackKind.Audio][: 1 + episode.sound]:
        track = otio.schema.Track(kind, kind=kind)
        for cut in cuts:
            media = otio.schema.ExternalReference(url, span(base.start, episode.frames))
            media.name = one_line(episode.path.name)
            marker = otio.schema.Marker(cut.name, span(base.start + int(cut.moment.peak * base.rate), 1))
            track.append(otio.schema.Clip(cut.name, media, span(base.start + cut.first, cut.frames), markers=[marker]))
        timeline.tracks.append(track)
    with atomic_write(path) as partial:
        otio.adapters.write_to_file(timeline, str(partial), "otio_json")


def write_xml(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut], moments: list[Cut]) -> None:
    """Final Cut 7 XML with two sequences: the trailer's `cuts`, and the whole episode with a marker for each of the `moments`."""
    title, name = one_line(title), one_line(episode.path.stem)
    trailer = _sequence("trailer", title, base, base.record, episode, [(c.first, c.last, c.name, _markers([c], base)) for c in cuts])
    size = {"width": episode.width, "height": episode.height}
    trailer["media"]["video"]["track"]["clipitem"][0]["file"] = {  # afterwards its id stands for it
        "@id": "episode", "name": one_line(episode.path.name),
        "pathurl": episode.path.resolve().as_uri().replace("file:///", "file://localhost/", 1),
        "rate": _rate(base), "duration": episode.frames, "timecode": _timecode(base, base.start),
        "media": {"video": {"samplecharacteristics": size},
                  "audio": [{"channelcount": episode.channels // len(episode.tracks)}] * len(episode.tracks) * episode.sound},
    }  # fmt: skip
    whole = _sequence("moments", f"{name} moments", base, base.start, episode, [(0, episode.frames, name, [])])
    sequences = [trailer, whole | {"marker": _markers(moments, base)}]
    _write(path, _element("xmeml", {"@version": "5", "project": {"name": title, "children": {"sequence": sequences}}}))


def write_fcpxml(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """FCPXML 1.9: the trailer's `cuts` as clips of the episode, each with its marker."""

    def time(frames: int) -> str:
        return f"{frames * base.rate.denominator}/{base.rate.numerator}s"

    counting, clips, at = "DF" if base.drop else "NDF", [], base.record
    for cut in cuts:
        peak = time(base.start + int(cut.moment.peak * base.rate))
        clips.append({
            "@ref": "r2", "@name": cut.name, "@offset": time(at), "@start": time(base.start + cut.first), "@duration": time(cut.frames),
            "@tcFormat": counting, "marker": {"@start": peak, "@duration": time(1), "@value": cut.name},
        })  # fmt: skip
        at += cut.frames
    sound = {"@hasAudio": "1", "@audioSources": str(len(episode.tracks)), "@audioChannels": str(episode.channels)} if episode.sound else {}
    resources = {
        "format": {"@id": "r1", "@frameDuration": time(1), "@width": str(episode.width), "@height": str(episode.height)},
        "asset": {"@id": "r2", "@name": one_line(episode.path.stem), "@start": time(base.start), "@duration": time(episode.frames),
                  "@hasVideo": "1", "@format": "r1", **sound,
                  "media-rep": {"@kind": "original-media", "@src": episode.path.resolve().as_uri()}},
    }  # fmt: skip
    sequence = {"@format": "r1", "@duration": time(at - base.record), "@tcStart": time(base.record), "@tcFormat": counting,
                "spine": {"asset-clip": clips}}  # fmt: skip
    event = {"@name": one_line(title), "project": {"@name": one_line(title), "sequence": sequence}}
    _write(path, _element("fcpxml", {"@version": "1.9", "resources": resources, "library": {"event": event}}))


def _write(path: Path, root: ET.Element) -> None:
    ET.indent(root)
    with atomic_write(path) as partial:
        text = ET.tostring(root, encoding="unicode")
        partial.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {root.tag}>\n{text}\n', encoding="utf-8")


def _sequence(key: str, name: str, base: Timebase, start: int, episode: Media, spans: list[tuple[int, int, str, list]]) -> dict:
    """A sequence of `spans` (first frame, frame after the last, name, markers) of the episode, with linked picture and sound."""
    heard = max(len(episode.tracks), min(2, episode.channels)) * episode.sound  # of channels in tracks of their own, all
    kinds = [("video", 1), *(("audio", k + 1) for k in range(heard))]

    def track(kind: str, number: int) -> dict:
        clips, at = [], 0
        for k, (first, last, label, markers) in enumerate(spans, start=1):
            clips.append({
                "@id": f"{key}-{kind}-{number}-{k}", "name": label, "duration": episode.frames, "rate": _rate(base),
                "start": at, "end": at + last - first, "in": first, "out": last, "file": {"@id": "episode"},
                "sourcetrack": [{"mediatype": "audio", "trackindex": number}] * (kind == "audio"),
                "link": [{"linkclipref": f"{key}-{to}-{n}-{k}", "mediatype": to, "trackindex": n, "clipindex": k} for to, n in kinds],
                "marker": markers * (kind == "video"),
            })  # fmt: skip
            at += last - first
        return {"clipitem": clips}

    shape = {"rate": _rate(base), "width": episode.width, "height": episode.height, "pixelaspectratio": "square"}
    return {
        "@id": key, "name": name, "duration": sum(last - first for first, last, *_ in spans), "rate": _rate(base),
        "timecode": _timecode(base, start),
        "media": {
            "video": {"format": {"samplecharacteristics": shape}, "track": track("video", 1)},
            "audio": [{"track": [track(*kind) for kind in kinds[1:]]}] * episode.sound,
        },
    }  # fmt: skip


def _markers(cuts: Iterable[Cut], base: Timebase) -> list[dict]:
    return [
        {"name": c.name, "comment": f"score {c.moment.score:.0f}, {c.moment.viewers} viewers moved",
         "in": int(c.moment.peak * base.rate), "out": -1} for c in cuts
    ]  # fmt: skip


def _timecode(base: Timebase, frame: int) -> dict:
    return {"rate": _rate(base), "string": base.timecode(frame), "frame": frame, "displayformat": "DF" if base.drop else "NDF"}


def _rate(base: Timebase) -> dict:
    return {"timebase": round(base.rate), "ntsc": "TRUE" if base.rate.denominator > 1 else "FALSE"}


def _element(tag: str, content: object) -> ET.Element:
    """An element from the dict of what is in it: "@key" is an attribute, a list so many elements of one tag. Anything else is its text."""
    element = ET.Element(tag)
    if not isinstance(content, dict):
        element.text = str(content)
        return element
    for key, value in content.items():
        if key.startswith("@"):
            element.set(key[1:], value)
        else:
            element.extend(_element(key, part) for part in (value if isinstance(value, list) else [value]))
    return element
