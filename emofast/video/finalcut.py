"""The trailer for Premiere, Resolve and Final Cut: Final Cut 7 XML (`.xml`) and FCPXML (`.fcpxml`).

Written here: of OpenTimelineIO's adapters the first writes no drop-frame timecode and one empty clip for each sound, the second
ends at 29.97 frames a second. The first one reads what is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.cut import Cut
from emofast.video.editlist import Timebase
from emofast.video.words import one_line


def write_xml(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut], moments: list[Cut]) -> None:
    """Final Cut 7 XML with two sequences: the trailer's `cuts`, and the whole episode with a marker for each of the `moments`."""
    root = ET.Element("xmeml", version="5")
    project = _add(root, "project")
    _add(project, "name", one_line(title))
    children = _add(project, "children")
    file = _file(episode, base)
    _sequence(children, one_line(title), base, base.record, episode, file, cuts)
    marked = _sequence(children, f"{one_line(episode.path.stem)} moments", base, base.start, episode, file, ())
    _markers(marked, moments, base)
    _write(path, root, "<!DOCTYPE xmeml>")


def write_fcpxml(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut]) -> None:
    """FCPXML 1.9: the trailer's `cuts` as clips of the episode, each with its marker."""

    def time(frames: int) -> str:
        return f"{frames * base.rate.denominator}/{base.rate.numerator}s"

    counting = "DF" if base.drop else "NDF"
    root = ET.Element("fcpxml", version="1.9")
    resources = _add(root, "resources")
    _add(resources, "format", id="r1", frameDuration=time(1), width=str(episode.width), height=str(episode.height))
    asset = _add(resources, "asset", id="r2", name=one_line(episode.path.stem), start=time(base.start), duration=time(episode.frames),
                 hasVideo="1", format="r1")  # fmt: skip
    if episode.sound:
        asset.attrib |= {"hasAudio": "1", "audioSources": "1", "audioChannels": str(episode.channels)}
    _add(asset, "media-rep", kind="original-media", src=episode.path.resolve().as_uri())
    event = _add(_add(root, "library"), "event", name=one_line(title))
    sequence = _add(_add(event, "project", name=one_line(title)), "sequence", format="r1", duration=time(sum(c.frames for c in cuts)),
                    tcStart=time(base.record), tcFormat=counting)  # fmt: skip
    spine, at = _add(sequence, "spine"), base.record
    for cut in cuts:
        clip = _add(spine, "asset-clip", ref="r2", name=cut.name, offset=time(at), start=time(base.start + cut.first),
                    duration=time(cut.frames), tcFormat=counting)  # fmt: skip
        _add(clip, "marker", start=time(base.start + int(cut.moment.peak * base.rate)), duration=time(1), value=cut.name)
        at += cut.frames
    _write(path, root, "<!DOCTYPE fcpxml>")


def _sequence(
    parent: ET.Element, name: str, base: Timebase, start: int, episode: Media, file: ET.Element, cuts: Iterable[Cut]
) -> ET.Element:
    """A sequence of `cuts`, or where there are none of the whole episode, with linked picture and sound."""
    spans = [(c.first, c.last, c.name, [c]) for c in cuts] or [(0, episode.frames, one_line(episode.path.stem), [])]
    key = "trailer" if cuts else "moments"
    sequence = _add(parent, "sequence", id=key)
    _add(sequence, "name", name)
    _add(sequence, "duration", sum(b - a for a, b, *_ in spans))
    _rate(sequence, base)
    _timecode(sequence, base, start)
    media = _add(sequence, "media")
    shape = _add(_add(_add(media, "video"), "format"), "samplecharacteristics")
    _rate(shape, base)
    for tag, value in (("width", episode.width), ("height", episode.height), ("pixelaspectratio", "square")):
        _add(shape, tag, value)
    if episode.sound:
        _add(media, "audio")
    kinds = [("video", 1), *(("audio", k + 1) for k in range(min(2, episode.channels) if episode.sound else 0))]
    for kind, number in kinds:
        track, at = _add(media.find(kind), "track"), 0
        for k, (first, last, label, marked) in enumerate(spans, start=1):
            clip = _add(track, "clipitem", id=f"{key}-{kind}-{number}-{k}")
            _add(clip, "name", label)
            _add(clip, "duration", episode.frames)
            _rate(clip, base)
            for tag, value in (("start", at), ("end", at + last - first), ("in", first), ("out", last)):
                _add(clip, tag, value)
            if file.get("written"):
                _add(clip, "file", id="episode")
            else:
                clip.append(file.find("file"))
                file.set("written", "yes")
            if kind == "audio":
                source = _add(clip, "sourcetrack")
                _add(source, "mediatype", "audio")
                _add(source, "trackindex", number)
            for other, n in kinds:
                link = _add(clip, "link")
                for tag, value in (("linkclipref", f"{key}-{other}-{n}-{k}"), ("mediatype", other), ("trackindex", n), ("clipindex", k)):
                    _add(link, tag, value)
            if kind == "video":
                _markers(clip, marked, base)
            at += last - first
    return sequence


def _file(episode: Media, base: Timebase) -> ET.Element:
    """The episode; written in full where it is first used, afterwards its id stands for it."""
    holder = ET.Element("holder")
    file = _add(holder, "file", id="episode")
    _add(file, "name", one_line(episode.path.name))
    _add(file, "pathurl", episode.path.resolve().as_uri().replace("file:///", "file://localhost/", 1))
    _rate(file, base)
    _add(file, "duration", episode.frames)
    _timecode(file, base, base.start)
    media = _add(file, "media")
    shape = _add(_add(media, "video"), "samplecharacteristics")
    _add(shape, "width", episode.width)
    _add(shape, "height", episode.height)
    if episode.sound:
        _add(_add(media, "audio"), "channelcount", episode.channels)
    return holder


def _markers(parent: ET.Element, cuts: Iterable[Cut], base: Timebase) -> None:
    for cut in cuts:
        marker = _add(parent, "marker")
        _add(marker, "name", cut.name)
        _add(marker, "comment", f"score {cut.moment.score:.0f}, {cut.moment.viewers} viewers moved")
        _add(marker, "in", int(cut.moment.peak * base.rate))
        _add(marker, "out", -1)


def _timecode(parent: ET.Element, base: Timebase, frame: int) -> None:
    timecode = _add(parent, "timecode")
    _rate(timecode, base)
    _add(timecode, "string", base.timecode(frame))
    _add(timecode, "frame", frame)
    _add(timecode, "displayformat", "DF" if base.drop else "NDF")


def _rate(parent: ET.Element, base: Timebase) -> None:
    rate = _add(parent, "rate")
    _add(rate, "timebase", round(base.rate))
    _add(rate, "ntsc", "TRUE" if base.rate.denominator > 1 else "FALSE")


def _add(parent: ET.Element, tag: str, text: object = None, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = None if text is None else str(text)
    return element


def _write(path: Path, root: ET.Element, doctype: str) -> None:
    ET.indent(root)
    with atomic_write(path) as partial:
        text = ET.tostring(root, encoding="unicode")
        partial.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n{text}\n', encoding="utf-8")
