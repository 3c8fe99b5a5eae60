"""From peaks to cuts: places, the trailer's length, wishes, and moments.csv by hand."""

import subprocess
from dataclasses import replace
from itertools import pairwise

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest
from films import beeps, episode, numbered, write_film

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.film.media import Media, probe
from emofast.video.listing import read_moments, write_moments
from emofast.video.moments import Moment
from emofast.video.selection import FLASH, LONGEST, SHORTEST, Cut, Wish, choose, pauses, place, shot_changes
from emofast.video.words import clock


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Media:
    return probe(episode(tmp_path_factory.mktemp("film") / "e.mp4", 60))


def moment(peak: float, score: float = 50, emotion: str = "happy", width: float = 2) -> Moment:
    return Moment(peak - width / 2, peak + width / 2, peak, score, emotion, 3, 0.01)


def cut(peak: float, score: float = 50, emotion: str = "happy", width: float = 2, rank: int = 1) -> Cut:
    return Cut(round((peak - width / 2) * 25), round((peak + width / 2) * 25), moment(peak, score, emotion, width), rank)


def test_cuts_go_to_shot_changes(film):
    c = place([moment(10.4)], film, Wish())[0]
    assert (c.first, c.last) == (9 * 25, 12 * 25)  # this episode has a new shot every three seconds


def test_no_flash_of_a_neighbouring_shot_is_shown(tmp_path):
    """Events in close-ups of their own, each begun and ended by a shot change, as in the drawn episode; pauses are everywhere."""
    cuts = [0, 4.2, 8.0, 12.7, 15.9, 21.3, 26.0, 29.4, 35.1, 38.8, 44.0, 48.6, 52.5, 60.1]
    pictures = (numbered(k, sum(k / 25 >= c for c in cuts), shot=1) for k in range(60 * 25))
    film = probe(write_film(tmp_path / "e.mp4", pictures, 25, sound=beeps(60)))
    moments = [moment((a + b) / 2 - 0.3, 90 - a) for a, b in pairwise(cuts[1:-1])]
    placed = place(moments, film, Wish(length=60))
    assert len(placed) >= 6
    for c in placed:
        start, end = c.seconds(film.rate)
        inside = [t for t in cuts if start + 0.021 < t < end - 0.021]
        assert all(t - start >= FLASH - 0.05 and end - t >= FLASH - 0.05 for t in inside)
        assert SHORTEST - 1e-6 <= end - start <= LONGEST + 1e-6
    assert np.mean([min(abs(c.first / 25 - t) for t in cuts) < 0.05 for c in placed]) > 0.7


def test_a_cut_does_not_begin_with_a_shot_that_is_over_at_once(tmp_path):
    """The faces ask for 8.4 s, where a shot begins, but the next one begins at 9.1 s."""
    pictures = (numbered(k, (k >= 209) + (k >= 227), shot=1) for k in range(20 * 25))
    film = probe(write_film(tmp_path / "e.mp4", pictures, 25))
    assert shot_changes(film.path, 0, 20) == pytest.approx([209 / 25, 227 / 25])
    (c,) = place([moment(10, width=2.58)], film, Wish())
    assert c.first == 227


def test_moments_do_not_overlap_and_the_better_one_has_its_room(film):
    placed = place([moment(20, 90), moment(22.5, 50), moment(17, 40), moment(40, 30)], film, Wish())
    spans = sorted((c.first, c.last) for c in placed)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    assert placed[0].moment.peak == 20 and placed[0].frames >= SHORTEST * 25


def test_excluded_parts_are_never_shown(film):
    placed = place([moment(10), moment(31, 40)], film, Wish(exclude=((0, 12), (32, 60))))
    assert [c.moment.peak for c in placed] == [31] and placed[0].last <= 32 * 25


def test_moments_from_a_file_obey_the_wishes_too(film):
    cuts = [cut(10), cut(20, emotion="sad", rank=2), cut(40, rank=3)]
    assert [c.moment.peak for c in choose(cuts, film, Wish(emotions=("happy",), exclude=((38, 39.5),)))] == [10]
    assert len(choose(cuts, film, Wish(exclude=((0, 9), (11, 19))))) == 3  # beside, not within


def test_only_the_emotions_asked_for(film):
    placed = place([moment(10), moment(31, 40, "sad")], film, Wish(emotions=("sad", "fear")))
    assert [c.moment.emotion for c in placed] == ["sad"]


@pytest.fixture(scope="module")
def many(film) -> list[Cut]:
    rng = np.random.default_rng(0)
    moments = [moment(t, s) for t, s in zip(rng.uniform(4, 56, 12), sorted(rng.uniform(10, 90, 12), reverse=True))]
    return place(moments, film, Wish())


@pytest.mark.parametrize("length", [7.0, 12.5, 30.0])
def test_the_trailer_is_never_longer_than_asked(film, many, length):
    chosen = choose(many, film, Wish(length=length))
    assert chosen and sum(c.frames for c in chosen) <= length * 25
    assert [c.first for c in chosen] == sorted(c.first for c in chosen)


def test_a_trailer_shorter_than_every_moment_is_none(film, many):
    assert choose(many, film, Wish(length=1.0)) == []


def test_as_many_moments_as_fit_and_the_best(film):
    cuts = [cut(50, 90, rank=1), cut(30, 50, rank=2), cut(10, 20, rank=3)]
    assert [c.moment.score for c in choose(cuts, film, Wish(length=4))] == [50, 90]
    assert [c.rank for c in choose(cuts, film, Wish(order="rank"))] == [1, 2, 3]
    assert [c.rank for c in choose(cuts[::-1], film, Wish(length=4, order="rows"))] == [3, 2]


def test_moments_csv_comes_back_as_it_went(film, tmp_path):
    moments = Moment(9.04, 12.08, 10.25, 71.2, "fear", 4, 0.0249), Moment(30, 34, 32, 20, "sad", 1, np.nan)
    cuts = [Cut(226, 302, moments[0], 1), Cut(750, 850, moments[1], 2)]
    write_moments(tmp_path / "m.csv", cuts, film)
    assert (tmp_path / "m.csv").read_text().splitlines()[0] == "rank,start,end,peak,score,emotion,viewers,p_value"
    back = read_moments(tmp_path / "m.csv", film)
    assert back[0] == cuts[0] and np.isnan(back[1].moment.p_value)
    cuts[0] = replace(cuts[0], moment=replace(moments[0], groups=("women", "the young")))
    write_moments(tmp_path / "m.csv", cuts, film)
    assert [c.moment.groups for c in read_moments(tmp_path / "m.csv", film)] == [("women", "the young"), ()]


def test_rows_are_taken_as_they_stand_with_times_as_people_write_them(film, tmp_path):
    (tmp_path / "m.csv").write_text("rank,start,end\n3,0:40,0:44\n1,12.52,14\n2,0:00:20.5,22\n")
    cuts = read_moments(tmp_path / "m.csv", film)
    assert [(c.rank, c.first, c.last) for c in cuts] == [(3, 1000, 1100), (1, 313, 350), (2, 512, 550)]
    assert [c.rank for c in choose(cuts, film, Wish(length=6, order="rows"))] == [3, 1]


def test_a_row_added_by_hand_is_what_the_curves_say_there(film, tmp_path):
    table = pd.DataFrame({"t": np.arange(0, 60, 0.25), "score": 5.0, "moved": 0} | {f"rise_{e}": 0.0 for e in EMOTIONS})
    table.loc[table["t"] == 31.5, ["score", "moved", "rise_fear"]] = [44.0, 3, 0.5]
    (tmp_path / "m.csv").write_text("start,end,emotion\n0:30,0:34,\n50,54,Happy\n")
    m, other = (c.moment for c in read_moments(tmp_path / "m.csv", film, table))
    assert (m.peak, m.score, m.emotion, m.viewers) == (31.5, 44, "fear", 3) and (other.emotion, other.score) == ("happy", 5)


def test_a_peak_outside_its_moment_is_found_anew(film, tmp_path):
    """As in a row whose edge was dragged past it: the marker of an edit list has to lie in its clip."""
    (tmp_path / "m.csv").write_text("start,end,peak\n20,24,18.75\n30,34,500\n40,44,41\n")
    a, b, c = (cut.moment for cut in read_moments(tmp_path / "m.csv", film))
    assert 20 <= a.peak <= 24 and 30 <= b.peak <= 34 and c.peak == 41


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lacks the column 'start'"),
        ("start,end\n", "holds no moments"),
        ("rank,start\n1,2\n", "lacks the column 'end'"),
        ("start,end\n3,5\n7,8,9\n", "line 3 has 3 cells"),
        ("start,end\n3,2\n", "line 2"),
        ("start,end\n3,5\n50,70\n", "line 3"),
        ("start,end\nthree,5\n", "'three'"),
        ("start,end,emotion\n3,5,joy\n", "'joy'"),
        ("start,end\n3,5\n1:70:,5\n", "line 3"),
        ("start,end,emotion\n3,5," + "x" * 200_000, "field larger"),
        ("start,end\n3,5\n\x00,5\n", r"line 3: start is '\\x00'"),
    ],
)
def test_moments_that_cannot_be_cut_name_their_line(film, tmp_path, text, said):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(EmofastError, match=said):
        read_moments(tmp_path / "m.csv", film)


def test_shot_changes_are_found_where_they_are(film):
    assert shot_changes(film.path, 7.0, 14.0) == pytest.approx([9.0, 12.0], abs=0.021)


def test_shot_changes_of_a_picture_that_comes_later_than_its_sound(film, tmp_path):
    late = tmp_path / "late.mkv"
    delayed = ["-itsoffset", "2", "-i", film.path, "-i", film.path, "-map", "0:v", "-map", "1:a", "-c", "copy", late]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", *delayed], check=True)
    assert shot_changes(late, 0.0, 1.5) == []
    assert shot_changes(late, 1.0, 7.0) == pytest.approx([3.0, 6.0], abs=0.021)
    assert shot_changes(late, 7.0, 13.0) == pytest.approx([9.0, 12.0], abs=0.021)


def test_pauses_lie_between_the_beeps(film):
    spans = pauses(film, 5.0, 8.0)
    assert len(spans) >= 2 and all(b - a > 0.7 and abs(a % 1 - 0.1) < 0.06 for a, b in spans[:-1])
    assert not any(a < t < b for a, b in spans for t in (5.05, 6.05, 7.05))


def test_steady_sound_has_no_pauses(tmp_path):
    t = np.arange(5 * 48000) / 48000
    hum = probe(episode(tmp_path / "hum.mp4", 5, sound=0.4 * np.sin(1400 * t) + 0 * beeps(5)))
    assert pauses(hum, 0.0, 5.0) == []


def test_times_are_written_as_clocks_show_them():
    assert [clock(s) for s in (59.96, 0, 61.25, 3599.99, 3723.4)] == ["1:00.0", "0:00.0", "1:01.3", "1:00:00.0", "1:02:03.4"]
