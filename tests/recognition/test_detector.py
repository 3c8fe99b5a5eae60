"""dlib's detector on frames of every size and kind."""

import cv2
import numpy as np
import pytest

from emofast.errors import EmofastError
from emofast.recognition import Box, FaceDetector, iou


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def frame(people):
    return people([(200, 200), (460, 240)], face=130)


def test_faces_are_where_they_were_drawn(detector, frame):
    boxes = detector.detect(frame)
    assert len(boxes) == 2
    for x, y in ((200, 200), (460, 240)):
        assert max(iou(b, Box(x - 65, y - 65, 130, 130)) for b in boxes) > 0.5


def test_kind_of_frame_does_not_matter(detector, frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    expected = detector.detect(frame)
    assert detector.detect(grey) == expected
    assert detector.detect(np.dstack([frame, grey])) == expected
    assert detector.detect(frame.astype(np.uint16) << 8) == expected


def test_large_frame_gives_the_same_faces_at_its_own_scale(detector, frame):
    small = detector.detect(frame)
    large = detector.detect(cv2.resize(frame, (3840, 2880), interpolation=cv2.INTER_CUBIC))
    assert len(large) == len(small)
    for b in small:
        assert max(iou(Box(6 * b.x, 6 * b.y, 6 * b.w, 6 * b.h), big) for big in large) > 0.6


def test_face_at_the_border_stays_inside_the_frame(detector, people):
    found = 0
    for centre in ((52, 240), (588, 240), (320, 50), (320, 432)):
        for b in detector.detect(people([centre], face=130)):
            found += 1
            assert b.x >= 0 and b.y >= 0 and b.x + b.w <= 640 and b.y + b.h <= 480
    assert found >= 2


def test_face_smaller_than_the_window_needs_upsampling(detector, people):
    frame = people([(320, 240)], face=52)
    assert detector.detect(frame) == []
    boxes = FaceDetector(upsample=1).detect(frame)
    assert len(boxes) == 1
    assert iou(boxes[0], Box(294, 214, 52, 52)) > 0.4


def test_nothing_in_a_wall_or_a_single_pixel(detector):
    assert detector.detect(np.full((480, 640, 3), 128, np.uint8)) == []
    assert detector.detect(np.zeros((1, 1), np.uint8)) == []


def test_nonsense_is_refused(detector):
    with pytest.raises(EmofastError, match="shape"):
        detector.detect(np.zeros((10, 10, 7), np.uint8))
    with pytest.raises(EmofastError, match="upsample"):
        FaceDetector(upsample=9)


@pytest.mark.shared
def test_real_face_in_every_frame(detector, shared):
    capture = cv2.VideoCapture(str(shared / "media" / "asl-eat.mkv"))
    frames = [capture.read()[1] for _ in range(10)]
    assert all(len(detector.detect(f)) == 1 for f in frames)
