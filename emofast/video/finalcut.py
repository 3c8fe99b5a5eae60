"""The trailer for Premiere and Resolve: Final Cut 7 XML (`.xml`).

Written here: OpenTimelineIO's adapter writes no drop-frame timecode and one empty clip for each sound. It reads what is written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.editlist import Timebase
from emofast.video.selection import Cut
from emofast.video.words import one_line


def write_xml(path: Path, title: str, episode: Media, base: Timebase, cuts: list[Cut], moments: list[Cut]) -> None:
    """Final Cut 7 XML with two sequences: the trailer's `cuts`, and the whole episode with a marker for each of the `moments`."""
    title, name = one_line(title), one_line(episode.path.stem)
    trailer = _sequence("trailer", title, base, base.record, episode, [(c.first, c.last, c.name, _markers([c], base)) for c in cuts])
    trailer["media"]["video"]["track"]["clipitem"][0]["file"] = _file(episode, base)  # afterwards its id stands for it
    whole = _sequence("moments", f"{name} moments", base, base.start, episode, [(0, episode.frames, name, [])])
    sequences = [trailer, whole | {"marker": _markers(moments, base)}]
    root = _element("xmeml", {"@version": "5", "project": {"name": title, "children": {"sequence": sequences}}})
    ET.indent(root)
    with atomic_write(path) as partial:
        text = ET.tostring(root, encoding="unicode")
        partial.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{text}\n', encoding="utf-8")


def _sequence(key: str, name: str, base: Timebase, start: int, episode: Media, spans: list[tuple[int, int, str, list]]) -> dict:
    """A sequence of `spans` (first frame, frame after the last, name, markers) of the episode, with linked picture and sound."""
    kinds = [("video", 1), *(("audio", k + 1) for k in range(min(2, episode.channels) if episode.sound else 0))]

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


def _file(episode: Media, base: Timebase) -> dict:
    size = {"width": episode.width, "height": episode.height}
    return {
        "@id": "episode", "name": one_line(episode.path.name),
        "pathurl": episode.path.resolve().as_uri().replace("file:///", "file://localhost/", 1),
        "rate": _rate(base), "duration": episode.frames, "timecode": _timecode(base, base.start),
        "media": {"video": {"samplecharacteristics": size}, "audio": [{"channelcount": episode.channels}] * episode.sound},
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
