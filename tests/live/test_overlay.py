"""What is drawn: the emotion's colour around the face, readable states, nothing outside the frame."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.live import FaceView, Status, app, draw, overlay
from emofast.live.overlay import drawing_scale
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED
from emofast.live.texts import CLOSER, ENGLISH, HINTS, KEYS, LANGUAGES, REASONS, RUSSIAN
from emofast.recognition import DETECTORS, Box, crop_square


def view(emotion="happy", box=(260, 160, 120, 120), i=1, reason=MIXED):
    p = np.full(9, 0.05, np.float32)
    p[EMOTIONS.index(emotion or "fear")] = 0.6
    return FaceView(i, Box(*box), emotion, p, 0.5, 0.4, ((0.0, 0.0), (0.3, 0.2), (0.5, 0.4)), None if emotion else reason)


def picture(size=(640, 480)):
    return np.full((size[1], size[0], 3), 127, np.uint8)


def count(image, colour):
    return int((np.abs(image.astype(int) - colour[::-1]).max(2) < 12).sum())


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_face_is_framed_in_the_colour_of_its_emotion(emotion):
    image = draw(picture(), [view(emotion)], ENGLISH)
    b = crop_square(Box(260, 160, 120, 120))
    edge = image[b.y + b.h // 2, b.x - 1 : b.x + 2].astype(int)
    assert np.abs(edge - BY_NAME[emotion].colour[::-1]).max(1).min() < 12
    others = [count(image, BY_NAME[e].colour) for e in EMOTIONS if e != emotion]
    assert count(image, BY_NAME[emotion].colour) > 3 * max(others)


def test_every_state_looks_different():
    frames = [
        draw(picture(), [], ENGLISH),
        draw(picture(), [view()], ENGLISH),
        *(draw(picture(), [view(None, reason=r)], ENGLISH) for r in (MIXED, BAD_PICTURE, AWAY)),
        draw(picture(), [], ENGLISH, Status(detector="one of your own")),
        draw(picture(), [], ENGLISH, Status(lost=True)),
        *(
            draw(picture(), [view()], ENGLISH, s)
            for s in (Status(paused=True), Status(over=True), Status(recording=3.0), Status(help=True), Status(message="saved"))
        ),
    ]
    assert len({f.tobytes() for f in frames}) == len(frames)


def test_russian_is_drawn_in_russian_letters():
    """A font without Cyrillic would draw every letter as the same question mark."""
    assert RUSSIAN("anger") == BY_NAME["anger"].russian == "злость"
    letters, marks = (draw(picture(), [view("anger")], texts) for texts in (RUSSIAN, lambda word: "?" * len(RUSSIAN(word))))
    assert not np.array_equal(letters, marks)
    assert not np.array_equal(draw(picture(), [], ENGLISH), draw(picture(), [], RUSSIAN))


def test_languages_say_the_same_things():
    assert set(LANGUAGES) == {"en", "ru"}
    code = "".join(Path(m.__file__).read_text(encoding="utf-8") for m in (app, overlay))
    shown = re.findall(r"""texts\(["']([^"']+)["']\)""", code)
    assert len(shown) > 10 and ENGLISH("rec") == "rec"
    assert all(RUSSIAN(words) != words for words in (*shown, *EMOTIONS, *REASONS.values(), *HINTS.values(), CLOSER, *KEYS.values()))
    assert REASONS.keys() == {MIXED, BAD_PICTURE, AWAY} and HINTS.keys() <= set(DETECTORS)
    assert RUSSIAN("neutral") == "нейтрально", "the axis says спокойно"


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080), (3840, 2160), (320, 240), (240, 426), (64, 48), (641, 479)])
@pytest.mark.parametrize("place", [(-0.1, -0.1), (0.8, 0.8), (0.4, 0.4), (-0.3, 0.9)])
def test_any_size_and_any_place(size, place):
    w, h = size
    box = (int(place[0] * w), int(place[1] * h), w // 4, w // 4)
    image = draw(picture(size), [view(box=box), view("sad", box=(0, 0, w, w), i=2)], RUSSIAN, Status(60, True, 5.0, False, True, "x" * 200))
    assert image.shape[0] == h and image.shape[1] > w


def test_nothing_lies_over_a_face_and_the_frame_is_left_alone():
    frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    before = frame.copy()
    for x in (20, 250, 480):
        b = crop_square(Box(x, 200, 140, 140))
        image = draw(frame, [view(box=(x, 200, 140, 140))], ENGLISH, Status(60, True, 5.0))
        inner = slice(b.y + 12, b.y + b.h - 12), slice(max(b.x + 12, 0), min(b.x + b.w - 12, 640))
        np.testing.assert_array_equal(image[inner], before[inner])
    np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize(("size", "shrink", "longer"), [((160, 90), True, 640), ((3840, 2160), True, 1280), ((3840, 2160), False, 3840),
                                                        ((1, 1), False, 640), ((800, 600), True, 800)])  # fmt: skip
def test_small_frames_grow_and_large_ones_shrink_before_they_are_drawn_on(size, shrink, longer):
    assert round(max(size) * drawing_scale(*size, shrink=shrink)) == longer


def test_small_faces_have_smaller_labels():
    label = [int((draw(picture(), [view(box=(300, 200, s, s))], ENGLISH)[:, :640] != 127).any(2)[:185].sum()) for s in (40, 120)]
    assert 0 < label[0] < 0.7 * label[1]


def test_everything_scales_with_the_frame():
    small, large = (
        draw(picture(s), [view(box=tuple(v * s[0] // 640 for v in (260, 160, 120, 120)))], ENGLISH) for s in ((640, 480), (1920, 1440))
    )
    shrunk = cv2.resize(large, (640, 480), interpolation=cv2.INTER_AREA)
    changed = [float((np.abs(i.astype(int) - 127).max(2) > 8).mean()) for i in (small, shrunk)]
    assert 0.5 < changed[1] / changed[0] < 1.1
