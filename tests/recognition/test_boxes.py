"""The crop that webcam and videos share: square, centred, at the border as in the middle."""

import numpy as np
import pytest

from emofast.errors import EmofastError
from emofast.recognition import Box, crop_face, crop_square, iou


@pytest.fixture
def frame():
    return np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def test_crop_is_the_square_cut_out(frame):
    box = Box(60, 50, 40, 40)
    square = crop_square(box, 0.2)
    assert square.w == square.h == 56
    assert square.centre[0] == 80 and square.centre[1] < 70, "centred across, lifted towards the forehead"
    face = crop_face(frame, box, 0.2)
    np.testing.assert_array_equal(face, frame[square.y : square.y + 56, square.x : square.x + 56])


def test_oblong_box_is_squared_about_its_centre(frame):
    face = crop_face(frame, Box(60, 40, 20, 40), 0.0)
    np.testing.assert_array_equal(face, crop_face(frame, Box(50, 40, 40, 40), 0.0))


@pytest.mark.parametrize("corner", [(-12, -9), (130, -9), (-12, 95), (130, 95)])
def test_border_repeats_edge_pixels_and_keeps_the_scale(frame, corner):
    box = Box(*corner, 40, 40)
    padded = np.pad(frame, ((100, 100), (100, 100), (0, 0)), mode="edge")
    inner = Box(box.x + 100, box.y + 100, 40, 40)
    np.testing.assert_array_equal(crop_face(frame, box, 0.3), crop_face(padded, inner, 0.3))


def test_every_kind_of_frame_gives_uint8(frame):
    box = Box(60, 50, 40, 40)
    face = crop_face(frame, box)
    np.testing.assert_array_equal(crop_face(frame.astype(np.uint16) * 256 + 7, box), face)
    np.testing.assert_array_equal(crop_face(np.dstack([frame, frame[..., 0]]), box), face)
    grey = crop_face(frame[..., 1], box)
    assert grey.ndim == 2
    np.testing.assert_array_equal(grey, face[..., 1])
    np.testing.assert_array_equal(crop_face(frame[..., 1:2], box), grey)


@pytest.mark.parametrize(
    "box", [Box(500, 10, 40, 40), Box(-90, 10, 40, 40), Box(10, 10, 0, 40), Box(float("nan"), 0, 9, 9), (1, 2, 3, 4), None]
)
def test_box_without_picture_is_refused(frame, box):
    with pytest.raises(EmofastError, match="box"):
        crop_face(frame, box)


def test_inside_moves_and_never_squeezes():
    assert Box(-5, -8, 40, 40).inside(160, 120) == Box(0, 0, 40, 40)
    assert Box(150, 100, 40, 40).inside(160, 120) == Box(120, 80, 40, 40)
    assert Box(-5, -5, 400, 400).inside(160, 120) == Box(0, 0, 160, 120)


def test_iou():
    assert iou(Box(0, 0, 10, 10), Box(0, 0, 10, 10)) == 1
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert iou(Box(0, 0, 10, 10), Box(10, 0, 10, 10)) == 0
