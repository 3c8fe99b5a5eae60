"""The upright trailer: the face, or what moves, stays in the picture; it glides within a shot and jumps with the cut."""

from itertools import pairwise

import av
import numpy as np
import pytest
from films import write_film

from emofast.film.media import probe
from emofast.recognition import make_detector
from emofast.sample import Identity, draw_into
from emofast.video.render import render
from emofast.video.vertical import look_at

SEAMS = [60, 120]  # frames of 25 a second: a face that walks from left to right, one that stays at the right, a ball that flies about


def centre(k: int) -> float:
    """Where it happens in frame `k`, as a share of the width."""
    if k < SEAMS[0]:
        return 0.2 + 0.6 * k / SEAMS[0]
    return 0.8 if k < SEAMS[1] else 0.25 + 0.03 * np.sin(k)


def pictures():
    for k in range(180):
        frame = np.full((360, 640, 3), (90, 110, 130), np.uint8)
        frame[:, ::80] = 70
        x = round(640 * centre(k))
        if k < SEAMS[1]:
            draw_into(frame, Identity(hairstyle=("short", "tied")[k // SEAMS[0]]), {}, (x, 170), 110)
        else:
            frame[150:200, x - 25 : x + 25] = (20, 20, 230)
        yield frame[..., ::-1]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return probe(write_film(tmp_path_factory.mktemp("film") / "wide.mp4", pictures(), 25))


def test_the_face_or_the_action_is_in_the_middle_and_nothing_jumps_but_at_cuts(film):
    look = look_at(film, (10, 175), SEAMS, make_detector("centerface"))
    frames = np.arange(165)
    at = np.interp(frames, *zip(*look))
    wide = 9 / 16 * 360 / 640
    assert np.abs(at - np.clip([centre(10 + k) for k in frames], wide / 2, 1 - wide / 2)).max() < wide / 3
    steps = np.abs(np.diff(at))
    assert set(np.flatnonzero(steps > 0.02)) == {SEAMS[0] - 11, SEAMS[1] - 11}
    assert steps[52:105].max() == 0, "a face that stays is shown by a picture that stands"


def test_what_is_rendered_is_upright_and_shows_it(film, tmp_path):
    look = look_at(film, (10, 175), SEAMS, make_detector("centerface"))
    render(film, [(10, 175)], tmp_path / "t.mp4", seams=SEAMS, looks=[look])
    made = probe(tmp_path / "t.mp4")
    assert (made.width, made.height, made.frames) == (202, 360, 165)
    many = [(k, 0.3 + 0.4 * (k % 2)) for k in range(165)]  # more than a sum may have terms in ffmpeg's eyes
    render(film, [(10, 175)], tmp_path / "many.mp4", seams=SEAMS, looks=[many])
    assert probe(tmp_path / "many.mp4").frames == 165
    with av.open(str(tmp_path / "t.mp4")) as trailer:
        shown = [f.to_ndarray(format="rgb24").astype(int) for f in trailer.decode(video=0)]
    red = shown[140][..., 0] - shown[140][..., 1] > 100
    assert abs(np.flatnonzero(red.any(0)).mean() - 101) < 40, "the ball is near the middle"
    steps = [np.abs(a - b).mean() for a, b in pairwise(shown[8:150])]  # the first and the last frames fade
    assert {int(k) + 8 for k in np.argsort(steps)[-2:]} == {49, 109}, "the cuts are where the shots change"


def test_nothing_to_see_is_shown_from_the_middle(tmp_path):
    film = probe(write_film(tmp_path / "still.mp4", [np.full((360, 640, 3), 90, np.uint8)] * 50, 25))
    assert {x for _, x in look_at(film, (0, 50), [], make_detector("centerface"))} == {0.5}
