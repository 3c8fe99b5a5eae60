"""Identities over time: through movement, short losses and crowds; the same every time without a background search."""

import cv2
import numpy as np
import pytest
from processes import wait_until

from emofast.recognition import Box, FaceTracker, iou

WALL = np.full((480, 640, 3), (120, 128, 136), np.uint8)


@pytest.fixture(scope="module")
def portrait(people):
    """A face of 120 px in the middle; `moved(dx, dy)` shifts the whole picture."""
    return people([(320, 240)])


def moved(picture, dx, dy=0):
    return cv2.warpAffine(picture, np.float32([[1, 0, dx], [0, 1, dy]]), (640, 480), borderMode=cv2.BORDER_REPLICATE)


def ids(faces):
    return [f.id for f in faces]


def test_one_face_keeps_its_identity_while_it_moves(portrait):
    tracker = FaceTracker()
    for i in range(40):
        dx = 3 * i
        (face,) = tracker.track(moved(portrait, dx))
        assert face.id == 1
        assert iou(face.box, Box(260 + dx, 180, 120, 120)) > 0.5
        assert 0 < face.confidence <= 1


def test_identity_survives_a_short_loss(portrait):
    tracker = FaceTracker()
    for _ in range(5):
        tracker.track(portrait)
    noise = np.random.default_rng(0).integers(0, 256, WALL.shape, np.uint8)
    for _ in range(60):
        gone = tracker.track(noise)
    assert gone == [], "a face that nobody confirms must leave"
    back = [tracker.track(moved(portrait, 15)) for _ in range(3)][-1]
    assert ids(back) == [1]


def test_another_place_after_a_loss_is_another_person(people):
    tracker = FaceTracker(patience=5)
    assert ids(tracker.track(people([(150, 240)]))) == [1]
    for _ in range(10):
        tracker.track(WALL)
    assert ids(tracker.track(people([(500, 240)]))) == [2]


def test_a_face_that_joins_is_found_and_others_keep_their_names(people):
    tracker = FaceTracker(search=10)
    alone, both = people([(180, 240)]), people([(180, 240), (460, 240)])
    tracker.track(alone)
    for _ in range(12):
        faces = tracker.track(both)
    assert ids(faces) == [1, 2]
    assert faces[0].box.x < faces[1].box.x


def test_four_faces(people):
    tracker = FaceTracker()
    frame = people([(80, 240), (240, 240), (400, 240), (560, 240)], face=105)
    for _ in range(12):
        faces = tracker.track(frame)
    assert len(faces) == len(set(ids(faces))) == 4


def test_same_frames_same_faces(portrait):
    frames = [moved(portrait, 4 * i, 2 * i) for i in range(25)]
    first, second = FaceTracker(), FaceTracker()
    assert [first.track(f) for f in frames] == [second.track(f) for f in frames]


def test_background_search_finds_who_joins(people):
    tracker = FaceTracker(search=5, background=True)
    alone, both = people([(180, 240)]), people([(180, 240), (460, 240)])
    assert ids(tracker.track(alone)) == [1], "the very first frame is searched at once"
    faces = wait_until(lambda: two if len(two := tracker.track(both)) == 2 else None)
    tracker.close()
    assert ids(faces) == [1, 2]


def test_reset_and_a_new_frame_size_start_anew(portrait):
    tracker = FaceTracker()
    tracker.track(portrait)
    (face,) = tracker.track(cv2.resize(portrait, (320, 240)))
    assert face.id == 2 and face.box.x + face.box.w <= 320
    tracker.reset()
    assert ids(tracker.track(portrait)) == [1]


def test_grey_and_16_bit_frames_are_tracked_alike(portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    assert FaceTracker().track(grey) == FaceTracker().track(portrait) == FaceTracker().track(grey.astype(np.uint16) << 8)


@pytest.mark.shared
def test_two_real_people_who_tilt_their_heads(shared):
    capture = cv2.VideoCapture(str(shared / "media" / "head-pose-face-detection-female-and-male.gif"))
    tracker, seen = FaceTracker(), []
    while (read := capture.read())[0]:
        seen.append(ids(tracker.track(read[1])))
    assert len(seen) > 50
    assert seen.count([1, 2]) > 0.9 * len(seen), "the detector alone finds the second person in 2 of 56 frames"
