"""Identities over time, with every detector: through movement, short losses and crowds; the same frames give the same faces."""

import cv2
import numpy as np
import pytest

from emofast.recognition import DETECTORS, Box, FaceTracker, iou, make_detector

WALL = np.full((480, 640, 3), (120, 128, 136), np.uint8)


@pytest.fixture(scope="module")
def portrait(people):
    """A face of 120 px in the middle; `moved(dx, dy)` shifts the whole picture."""
    return people([(320, 240)])


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request):
    return make_detector(request.param)


def moved(picture, dx, dy=0):
    return cv2.warpAffine(picture, np.float32([[1, 0, dx], [0, 1, dy]]), (640, 480), borderMode=cv2.BORDER_REPLICATE)


def ids(faces):
    return [f.id for f in faces]


def test_one_face_keeps_its_identity_while_it_moves(detector, portrait):
    tracker = FaceTracker(detector)
    for i in range(40):
        dx = 3 * i
        (face,) = tracker.track(moved(portrait, dx))
        assert face.id == 1
        assert iou(face.box, Box(260 + dx, 180, 120, 120)) > 0.5


def test_identity_survives_a_short_loss(detector, portrait):
    tracker = FaceTracker(detector)
    for _ in range(5):
        tracker.track(portrait)
    noise = np.random.default_rng(0).integers(0, 256, WALL.shape, np.uint8)
    for _ in range(60):
        gone = tracker.track(noise)
    assert gone == [], "a face that nobody confirms must leave"
    back = [tracker.track(moved(portrait, 15)) for _ in range(3)][-1]
    assert ids(back) == [1]


def test_who_comes_back_is_found_at_the_next_scan(detector, portrait):
    tracker = FaceTracker(detector, every=1)
    seen = [bool(tracker.track(picture)) for picture in [portrait, WALL, WALL, portrait, WALL, portrait]]
    assert seen == [True, False, False, True, False, True]


def test_another_place_after_a_loss_is_another_person(detector, people):
    tracker = FaceTracker(detector, memory=5)
    assert ids(tracker.track(people([(150, 240)]))) == [1]
    for _ in range(10):
        tracker.track(WALL)
    assert ids([tracker.track(people([(500, 240)])) for _ in range(3)][-1]) == [2]


def test_a_face_that_joins_is_found_and_others_keep_their_names(detector, people):
    tracker = FaceTracker(detector)
    alone, both = people([(180, 240)]), people([(180, 240), (460, 240)])
    tracker.track(alone)
    for _ in range(12):
        faces = tracker.track(both)
    assert ids(faces) == [1, 2]
    assert faces[0].box.x < faces[1].box.x


def test_four_faces(detector, people):
    tracker = FaceTracker(detector)
    frame = people([(80, 240), (240, 240), (400, 240), (560, 240)], face=105)
    for _ in range(12):
        faces = tracker.track(frame)
    assert len(faces) == len(set(ids(faces))) == 4


def test_same_frames_same_faces(detector, portrait):
    frames = [moved(portrait, 4 * i, 2 * i) for i in range(25)]
    first, second = FaceTracker(detector), FaceTracker(detector)
    assert [first.track(f) for f in frames] == [second.track(f) for f in frames]


def test_a_new_frame_size_starts_anew(detector, portrait):
    tracker = FaceTracker(detector)
    tracker.track(portrait)
    (face,) = tracker.track(cv2.resize(portrait, (320, 240)))
    assert face.id == 2 and face.box.x + face.box.w <= 320


def test_grey_and_16_bit_frames_are_tracked_alike(detector, portrait):
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    expected = [(f.id, f.box) for f in FaceTracker(detector).track(grey)]
    assert [(f.id, f.box) for f in FaceTracker(detector).track(grey.astype(np.uint16) << 8)] == expected
    assert len(expected) == 1


def test_a_face_is_carried_between_two_scans_but_no_wall(portrait):
    """dlib scans every eighth frame: in between the picture's own movement tells where the face is."""
    tracker = FaceTracker(make_detector("dlib"))
    for i in range(7):
        (face,) = tracker.track(moved(portrait, 4 * i))
    assert iou(face.box, Box(260 + 24, 180, 120, 120)) > 0.6
    assert tracker.track(WALL) == [], "the person is gone at once, not at the next scan"


def real(shared, name, frames=None):
    capture = cv2.VideoCapture(str(shared / "media" / name))
    while (read := capture.read())[0]:
        yield read[1]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "both"), [("dlib", 0.35), ("centerface", 1.0)])
def test_two_real_people_who_tilt_their_heads(shared, name, both):
    """dlib alone finds the second person in 2 of the 56 frames."""
    tracker = FaceTracker(make_detector(name))
    seen = [ids(tracker.track(frame)) for frame in real(shared, "head-pose-face-detection-female-and-male.gif")]
    assert len(seen) > 50 and seen.count([1, 2]) >= both * len(seen) and set().union(*seen) == {1, 2}


@pytest.mark.shared
def test_who_leaves_and_comes_back_after_some_seconds_keeps_the_number(shared):
    frames = list(real(shared, "asl-eat.mkv"))
    tracker = FaceTracker(make_detector("centerface"))
    for frame in [*frames, *[np.full_like(frames[0], 128)] * 240, *frames]:
        faces = tracker.track(frame)
    assert ids(faces) == [1]
