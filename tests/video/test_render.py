"""Cuts are exact to the frame and the sound stays in step, whatever the episode's frame rate."""

import contextlib
import errno
import os
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import av
import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from films import beeps, episode, number, numbered, read_beeps, read_numbers, write_film

from emofast.errors import EmofastError
from emofast.film.media import Media, probe, standard_rate
from emofast.film.reader import Reader, hear
from emofast.video.audience import tell_damage
from emofast.video.editlist import Timebase, write_fcpxml, write_otio, write_xml
from emofast.video.listener import Listener
from emofast.video.moments import Moment
from emofast.video.render import loudness, render, still
from emofast.video.report import write_report
from emofast.video.selection import Cut, shot_changes

SPANS = [(13, 80), (160, 161), (203, 290)]


def test_every_frame_is_the_one_that_was_ordered(tmp_path):
    """Also a single one; at other rates: test_editlist."""
    rate = Fraction(24000, 1001)
    film = probe(episode(tmp_path / "e.mkv", 14, rate))
    assert film.rate == rate and film.frames == round(14 * rate)
    render(film, SPANS, tmp_path / "t.mp4")
    assert read_numbers(tmp_path / "t.mp4") == [k for a, b in SPANS for k in range(a, b)]


def test_so_it_is_in_a_film_without_an_index(tmp_path):
    whole = episode(tmp_path / "e.mp4", 14)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", whole, "-g", "200", "-sc_threshold", "0", tmp_path / "e.ts"]
    subprocess.run(command, check=True)
    render(probe(tmp_path / "e.ts"), [*SPANS, (340, 349)], tmp_path / "t.mp4")
    assert read_numbers(tmp_path / "t.mp4") == [k for a, b in [*SPANS, (340, 349)] for k in range(a, b)]


def test_sound_and_picture_stay_in_step(tmp_path):
    film = probe(episode(tmp_path / "e.mp4", 14))
    spans = [(30, 95), (130, 190), (205, 300)]  # starting at 1.2, 5.2 and 8.2 s
    render(film, spans, tmp_path / "t.mp4")
    lengths = np.cumsum([0] + [(b - a) / 25 for a, b in spans])
    expected = [place + n - a / 25 for (a, b), place in zip(spans, lengths) for n in range(15) if a / 25 < n < b / 25]
    assert read_beeps(tmp_path / "t.mp4") == pytest.approx(expected, abs=0.01)
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        video, audio = trailer.streams.video[0], trailer.streams.audio[0]
        assert float(video.duration * video.time_base) == pytest.approx(lengths[-1], abs=1 / 25)
        assert float(audio.duration * audio.time_base) == pytest.approx(lengths[-1], abs=0.04)


@pytest.mark.parametrize(("suffix", "rate", "late"), [("mp4", "25", 0.4), ("mkv", "24000/1001", 0.021), ("ts", "25", 0), ("flv", "25", 0)])
def test_frames_and_seconds_count_from_the_first_picture(tmp_path, suffix, rate, late):
    """The sound begins before it: AAC in streams always does, by a packet."""
    whole, path, rate = episode(tmp_path / "e.mp4", 7, Fraction(rate)), tmp_path / f"late.{suffix}", Fraction(rate)
    ffmpeg("-itsoffset", late, "-i", whole, "-i", whole, "-map", "0:v", "-map", "1:a", "-c", "copy", path)
    film = probe(path)
    assert film.frames == round(7 * rate) and film.begin == pytest.approx(late or 0.021, abs=0.001)
    spans = [(3, 40), (53, 80), (93, 160)]
    render(film, spans, tmp_path / "t.mp4")
    assert read_numbers(tmp_path / "t.mp4") == [k for a, b in spans for k in range(a, b)]
    places = [float(sum(b - a for a, b in spans[:k]) / rate) for k in range(3)]
    heard = [p + n - late - float(a / rate) for (a, b), p in zip(spans, places) for n in range(8) if a / rate < n - late < (b - 1) / rate]
    assert read_beeps(tmp_path / "t.mp4") == pytest.approx(heard, abs=0.012)
    still(film, 51, tmp_path / "s.jpg")
    with av.open(str(tmp_path / "s.jpg")) as picture:
        assert number(next(picture.decode(video=0)).to_ndarray(format="gray")) == 51
    seen = {number(picture[..., 1]): t for t, picture, _ in Reader(path, float(50 / rate) - 0.01, float(60 / rate) - 0.01)}
    assert seen == {k: pytest.approx(float(k / rate), abs=0.001) for k in range(50, 60)}
    assert np.flatnonzero(np.abs(hear(film, 2.4, 3.4, 16000)) > 0.1)[0] / 16000 == pytest.approx(0.6 - late, abs=0.003)


def test_sound_goes_on_where_a_broadcast_changes_it_to_5_1(tmp_path):
    whole = episode(tmp_path / "e.mp4", 6)
    for k, layout in enumerate(("stereo", "5.1")):
        ffmpeg("-ss", 3 * k, "-t", 3, "-i", whole, "-output_ts_offset", 10 + 3 * k, "-muxdelay", 0,
               "-af", f"aformat=channel_layouts={layout}", "-c:a", "ac3", tmp_path / f"{k}.ts")  # fmt: skip
    (tmp_path / "e.ts").write_bytes((tmp_path / "0.ts").read_bytes() + (tmp_path / "1.ts").read_bytes())
    render(probe(tmp_path / "e.ts"), [(55, 120)], tmp_path / "t.mp4")  # from 2.2 s
    assert read_numbers(tmp_path / "t.mp4") == list(range(55, 120))
    assert read_beeps(tmp_path / "t.mp4") == pytest.approx([0.8, 1.8], abs=0.012)


@pytest.mark.parametrize(("count", "left", "right"), [(2, {0}, {1}), (6, {0, 2, 4}, {1, 2, 5}), (3, {0}, {0})])
def test_mono_tracks_of_a_master_are_the_channels_of_its_sound(tmp_path, count, left, right):
    """Two or six; of others nobody knows what is on them, so that is said. Track k hums at 400 + 200 k Hz."""
    hums = [part for k in range(count) for part in ("-f", "lavfi", "-i", f"sine={400 + 200 * k}:d=3")]
    maps = [part for k in range(count + 1) for part in ("-map", k)]
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=3", *hums, *maps, "-c:a", "pcm_s16le", tmp_path / "e.mov")
    film, said = probe(tmp_path / "e.mov"), []
    render(film, [(10, 60)], tmp_path / "t.mp4")
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        sound = np.hstack([f.to_ndarray() for f in trailer.decode(audio=0)])
    for heard, expected in zip((*sound, hear(film, 0.4, 2.4, 48000)), (left, right, left | right)):
        loud = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        levels = [loud[round((400 + 200 * k) * len(heard) / 48000) + np.arange(-2, 3)].max() for k in range(count)]
        assert {k for k, level in enumerate(levels) if level > 0.2 * max(levels)} == expected
    listener = Listener()
    listener.warning = said.append
    tell_damage(film, listener)
    assert [text.split(";")[0] for text in said] == ["e.mov has 3 mono sound tracks, of which only number 1 is heard"] * (count == 3)
    cuts, tracks = [Cut(10, 60, Moment(0.4, 2.4, 1, 50, "happy", 3, 0.01), 1)], count if count != 3 else 1
    write_xml(tmp_path / "t.xml", "t", film, Timebase.of(film), cuts, cuts)
    write_fcpxml(tmp_path / "t.fcpxml", "t", film, Timebase.of(film), cuts)
    xml = ET.parse(tmp_path / "t.xml")
    assert [e.text for e in xml.findall(".//file/media/audio/channelcount")] == ["1"] * tracks
    assert len(xml.findall(".//sequence[@id='trailer']/media/audio/track")) == tracks
    asset = ET.parse(tmp_path / "t.fcpxml").find(".//asset")
    assert (asset.get("audioSources"), asset.get("audioChannels")) == (str(tracks), str(tracks))


def test_a_cut_on_a_shot_change_is_hard_and_any_other_fades(tmp_path):
    film = probe(episode(tmp_path / "e.mp4", 12))
    light = {}
    for name, seams in (("plain", None), ("faded", [75, 150, 225])):
        render(film, [(10, 75), (150, 200), (225, 260)], tmp_path / "t.mp4", seams=seams)
        with av.open(str(tmp_path / "t.mp4")) as trailer:
            light[name] = np.array([frame.to_ndarray(format="gray")[20:].mean() for frame in trailer.decode(video=0)])
    dark = set(np.flatnonzero(light["faded"] < 0.9 * light["plain"]).tolist())
    assert {0, 1, 2, 149, 148, 114} <= dark, "the first, the last, and what is cut within a shot"
    assert not dark & {*range(10, 110), *range(116, 140)}, "on shot changes nothing is"


def test_the_trailer_plays_everywhere(tmp_path):
    film = probe(episode(tmp_path / "e.mp4", 6))
    render(film, [(10, 60)], tmp_path / "t.mp4")
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        video, audio = trailer.streams.video[0], trailer.streams.audio[0]
        assert (video.codec.name, audio.codec.name, video.pix_fmt) == ("h264", "aac", "yuv420p")
        times = [p.pts * p.time_base for p in trailer.demux(video) if p.pts is not None]
        assert set(np.diff(sorted(times))) == {Fraction(1, 25)}, "a constant frame rate"
    index = (tmp_path / "t.mp4").read_bytes()
    assert index.find(b"moov") < index.find(b"mdat"), "plays before it is loaded whole"


def test_a_variable_frame_rate_shows_what_was_on_the_screen(tmp_path):
    """A film whose second half comes at 10 frames a second: the trailer is steady and shows the right picture at every instant."""
    times = [Fraction(k, 30) for k in range(90)] + [3 + Fraction(k, 10) for k in range(40)]
    film = write_film(tmp_path / "e.mp4", (numbered(k, 0) for k in range(130)), 30, times=times.__getitem__, sound=beeps(7))
    media = probe(film)
    span = (round(2 * media.rate), round(5 * media.rate))
    render(media, [span], tmp_path / "t.mp4")
    shown = read_numbers(tmp_path / "t.mp4")
    assert len(shown) == span[1] - span[0]
    for k, n in enumerate(shown):
        at = float((span[0] + k) / media.rate)
        assert abs(float(times[n]) - at) <= 0.1 + 0.5 / media.rate or float(times[n]) <= at <= float(times[min(n + 1, 129)])


def test_an_episode_without_sound_gives_a_trailer_without(tmp_path):
    film = probe(write_film(tmp_path / "e.mp4", (numbered(k, k / 25) for k in range(100)), 25))
    assert not film.sound
    render(film, [(10, 40), (60, 90)], tmp_path / "t.mp4")
    assert read_numbers(tmp_path / "t.mp4") == [*range(10, 40), *range(60, 90)]
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        assert not trailer.streams.audio


def test_odd_sizes_are_made_even(tmp_path):
    with av.open(str(tmp_path / "odd.mkv"), "w") as film:
        stream = film.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 321, 243, "yuv444p"
        for _ in range(50):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((243, 321, 3), 90, np.uint8), "rgb24")))
        film.mux(stream.encode())
    render(probe(tmp_path / "odd.mkv"), [(5, 30)], tmp_path / "t.mp4")
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        assert (trailer.streams.video[0].width, trailer.streams.video[0].height) == (320, 242)


def test_what_ffmpeg_cannot_do_is_said_and_nothing_is_left(tmp_path):
    (tmp_path / "e.mp4").write_bytes(b"no film at all")
    film = Media(tmp_path / "e.mp4", 320, 240, Fraction(25), 10, 10, None, False)
    with pytest.raises(EmofastError, match=r"t\.mp4 could not be rendered"):
        render(film, [(0, 50)], tmp_path / "t.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["e.mp4"]


def test_a_full_disk_is_told_as_one(tmp_path):
    import sys

    from emofast.video.render import _run

    says = "import sys; sys.stderr.write('Error writing trailer: No space left on device'); sys.exit(1)"
    with pytest.raises(OSError, match=r"t\.mp4") as raised:
        _run([sys.executable, "-c", says], tmp_path / "t.mp4")
    assert raised.value.errno == errno.ENOSPC


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("25", "25"),
        ("24000/1001", "24000/1001"),
        ("2997/100", "30000/1001"),
        ("15", "30"),
        ("25/2", "25"),
        ("120", "60"),
        ("17", "24000/1001"),
    ],
)
def test_every_rate_becomes_one_that_players_know(rate, expected):
    assert standard_rate(Fraction(rate)) == Fraction(expected)


def ffmpeg(*arguments) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_hdr_becomes_ordinary_film_and_says_so(tmp_path):
    """A PQ picture of diffuse white (203 nits) and of middle grey: white stays near white, and nothing is still tagged PQ."""
    pq = {"white": 0.58, "grey": 0.38}  # signal of 203 and of about 26 nits
    for name, level in pq.items():
        code = round(64 + level * 876)
        ffmpeg("-f", "lavfi", "-i", "color=black:s=128x72:r=25:d=1", "-vf", f"format=yuv420p10le,lutyuv=y={code}:u=512:v=512",
               "-c:v", "libx265", "-x265-params", "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=error",
               "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", tmp_path / f"{name}.mp4")  # fmt: skip
        film = probe(tmp_path / f"{name}.mp4")
        assert film.hdr
        render(film, [(3, 20)], tmp_path / f"{name}-sdr.mp4")
        made = probe(tmp_path / f"{name}-sdr.mp4")
        assert made.colour == (1, 1, 1) and not made.hdr
        with av.open(str(tmp_path / f"{name}-sdr.mp4")) as f:
            pq[name] = next(f.decode(video=0)).to_ndarray(format="gray").mean()
    assert pq["white"] > 180 and 70 < pq["grey"] < pq["white"] - 60


def test_interlaced_film_is_deinterlaced_also_after_a_slate_that_is_not(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "color=s=320x240:r=25:d=1", "-c:v", "libx264", "-muxdelay", 0, tmp_path / "slate.ts")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=50:d=2", "-vf", "tinterlace=interleave_top,setfield=tff",
           "-c:v", "libx264", "-flags", "+ilme+ildct", "-output_ts_offset", 1, "-muxdelay", 0, tmp_path / "woven.ts")  # fmt: skip
    (tmp_path / "i.ts").write_bytes((tmp_path / "slate.ts").read_bytes() + (tmp_path / "woven.ts").read_bytes())
    film = probe(tmp_path / "i.ts")
    assert film.rate == 25
    render(film, [(30, 70)], tmp_path / "t.mp4")
    counts = [line for line in ffmpeg("-i", tmp_path / "t.mp4", "-vf", "idet", "-f", "null", "-").splitlines() if "Multi frame" in line][-1]
    woven, progressive = int(counts.split("TFF:")[1].split()[0]), int(counts.split("Progressive:")[1].split()[0])
    assert progressive > 3 * woven and probe(tmp_path / "t.mp4").frames == 40


def test_the_default_sound_track_is_heard_in_stereo_at_the_loudness_asked_for(tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=8", "-f", "lavfi", "-i", "sine=300:d=8", "-f", "lavfi", "-i", "sine=1500:d=8",
           "-map", 0, "-map", 1, "-map", 2, "-filter:a:1", "pan=5.1|FC=c0", "-c:a", "aac", "-disposition:a:0", 0,
           "-disposition:a:1", "default", tmp_path / "two.mkv")  # fmt: skip
    film = probe(tmp_path / "two.mkv")
    assert (film.tracks, film.channels) == ((1,), 6)
    for lufs in (-14.0, -23.0):
        render(film, [(10, 60), (90, 190)], tmp_path / "t.mp4", lufs=lufs)
        assert loudness(["-i", str(tmp_path / "t.mp4")], film.path) == pytest.approx(lufs, abs=0.7)
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        assert trailer.streams.audio[0].channels == 2
        sound = np.concatenate([f.to_ndarray()[0] for f in trailer.decode(audio=0)])
    assert np.argmax(np.abs(np.fft.rfft(sound))) * 48000 / len(sound) == pytest.approx(1500, abs=5)


def test_memory_is_flat_in_the_number_of_moments(tmp_path):
    film = probe(episode(tmp_path / "e.mp4", 30))
    me, peaks = psutil.Process(), []
    for count in (3, 20):
        done, peak = threading.Event(), [0]

        def look(done=done, peak=peak):
            while not done.wait(0.02):
                with contextlib.suppress(psutil.NoSuchProcess):
                    programs = [p for p in me.children(recursive=True) if "ffmpeg" in p.name()]  # other tests may have left servers
                    peak[0] = max(peak[0], sum(p.memory_info().rss for p in programs))

        watcher = threading.Thread(target=look)
        watcher.start()
        spans = [(35 * k + 5, 35 * k + 35) for k in range(count)]
        told = []
        render(film, spans, tmp_path / "t.mp4", height=120, tell=lambda k, n, told=told: told.append((k, n)))
        done.set()
        watcher.join()
        peaks.append(peak[0])
        assert told == [(k + 1, count) for k in range(count)]
    assert peaks[1] < 1.4 * peaks[0]
    assert probe(tmp_path / "t.mp4").frames == 20 * 30


def test_a_name_with_a_colon_and_a_film_in_old_colours(tmp_path, monkeypatch):
    episode(tmp_path / "e.mp4", 4).rename(tmp_path / "12:30.mp4")
    monkeypatch.chdir(tmp_path)
    film = probe(Path("12:30.mp4"))
    render(film, [(5, 50)], Path("t.mp4"))
    still(film, 30, Path("s.jpg"))
    assert read_numbers(tmp_path / "t.mp4") == list(range(5, 50))
    assert (tmp_path / "s.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert probe(Path("t.mp4")).colour == film.colour


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf_8_goes_all_the_way(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xf1\xe5\xf0\xe8\xff <1>.mp4"))
    episode(tmp_path / "e.mp4", 4).rename(path)
    film, cuts = probe(path), [Cut(5, 50, Moment(0.2, 2, 1, 50, "happy", 3, 0.01), 1)]
    render(film, [(5, 50)], tmp_path / "t.mp4")
    assert read_numbers(tmp_path / "t.mp4") == list(range(5, 50)) and shot_changes(path, 0.0, 4.0) == pytest.approx([3.0], abs=0.03)
    write_otio(tmp_path / "t.otio", "t", film, Timebase.of(film), cuts)
    write_xml(tmp_path / "t.xml", "t", film, Timebase.of(film), cuts, cuts)
    write_report(tmp_path / "r.html", film, cuts, cuts, None)
    assert "%F1%E5%F0%E8%FF%20%3C1%3E.mp4" in (tmp_path / "t.xml").read_text(encoding="utf-8")
