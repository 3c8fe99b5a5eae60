"""Drawn faces: a detector finds them, action units move what they should, pose and light are seen."""

import numpy as np
import pytest

from emofast.emotions import EMOTIONS
from emofast.sample import ACTION_UNITS, Identity, Pose, action_units, draw_face, draw_into
from emofast.sample.geometry import geometry

GREY = (130, 130, 130)


@pytest.fixture(scope="module")
def detector():
    dlib = pytest.importorskip("dlib")
    return dlib.get_frontal_face_detector()


def someone(seed: int) -> tuple[Identity, float]:
    """A person and the side that light falls from."""
    rng = np.random.default_rng(seed)
    return Identity.random(rng), float(rng.uniform(-1, 1))


def canvas() -> np.ndarray:
    return np.full((320, 400, 3), 130, np.uint8)


def test_dlib_finds_frontal_faces_of_160_px(detector):
    found = 0
    for seed in range(60):
        identity, light = someone(seed)
        rng = np.random.default_rng([seed, 1])
        aus = action_units(EMOTIONS[seed % 9], float(rng.uniform(0.3, 1.0)), rng)
        frame = draw_into(canvas(), identity, aus, (200, 150), 160, Pose(*rng.normal(0, (3, 2, 1.5))), light)
        boxes, _, _ = detector.run(np.ascontiguousarray(frame[..., ::-1]), 0, 0.0)
        found += any(box.contains(200, 150) and abs(box.width() - 160) < 40 for box in boxes)
    assert found >= 57


def test_detector_reports_the_square_that_was_asked_for(detector):
    frame = draw_into(canvas(), Identity(), {}, (170, 140), 150)
    (box,) = detector(np.ascontiguousarray(frame[..., ::-1]), 0)
    assert abs(box.center().x - 170) < 12 and abs(box.center().y - 140) < 12 and abs(box.width() - 150) < 25


@pytest.mark.parametrize("unit, moved", [
    (12, lambda face: -face.mouth.corners[:, 1].mean()),  # corners up
    (12, lambda face: np.ptp(face.mouth.corners[:, 0])),  # mouth wider
    (15, lambda face: face.mouth.corners[:, 1].mean()),
    (20, lambda face: np.ptp(face.mouth.corners[:, 0])),
    (23, lambda face: -np.ptp(face.mouth.corners[:, 0])),
    (25, lambda face: face.mouth.gap),
    (26, lambda face: face.mouth.gap),
    (26, lambda face: face.skull.chin),
    (16, lambda face: face.mouth.lower_outer[:, 1].max()),
    (1, lambda face: -face.brows[0][0][0, 1]),  # inner end of the brow up
    (2, lambda face: -face.brows[0][0][-1, 1]),
    (4, lambda face: face.brows[0][0][0, 1]),
    (5, lambda face: -face.eyes[0].upper[:, 1].min()),
    (6, lambda face: -face.eyes[0].lower[:, 1].max()),
    (7, lambda face: -np.ptp(face.eyes[0].outline[:, 1])),
    (9, lambda face: -face.mouth.upper_outer[:, 1].mean()),
    (45, lambda face: -(face.eyes[0].lower - face.eyes[0].upper)[:, 1].max()),
])  # fmt: skip
def test_each_action_unit_moves_its_line_further_the_stronger_it_is(unit, moved):
    places = [moved(geometry(Identity(), {unit: strength})) for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert np.all(np.diff(places) > 0)


def test_one_sided_units_move_one_side():
    rest, sneer = geometry(Identity(), {}), geometry(Identity(), {"L12": 1.0})
    assert sneer.mouth.corners[1, 1] < rest.mouth.corners[1, 1] - 0.1  # the person's left is on the picture's right
    assert sneer.mouth.corners[0, 1] == pytest.approx(rest.mouth.corners[0, 1], abs=0.02)


def test_every_action_unit_is_seen_and_animates_smoothly():
    still = draw_face(Identity(), {}, 160, background=GREY).astype(int)
    for unit in ACTION_UNITS:
        frames = [draw_face(Identity(), {unit: s}, 160, background=GREY).astype(int) for s in (0.5, 0.52, 1.0)]
        whole, step = (np.abs(frames[2] - still).mean(), np.abs(frames[1] - frames[0]).mean())
        assert whole > 0.1, f"action unit {unit} is not seen"
        assert step < 0.35 * whole, f"action unit {unit} jumps"


def test_angles_have_the_documented_signs():
    assert (Pose(yaw=20).matrix() @ (0, 0, 1))[0] > 0.3  # the nose goes to the picture's right
    assert (Pose(pitch=20).matrix() @ (0, 0, 1))[1] < -0.3  # the nose goes up
    assert (Pose(roll=20).matrix() @ (0, -1, 0))[0] > 0.3  # the crown goes to the right: clockwise


@pytest.mark.parametrize("pose, mirrored", [(Pose(yaw=20), Pose(yaw=-20)), (Pose(roll=15), Pose(roll=-15))])
def test_turning_left_mirrors_turning_right(pose, mirrored):
    one, other = (draw_face(Identity(), {}, 160, p, 0.0, GREY).astype(int) for p in (pose, mirrored))
    assert np.abs(one - other[:, ::-1]).mean() < 1 < np.abs(one - other).mean()  # but for the glint in the eyes


def test_light_comes_from_its_side():
    def halves(light: float) -> tuple[float, float]:
        face = draw_face(Identity(), {}, 160, light=light)[40:120, 40:120].astype(float)
        return face[:, :40].mean(), face[:, 40:].mean()

    left, right = halves(-1)
    assert left > right + 10
    left, right = halves(1)
    assert right > left + 10


@pytest.mark.parametrize("size", [32, 100, 171, 240])
def test_a_crop_has_the_size_asked_for(size):
    face = draw_face(Identity(), {}, size)
    assert face.shape == (size, size, 3) and face.dtype == np.uint8


def test_what_lies_outside_the_frame_is_cut():
    for centre in [(0, 0), (400, 320), (-300, 100), (200, 900), (200, -900)]:
        frame = draw_into(canvas(), Identity(hairstyle="long"), {}, centre, 150, Pose(20, 10, 10))
        assert frame.shape == (320, 400, 3)
    assert (draw_into(canvas(), Identity(), {}, (-900, -900), 150) == canvas()).all()
