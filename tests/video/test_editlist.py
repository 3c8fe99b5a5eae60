"""Edit lists come back from OpenTimelineIO as they were meant, and agree to the frame with each other and the trailer's pictures."""

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import opentimelineio as otio
import pytest
from films import episode, read_numbers

from emofast.film.media import Media, probe
from emofast.video.editlist import Timebase, write_edl, write_fcpxml, write_otio, write_xml
from emofast.video.moments import Moment
from emofast.video.render import render
from emofast.video.selection import Cut


def cut(first: int, last: int, rank: int, rate: float = 25, emotion: str = "happy") -> Cut:
    return Cut(first, last, Moment(first / rate, last / rate, (first + last) / 2 / rate, 50, emotion, 3, 0.01), rank)


SPANS = [(13, 80), (133, 200), (200, 249)]
CUTS = [cut(*span, rank, emotion=e) for span, rank, e in zip(SPANS, (2, 1, 3), ("happy", "fear", "sad"))]


def film(rate: str, timecode: str | None, sound: bool = True) -> Media:
    return Media(Path("Серия 1.mp4"), 640, 360, Fraction(rate), 30.0, 30.0, timecode, sound)


# rate, start timecode, its frame number counted by hand: 108 frames an hour are dropped at 29.97, 216 at 59.94
STARTS = [
    ("24000/1001", "01:00:00:00", 86400),
    ("25", "10:00:00:00", 900000),
    ("30000/1001", "01:00:00;00", 107892),
    ("30000/1001", "01:00:00:00", 108000),
    ("30000/1001", None, 0),
    ("50", "10:00:00:00", 1800000),
    ("60000/1001", "01:00:00;00", 215784),
    ("60000/1001", "01:00:00:00", 216000),
]


def from_timecode(text: str, rate: Fraction) -> int:
    """Frame number, by the definition: at each minute but every tenth the numbers 0 and 1 (at 60: 0 to 3) do not exist."""
    h, m, s, f = map(int, text.replace(";", ":").split(":"))
    whole = round(rate)
    minutes = 60 * h + m
    dropped = whole // 15 * (minutes - minutes // 10) if ";" in text else 0
    return (60 * minutes + s) * whole + f - dropped


@pytest.mark.parametrize(("rate", "timecode", "first"), STARTS)
def test_all_edit_lists_and_the_pictures_agree_to_the_frame(tmp_path, rate, timecode, first):
    media = probe(episode(tmp_path / "Серия 1.mov", 260 / Fraction(rate), Fraction(rate), timecode=timecode))
    assert media.rate == Fraction(rate) and media.timecode == timecode
    write_edl(tmp_path / "t.edl", "trailer", media, Timebase.of(media), CUTS)
    write_otio(tmp_path / "t.otio", "trailer", media, Timebase.of(media), CUTS)
    write_xml(tmp_path / "t.xml", "trailer", media, Timebase.of(media), CUTS, CUTS)
    write_fcpxml(tmp_path / "t.fcpxml", "trailer", media, Timebase.of(media), CUTS)
    render(media, [(c.first, c.last) for c in CUTS], tmp_path / "t.mp4")
    expected = [(first + a, b - a) for a, b in SPANS]

    drop = ";" in timecode if timecode else rate.endswith("1001")
    record = from_timecode("01:00:00;00" if drop else "01:00:00:00", media.rate)
    text = (tmp_path / "t.edl").read_text(encoding="utf-8")
    assert ("FCM: DROP FRAME" in text) == drop and ("FCM: NON-DROP FRAME" in text) != drop
    events = [line.split()[-4:] for line in text.splitlines() if line[:3].isdigit()]
    frames = [[from_timecode(t, media.rate) for t in event] for event in events]
    assert [(a, b - a) for a, b, _, _ in frames] == expected and frames[0][2] == record
    assert all((";" in t) == drop for event in events for t in event)
    assert [x for _, _, _, x in frames] == [record + sum(b - a for a, b in SPANS[: k + 1]) for k in range(3)]

    timeline = otio.adapters.read_from_file(str(tmp_path / "t.otio"))
    assert timeline.global_start_time.to_frames() == record
    project = otio.adapters.read_from_file(str(tmp_path / "t.xml"), "fcp_xml")
    xml = next(t for t in project if t.name == "trailer")
    for tracks in (timeline.tracks, xml.tracks):
        assert {t.kind for t in tracks} == {"Video", "Audio"}
        for track in tracks:
            assert [(c.source_range.start_time.to_frames(), c.source_range.duration.to_frames()) for c in track] == expected
    counting = {e.text for e in ET.parse(tmp_path / "t.xml").iter("displayformat")}
    assert counting == {"DF" if drop else "NDF"}

    root = ET.parse(tmp_path / "t.fcpxml").getroot()
    clips = [(Fraction(c.get("start")[:-1]) * media.rate, Fraction(c.get("duration")[:-1]) * media.rate) for c in root.iter("asset-clip")]
    assert clips == expected and Fraction(root.find(".//sequence").get("tcStart")[:-1]) * media.rate == record

    assert read_numbers(tmp_path / "t.mp4") == [k for a, b in SPANS for k in range(a, b)]


def test_the_otio_has_markers_and_the_whole_episode_behind_each_clip(tmp_path):
    media = film("25", "10:00:00:00")
    write_otio(tmp_path / "t.otio", "trailer", media, Timebase.of(media), CUTS)
    timeline = otio.adapters.read_from_file(str(tmp_path / "t.otio"))
    assert [t.kind for t in timeline.tracks] == ["Video", "Audio"]
    for clip, c in zip(timeline.tracks[0], CUTS):
        whole = clip.media_reference.available_range
        assert (whole.start_time.to_frames(), whole.duration.to_frames()) == (900000, media.frames)
        marker = clip.markers[0]
        assert clip.name == c.name and clip.source_range.contains(marker.marked_range)


def test_the_xml_has_a_marker_for_every_moment_of_the_episode(tmp_path):
    media = film("25", "10:00:00:00")
    write_xml(tmp_path / "t.xml", "trailer", media, Timebase.of(media), CUTS[:1], CUTS)
    whole = ET.parse(tmp_path / "t.xml").find(".//sequence[@id='moments']")
    assert [int(m.findtext("in")) for m in whole.findall("marker")] == [int(c.moment.peak * 25) for c in CUTS]
    assert len(ET.parse(tmp_path / "t.xml").findall(".//file/pathurl")) == 1, "the episode is told once, then only named"


def test_the_episode_is_named_relative_to_the_folder(tmp_path):
    media = probe(episode(tmp_path / "Серия 1.mp4", 4))
    (tmp_path / "out").mkdir()
    write_otio(tmp_path / "out" / "t.otio", "t", media, Timebase.of(media), [cut(10, 50, 1)])
    clip = otio.adapters.read_from_file(str(tmp_path / "out" / "t.otio")).tracks[0][0]
    from urllib.parse import unquote

    assert unquote(clip.media_reference.target_url) == "../Серия 1.mp4"


def test_without_sound_there_is_no_sound_track(tmp_path):
    media = film("25", None, sound=False)
    write_edl(tmp_path / "t.edl", "t", media, Timebase.of(media), CUTS)
    write_otio(tmp_path / "t.otio", "t", media, Timebase.of(media), CUTS)
    for name, rate in (("t.edl", {"rate": 25.0}), ("t.otio", {})):
        timeline = otio.adapters.read_from_file(str(tmp_path / name), **rate)
        assert [t.kind for t in timeline.tracks] == ["Video"]


@pytest.mark.parametrize(("rate", "timecode"), [("25", "99:99:99:99"), ("25", "01:00:00;00"), ("24000/1001", "ten o'clock")])
def test_a_wrong_start_timecode_is_told_and_counts_from_zero(tmp_path, capsys, rate, timecode):
    media = film(rate, timecode)
    write_edl(tmp_path / "t.edl", "t", media, Timebase.of(media), [cut(13, 80, 1)])
    assert capsys.readouterr().err.count(timecode) == 1
    assert "00:00:00:13 00:00:03:" in (tmp_path / "t.edl").read_text(encoding="utf-8")


def test_the_clock_counts_as_the_standard_says():
    base = Timebase(Fraction(30000, 1001), 0, True)
    assert [base.timecode(f) for f in (1799, 1800, 17982, 107892)] == ["00:00:59;29", "00:01:00;02", "00:10:00;00", "01:00:00;00"]
