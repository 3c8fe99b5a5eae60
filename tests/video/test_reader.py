"""Films of all kinds are read at a steady pace, upright, and as far as they go."""

import subprocess
from fractions import Fraction

import av
import imageio_ffmpeg
import numpy as np
import pytest
from films import episode, number, numbered, write_film

from emofast.errors import EmofastError
from emofast.film import Reader
from emofast.film.media import probe
from emofast.film.reader import hear


def read(path, *args, **kwargs) -> list[tuple[float, int]]:
    return [(t, number(picture[..., 1])) for t, picture, _ in Reader(path, *args, hz=10, **kwargs)]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return episode(tmp_path_factory.mktemp("film") / "e.mp4", 12)


def test_ten_pictures_a_second_each_at_its_own_time(film):
    seen = read(film)
    assert len(seen) == 120
    assert all(abs(t - k / 10) <= 0.04 and n == round(t * 25) for k, (t, n) in enumerate(seen))


@pytest.mark.parametrize("start", [3.0, 7.0])
def test_a_stretch_is_the_same_as_in_the_whole(film, start):
    assert read(film, start, start + 4) == [s for s in read(film) if start <= s[0] < start + 4]


@pytest.mark.parametrize(("suffix", "codec"), [("ts", "libx264"), ("mpg", "mpeg2video")])
def test_a_stretch_of_a_film_without_an_index_is_whole(film, tmp_path, suffix, codec):
    """Broadcasts and camcorders: a seek lands anywhere, and there may be no key frame behind it."""
    path = tmp_path / f"film.{suffix}"
    ffmpeg("-i", film, "-c:v", codec, "-b:v", "4M", "-g", 200, "-sc_threshold", 1_000_000_000, path)
    whole = read(path)
    assert len(whole) == 120 and probe(path).gap == pytest.approx(8, abs=0.2)
    for start in (1.0, 7.0, 9.5, 11.0):
        assert read(path, start, start + 1) == [s for s in whole if start <= s[0] < start + 1] != []


def test_threads_change_nothing(film):
    assert read(film, threads=2) == read(film)


def test_skimming_gives_the_same_pictures_fewer_of_them_and_enough(film, tmp_path):
    usual = tmp_path / "usual.mp4"
    ffmpeg("-i", film, "-c:v", "libx264", usual)  # with pictures that no other is made from
    whole = {number(p[..., 1]): t for t, p, _ in Reader(usual)}
    skimmed = [(t, number(p[..., 1])) for t, p, _ in Reader(usual, skim=True, hz=6)]
    assert all(whole[n] == t for t, n in skimmed)
    assert np.diff([t for t, _ in skimmed]).max() < 0.25 and len(skimmed) > 0.95 * 6 * 12
    decoded, all_of_them = (sum(1 for _ in Reader(usual, skim=skim, hz=6)._decode()) for skim in (True, False))
    assert decoded < 0.7 * all_of_them == 0.7 * 300


def test_a_slow_film_is_not_skimmed(tmp_path):
    path = write_film(tmp_path / "f.mp4", (numbered(k, 0) for k in range(80)), 8)
    seen = [number(p[..., 1]) for _, p, _ in Reader(path, skim=True, hz=6)]
    assert len(seen) > 0.9 * 6 * 10


@pytest.mark.parametrize("rate", [5, 12, 30])
def test_slow_films_give_each_picture_once(tmp_path, rate):
    path = write_film(tmp_path / "f.mp4", (numbered(k, 0) for k in range(4 * rate)), rate)
    seen = read(path)
    assert len(seen) == 4 * min(rate, 10) and len({n for _, n in seen}) == len(seen)


def test_without_a_pace_every_frame_comes(film):
    assert [number(p[..., 1]) for _, p, _ in Reader(film)] == list(range(300))


def test_without_time_stamps_the_frame_rate_is_the_clock(film, tmp_path):
    ffmpeg("-i", film, "-c", "copy", "-bsf:v", "h264_mp4toannexb", tmp_path / "raw.h264")
    assert [t for t, *_ in Reader(tmp_path / "raw.h264")] == pytest.approx([k / 25 for k in range(300)], abs=0.1)


def test_a_variable_frame_rate_keeps_its_times(tmp_path):
    times = [Fraction(k, 30) for k in range(60)] + [2 + Fraction(k, 4) for k in range(12)]
    path = write_film(tmp_path / "f.mp4", (numbered(k, 0) for k in range(72)), 30, times=times.__getitem__)
    seen = read(path)
    assert len(seen) == 20 + 12 and all(t == pytest.approx(float(times[n]), abs=0.001) for t, n in seen)
    assert probe(path).duration == pytest.approx(5, abs=0.4)


def ffmpeg(*arguments):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *map(str, arguments)], check=True)


def beeps_in(sound: np.ndarray, start: float, rate: int = 16000) -> list[float]:
    """Seconds at which a beep begins in what was heard from `start` on."""
    loud = np.flatnonzero(np.abs(sound) > 0.15)
    return [start + float(k) / rate for k in loud[np.diff(loud, prepend=-rate) > 0.2 * rate]]


@pytest.mark.parametrize(("suffix", "codec"), [("mpg", "mp2"), ("flv", "aac")])
def test_sound_is_heard_from_anywhere(film, tmp_path, suffix, codec):
    """In a program stream a seek lands within a packet of sound, and the first whole one has a wrong time (here at 6.3). FLV cannot seek to
    before its first picture."""
    path = tmp_path / f"f.{suffix}"
    ffmpeg("-i", film, "-c:a", codec, "-ar", 44100, "-b:v", "2M", path)
    media = probe(path)
    for start in (0.0, 3.3, 6.3, 7.5):
        expected = [k for k in range(12) if start - 0.01 < k < start + 4]
        assert beeps_in(hear(media, start, start + 4, 16000), start) == pytest.approx(expected, abs=0.005)


def test_a_damaged_packet_of_sound_is_silent_and_no_other(film, tmp_path):
    with av.open(str(film)) as whole:
        packets = [(p.pos, p.size) for p in whole.demux(audio=0) if p.pts is not None and 4.95 < p.pts * p.time_base < 5.15]
    data = bytearray(film.read_bytes())
    for pos, size in packets:
        data[pos : pos + size] = b"\xff" * size
    (tmp_path / "f.mp4").write_bytes(data)
    assert beeps_in(hear(probe(tmp_path / "f.mp4"), 3.5, 8.5, 16000), 3.5) == pytest.approx([4, 6, 7, 8], abs=0.005)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_phone_films_are_upright(film, tmp_path, degrees):
    """The rotation flag is applied as ffmpeg applies it."""
    ffmpeg("-display_rotation", degrees, "-i", film, "-c", "copy", "-t", 2, tmp_path / "turned.mp4")
    ffmpeg("-i", tmp_path / "turned.mp4", "-frames:v", 1, "-pix_fmt", "bgr24", "-f", "rawvideo", tmp_path / "raw")
    picture = next(iter(Reader(tmp_path / "turned.mp4")))[1]
    media = probe(tmp_path / "turned.mp4")
    assert (media.height, media.width) == picture.shape[:2] == ((320, 240) if degrees != 180 else (240, 320))
    right = np.fromfile(tmp_path / "raw", np.uint8).reshape(picture.shape)
    assert np.abs(right.astype(int) - picture).mean() < 4


def test_large_films_are_shrunk_and_know_by_how_much(tmp_path):
    path = write_film(tmp_path / "f.mp4", [np.full((1080, 1920, 3), 80, np.uint8)] * 5, 25)
    _, picture, scale = next(iter(Reader(path, side=960)))
    assert max(picture.shape) == 960 and scale == 2


def test_a_truncated_film_is_read_as_far_as_it_goes(film, tmp_path):
    whole = tmp_path / "whole.mkv"
    ffmpeg("-i", film, "-c", "copy", whole)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    media = probe(cut)
    assert 3 < media.duration < 9 and media.claimed == pytest.approx(12, abs=0.1)
    seen = read(cut)
    assert seen[-1][0] == pytest.approx(media.duration, abs=0.3) and all(n == round(t * 25) for t, n in seen)


def test_damage_in_the_middle_is_counted_and_passed(film, tmp_path):
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = bytes(np.random.default_rng(0).integers(0, 256, 6000, np.uint8))
    (tmp_path / "f.mp4").write_bytes(data)
    pictures = Reader(tmp_path / "f.mp4", hz=10)
    times = [t for t, _, _ in pictures]
    assert pictures.damaged > 0 and times[-1] > 11 and len(times) > 60


def test_a_film_whose_first_packet_is_damaged_is_a_film(film, tmp_path):
    with av.open(str(film)) as whole:
        packet = next(whole.demux(video=0))
        start, end = packet.pos, packet.pos + packet.size
    data = bytearray(film.read_bytes())
    data[start:end] = bytes(np.random.default_rng(0).integers(0, 256, end - start, np.uint8))
    (tmp_path / "f.mp4").write_bytes(data)
    assert probe(tmp_path / "f.mp4").duration == pytest.approx(12, abs=0.1)


def test_sound_that_goes_on_is_no_damage_and_rgb_no_colour_of_ours(film, tmp_path):
    made = tmp_path / "f.mp4"
    ffmpeg("-i", film, "-f", "lavfi", "-i", "sine=duration=20", "-map", "0:v", "-map", "1:a", "-c:v", "libx264rgb", "-c:a", "aac", made)
    media = probe(made)
    assert media.claimed == pytest.approx(media.duration, abs=0.1) and media.colour[0] == 2


@pytest.mark.parametrize("kind", ["missing", "text", "folder", "header only"])
def test_what_is_no_film_is_said_in_one_sentence(film, tmp_path, kind):
    path = tmp_path / "f.mp4"
    if kind == "text":
        path.write_text("hello")
    elif kind == "folder":
        path.mkdir()
    elif kind == "header only":
        path.write_bytes(film.read_bytes()[:300])
    with pytest.raises(EmofastError, match=r"f\.mp4 (is not a file|cannot be read|has no)"):
        probe(path)
