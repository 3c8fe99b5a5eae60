"""Edit lists come back from OpenTimelineIO as they were meant."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from emofast.video.editlist import write_edl, write_otio
from emofast.video.media import Media

CUTS = [(13, 80, "MOMENT 2 HAPPY"), (333, 400, "MOMENT 1 FEAR"), (500, 749, "MOMENT 3 SAD")]


def film(rate: str, timecode: str | None, sound: bool = True) -> Media:
    return Media(Path("Серия 1.mp4"), 640, 360, Fraction(rate), 30.0, 30.0, timecode, sound)


def first_frame(timecode: str | None, rate: float) -> int:
    return otio.opentime.from_timecode(timecode, rate).to_frames() if timecode else 0


RATES = [("25", "10:00:00:00"), ("24000/1001", "01:00:00:00"), ("30000/1001", "10:00:00;00"), ("60", None), ("24", "00:59:58:12")]


@pytest.mark.parametrize(("rate", "timecode"), RATES)
def test_the_edl_comes_back(tmp_path, rate, timecode):
    media = film(rate, timecode)
    write_edl(tmp_path / "t.edl", "trailer", media, CUTS)
    timeline = otio.adapters.read_from_file(str(tmp_path / "t.edl"), rate=float(media.rate))
    first = first_frame(timecode, float(media.rate))
    for track in timeline.tracks:
        used = [(c.source_range.start_time.to_frames() - first, c.source_range.duration.to_frames()) for c in track]
        assert used == [(a, b - a) for a, b, _ in CUTS], "no gaps, every cut to the frame"
    assert [t.kind for t in timeline.tracks] == ["Video", "Audio", "Audio"]
    text = (tmp_path / "t.edl").read_text(encoding="utf-8")
    assert ("FCM: DROP FRAME" in text) == (rate == "30000/1001")
    assert "* FROM CLIP NAME: Серия 1.mp4" in text and text.count("HANDLES") == 3
    assert "13 FRAMES BEFORE" in text and timeline.name == "trailer"


@pytest.mark.parametrize(("rate", "timecode"), RATES)
def test_the_otio_comes_back_with_handles(tmp_path, rate, timecode):
    media = film(rate, timecode)
    write_otio(tmp_path / "t.otio", "trailer", media, CUTS)
    timeline = otio.adapters.read_from_file(str(tmp_path / "t.otio"))
    first = first_frame(timecode, float(media.rate))
    assert [t.kind for t in timeline.tracks] == ["Video", "Audio"]
    for track in timeline.tracks:
        for clip, (a, b, name) in zip(track, CUTS):
            whole = clip.media_reference.available_range
            assert (clip.source_range.start_time.to_frames(), clip.source_range.duration.to_frames()) == (first + a, b - a)
            assert (whole.start_time.to_frames(), whole.duration.to_frames()) == (first, media.frames)
            assert clip.name == name and clip.media_reference.target_url.startswith("file:///")
            assert clip.metadata["emofast"]["handle_frames_before"] == min(a, round(media.rate))
    assert timeline.duration().to_frames() == sum(b - a for a, b, _ in CUTS)


def test_without_sound_there_is_no_sound_track(tmp_path):
    media = film("25", None, sound=False)
    write_edl(tmp_path / "t.edl", "t", media, CUTS)
    write_otio(tmp_path / "t.otio", "t", media, CUTS)
    for name, rate in (("t.edl", {"rate": 25.0}), ("t.otio", {})):
        timeline = otio.adapters.read_from_file(str(tmp_path / name), **rate)
        assert [t.kind for t in timeline.tracks] == ["Video"]


def test_a_wrong_start_timecode_is_told_and_counts_from_zero(tmp_path, capsys):
    write_edl(tmp_path / "t.edl", "t", film("25", "99:99:99:99"), CUTS[:1])
    assert "99:99:99:99" in capsys.readouterr().err
    assert "00:00:00:13 00:00:03:05" in (tmp_path / "t.edl").read_text(encoding="utf-8")
