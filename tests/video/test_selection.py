"""From peaks to cuts: places, the trailer's length, wishes, and moments.csv by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from films import beeps, episode

from emofast.errors import EmofastError
from emofast.video.bounds import pauses, shot_changes, snap
from emofast.video.media import Media, probe
from emofast.video.moments import Moment
from emofast.video.selection import Wish, choose, frames, place, read_moments, write_moments


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Media:
    return probe(episode(tmp_path_factory.mktemp("film") / "e.mp4", 60))


def moment(peak: float, score: float = 50, emotion: str = "happy", width: float = 2) -> Moment:
    return Moment(peak - width / 2, peak + width / 2, peak, score, emotion, 3, 0.01)


def test_cuts_go_to_shot_changes_and_whole_frames(film):
    m = place([moment(10.4)], film, Wish())[0]
    assert (m.start, m.end) == (9.0, 12.0)  # this episode has a new shot every three seconds
    assert m.start * 25 == round(m.start * 25)


def test_moments_do_not_overlap_and_the_better_one_has_its_room(film):
    placed = place([moment(20, 90), moment(22.5, 50), moment(17, 40), moment(40, 30)], film, Wish())
    spans = sorted((m.start, m.end) for m in placed)
    assert all(b <= c for (_, b), (c, _) in pairwise(spans))
    assert placed[0].peak == 20 and placed[0].end - placed[0].start >= 2.5


def test_excluded_parts_are_never_shown(film):
    placed = place([moment(10), moment(31, 40)], film, Wish(exclude=((0, 12), (32, 60))))
    assert [m.peak for m in placed] == [31] and placed[0].end <= 32


def test_moments_from_a_file_obey_the_wishes_too(film):
    moments = [moment(10), moment(20, emotion="sad"), moment(40)]
    assert [m.peak for m in choose(moments, film, Wish(emotions=("happy",), exclude=((38, 39.5),)))] == [10]
    assert len(choose(moments, film, Wish(exclude=((0, 9), (11, 19))))) == 3  # beside, not within


def test_only_the_emotions_asked_for(film):
    placed = place([moment(10), moment(31, 40, "sad")], film, Wish(emotions=("sad", "fear")))
    assert [m.emotion for m in placed] == ["sad"]


def test_moments_have_the_length_asked_for(film):
    lengths = [m.end - m.start for m in place([moment(t) for t in (10, 25, 40)], film, Wish(moment=5))]
    assert all(abs(x - 5) <= 2.4 for x in lengths)


@pytest.fixture(scope="module")
def many(film) -> list[Moment]:
    rng = np.random.default_rng(0)
    moments = [moment(t, s) for t, s in zip(rng.uniform(4, 56, 12), sorted(rng.uniform(10, 90, 12), reverse=True))]
    return place(moments, film, Wish())


@pytest.mark.parametrize("length", [7.0, 12.5, 30.0])
def test_the_trailer_is_never_longer_than_asked(film, many, length):
    chosen = choose(many, film, Wish(length=length))
    total = sum(b - a for a, b in (frames(m, film) for m in chosen))
    assert chosen and total <= length * 25
    assert [m.start for m in chosen] == sorted(m.start for m in chosen)


def test_a_trailer_shorter_than_every_moment_is_none(film, many):
    assert choose(many, film, Wish(length=1.0)) == []


def test_at_most_so_many_moments_and_the_best(film):
    chosen = choose([moment(50, 90), moment(30, 50), moment(10, 20)], film, Wish(count=2))
    assert [m.score for m in chosen] == [50, 90]


def test_moments_csv_comes_back_as_it_went(film, tmp_path):
    moments = [Moment(9.04, 12.08, 10.25, 71.2, "fear", 4, 0.0249), Moment(30, 34, 32, 20, "sad", 1, float("nan"))]
    write_moments(tmp_path / "m.csv", moments)
    assert (tmp_path / "m.csv").read_text().splitlines()[0] == "rank,start,end,peak,score,emotion,viewers,p_value"
    back = read_moments(tmp_path / "m.csv", film)
    assert back[0] == moments[0] and np.isnan(back[1].p_value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no moments"),
        ("rank,start\n1,2\n", "start and end"),
        ("start,end\n3,2\n", "line 2"),
        ("start,end\n3,5\n50,70\n", "line 3"),
        ("start,end\nthree,5\n", "'three'"),
        ("start,end,emotion\n3,5,joy\n", "'joy'"),
    ],
)
def test_moments_that_cannot_be_cut_name_their_line(film, tmp_path, text, said):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(EmofastError, match=said):
        read_moments(tmp_path / "m.csv", film)


def test_shot_changes_are_found_where_they_are(film):
    assert shot_changes(film.path, 7.0, 14.0) == pytest.approx([9.0, 12.0], abs=0.021)


def test_pauses_lie_between_the_beeps(film):
    spans = pauses(film.path, 5.0, 8.0)
    assert len(spans) >= 2 and all(b - a > 0.7 and abs(a % 1 - 0.1) < 0.06 for a, b in spans[:-1])
    assert not any(a < t < b for a, b in spans for t in (5.05, 6.05, 7.05))


def test_steady_sound_has_no_pauses(tmp_path):
    t = np.arange(5 * 48000) / 48000
    hum = probe(episode(tmp_path / "hum.mp4", 5, sound=0.4 * np.sin(1400 * t) + 0 * beeps(5)))
    assert pauses(hum.path, 0.0, 5.0) == []


def test_the_best_cut_is_a_shot_change_in_a_pause():
    quiet = [(9.0, 9.4), (10.6, 11.4)]
    assert snap(10.0, [9.6, 11.0], quiet) == 11.0
    assert snap(10.0, [9.6], []) == 9.6
    assert snap(10.0, [], quiet) in (pytest.approx(9.35), pytest.approx(10.65))
    assert snap(10.0, [14.0], []) == 10.0


def test_frames_count_from_the_start_of_the_episode(film):
    assert frames(Moment(1.0, 2.04, 1.5, 1, "sad", 1, 0.5), film) == (25, 51)
    assert film.rate == Fraction(25)
