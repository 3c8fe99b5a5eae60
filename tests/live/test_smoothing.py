"""Labels that neither flicker nor lag, faces that do not mix."""

from itertools import pairwise

import numpy as np
import pytest

from emofast.emotions import EMOTIONS
from emofast.live import Smoother
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED
from emofast.recognition import Box, TrackedFace
from emofast.recognition.quality import Quality

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def answer(**shares):
    p = np.zeros(9, np.float32)
    for emotion, share in shares.items():
        p[EMOTIONS.index(emotion)] = share
    p[p == 0] = (1 - p.sum()) / (p == 0).sum()
    return p


GOOD = Quality(sharpness=0.8, brightness=120)


def face(i=1, x=100, eyes=None):
    """`eyes`: distance of the eyes over that from eyes to mouth; None: no landmarks."""
    marks = None if eyes is None else np.float32([(-20 * eyes, 0), (20 * eyes, 0), (0, 20), (-15 * eyes, 40), (15 * eyes, 40)])
    return TrackedFace(i, Box(x, 100, 80, 80), marks)


def show(smoother, t, p, i=1, x=100, point=(0.0, 0.0), quality=GOOD, eyes=None):
    return smoother.update(t, [face(i, x, eyes)], p[None], np.array([point]), [quality])[0]


@pytest.mark.parametrize("fps", [10, 30, 120])
def test_a_change_shows_within_half_a_second_at_any_frame_rate(fps):
    smoother = Smoother()
    for i in range(fps):
        assert show(smoother, i / fps, answer(happy=0.9)).emotion == "happy"
    changed = next(i for i in range(fps) if show(smoother, 1 + i / fps, answer(sad=0.85, happy=0.1)).emotion == "sad")
    assert changed / fps <= 0.5


def test_noise_does_not_flicker():
    smoother, rng, labels = Smoother(), np.random.default_rng(0), []
    for i in range(300):
        happy = np.clip(rng.normal(0.48, 0.15), 0.1, 0.8)
        labels.append(show(smoother, i / 30, answer(happy=happy, sad=0.96 - happy)).emotion)
    changes = sum(a != b for a, b in pairwise(labels))
    assert changes <= 8, "two emotions on a par: the raw label would change about 140 times in these ten seconds"


def test_even_probabilities_are_mixed_and_clearness_ends_it():
    smoother = Smoother()
    view = show(smoother, 0, np.full(9, 1 / 9, np.float32))
    assert view.emotion is None and view.reason == MIXED and view.confidence == pytest.approx(1 / 9)
    for i in range(1, 30):
        view = show(smoother, i / 30, answer(fear=0.8))
    assert view.emotion == "fear" and view.reason is None


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"quality": Quality(0.05, 120)}, BAD_PICTURE),
        ({"quality": Quality(0.8, 12)}, BAD_PICTURE),
        ({"quality": Quality(0.8, 250)}, BAD_PICTURE),
        ({"eyes": 0.2}, AWAY),
        ({"eyes": 1.0}, None),
    ],
)
def test_however_sure_the_network_is_a_poor_picture_and_a_turned_head_have_no_label(seen, reason):
    smoother = Smoother()
    for i in range(30):
        assert show(smoother, i / 30, answer(happy=0.95), eyes=1.0).emotion == "happy"
    for i in range(30, 60):
        view = show(smoother, i / 30, answer(happy=0.95), **seen)
    assert view.reason == reason and view.emotion == (None if reason else "happy")
    for i in range(60, 90):
        view = show(smoother, i / 30, answer(happy=0.95), eyes=1.0)
    assert view.emotion == "happy", "and get it back"


def test_faces_have_memories_of_their_own():
    smoother = Smoother()
    for i in range(20):
        a, b = smoother.update(
            i / 30, [face(1), face(2, 300)], np.stack([answer(happy=0.9), answer(sad=0.9)]), np.zeros((2, 2)), [GOOD] * 2
        )
    assert (a.emotion, b.emotion) == ("happy", "sad")
    assert show(smoother, 0.7, answer(sad=0.9), i=2, x=300).confidence > 0.85, "the other's smiling left no trace"


def test_trail_is_short_and_ends_at_the_point():
    smoother = Smoother()
    for i in range(120):
        view = show(smoother, i / 30, answer(happy=0.9), point=(np.sin(i / 20), np.cos(i / 20)))
    assert len(view.trail) == pytest.approx(45, abs=2)
    assert view.trail[-1] == (view.valence, view.arousal)


def test_memory_does_not_grow_with_visitors():
    smoother = Smoother()
    for i in range(500):
        show(smoother, i / 10, answer(happy=0.9), i=i)
    assert len(smoother._faces) <= 21


def test_box_glides_to_where_the_face_jumped():
    smoother = Smoother()
    show(smoother, 0, answer(happy=0.9), x=100)
    assert 100 < show(smoother, 1 / 30, answer(happy=0.9), x=140).box.x < 140
    for i in range(2, 20):
        view = show(smoother, i / 30, answer(happy=0.9), x=140)
    assert view.box.x == 140
