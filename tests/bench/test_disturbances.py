"""Each disturbance does to a picture what it says, by as much as it says."""

import numpy as np
import pytest

from emofast.bench.disturbances import (
    DISTURBANCES,
    blurred,
    boxed,
    brightened,
    cast,
    compressed,
    dimmed,
    in_colour,
    mirrored,
    noisy,
    rotated,
    seen_at,
    shaken,
    shifted,
)
from emofast.faces import to_channels

TO_BGR = {"grey as BGR", "colour cast"}
SEEDS = range(40)


@pytest.fixture
def face() -> np.ndarray:
    """A smooth pattern without symmetry, 48 px, of middle brightness."""
    y, x = np.mgrid[:48, :48] / 48
    return np.uint8(120 + 60 * np.sin(5 * x + 2 * y) + 40 * np.cos(11 * y * x))


def spot(size: int = 48, x: int = 24, y: int = 24, side: int = 3) -> np.ndarray:
    """A bright square on black, centred at (x, y)."""
    picture = np.zeros((size, size), np.uint8)
    picture[y - side // 2 : y + side // 2 + 1, x - side // 2 : x + side // 2 + 1] = 250
    return picture


def centre(picture: np.ndarray) -> np.ndarray:
    """Centre of brightness (x, y)."""
    y, x = np.indices(picture.shape)
    return np.array([(x * picture).sum(), (y * picture).sum()]) / picture.sum()


def spread(picture: np.ndarray) -> np.ndarray:
    """Variances of brightness along its short and its long axis, in square pixels."""
    y, x = np.indices(picture.shape)
    return np.linalg.eigvalsh(np.cov([x.ravel(), y.ravel()], aweights=picture.ravel().astype(float)))


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=str)
def test_a_picture_comes_back_and_the_given_one_stays(disturbance, face):
    for given in (face, np.dstack([face, face[::-1], face.T])):
        before = given.copy()
        out = disturbance(given, 7)
        assert out.dtype == np.uint8 and out.size
        assert out.ndim == (3 if disturbance.name in TO_BGR else given.ndim)
        assert not np.shares_memory(out, given) and np.array_equal(given, before)
        assert np.array_equal(out, disturbance(given, 7)), "one seed, one picture"
        others = any(not np.array_equal(out, disturbance(given, row)) for row in range(8, 20))
        assert others == disturbance.random, "other rows meet other chances, and only where chance is meant"


def test_the_table_begins_undisturbed_and_names_each_once(face):
    assert np.array_equal(DISTURBANCES[0](face, 0), face) and DISTURBANCES[0].name == "none"
    assert len({str(d) for d in DISTURBANCES}) == len(DISTURBANCES)


def test_mirrored(face):
    assert np.array_equal(mirrored(face), face[:, ::-1])


def test_box_shows_more_or_less_of_the_picture():
    ramp = np.tile(np.arange(0, 240, 5, dtype=np.uint8), (48, 1))
    tight, loose = boxed(ramp, 0.5), boxed(ramp, 1.5)
    assert tight.shape == (24, 24) and np.array_equal(tight[0], ramp[0, 12:36])
    assert loose.shape == (72, 72) and np.array_equal(loose[20, 12:60], ramp[0])
    assert (loose[:, :12] == ramp[0, 0]).all() and (loose[:, 60:] == ramp[0, -1]).all(), "edges are repeated"


def test_box_is_shifted_by_its_share_in_all_directions():
    moves = np.array([centre(shifted(spot(), 0.2, np.random.default_rng(seed))) - 24 for seed in SEEDS])
    assert np.hypot(*moves.T) == pytest.approx(0.2 * 48, abs=0.1)
    assert (moves.min(0) < -5).all() and (moves.max(0) > 5).all()


def test_rotated_by_the_angle_to_both_sides():
    x, y = (np.array([centre(rotated(spot(x=40), 20, np.random.default_rng(seed))) for seed in SEEDS]) - 23.5).T
    angles = np.degrees(np.arctan2(y, x)) - np.degrees(np.arctan2(0.5, 16.5))
    assert abs(angles) == pytest.approx(20, abs=1) and {-1, 1} == set(np.sign(angles))


def test_face_size(face):
    stripes = np.tile(np.uint8([0, 200]), (48, 24))
    assert seen_at(face, 400).shape == (400, 400) and seen_at(face, 400).mean() == pytest.approx(face.mean(), abs=1)
    assert seen_at(stripes, 24).shape == (24, 24) and (seen_at(stripes, 24) == 100).all(), "what is too fine is averaged, not aliased"


@pytest.mark.parametrize("size", [48, 96])
def test_blur_grows_with_the_picture(size):
    flat = spread(blurred(spot(size, size // 2, size // 2), 2.0)) - spread(spot(size, size // 2, size // 2))
    assert np.sqrt(flat) == pytest.approx(2.0 * size / 48, rel=0.1)


def test_motion_is_a_line_of_its_length():
    for seed in SEEDS:
        picture = shaken(spot(), 6, np.random.default_rng(seed))
        across, along = spread(picture) - spread(spot())
        assert along == pytest.approx(6**2 / 12, rel=0.25) and across < 0.35
        assert picture.mean() == pytest.approx(spot().mean(), rel=0.03), "light is spread, not lost"


def test_low_light_is_darker_and_noisier():
    grey = np.full((96, 96), 200, np.uint8)
    dark = dimmed(grey, 0.25, np.random.default_rng(0))
    assert dark.mean() == pytest.approx(50, abs=0.3) and dark.std() == pytest.approx(3, rel=0.1)


def test_overexposure_is_brighter_and_clips(face):
    bright = brightened(face, 1.8)
    assert bright.max() == 255 and (bright[face > 142] == 255).all()
    assert bright[face < 140] == pytest.approx(1.8 * face[face < 140], abs=0.51)


def test_noise_has_its_spread():
    rough = noisy(np.full((96, 96), 128, np.uint8), 20, np.random.default_rng(0))
    assert rough.std() == pytest.approx(20, rel=0.05) and rough.mean() == pytest.approx(128, abs=1)


def test_jpeg_is_like_the_picture_and_less_so_with_lower_quality(face):
    rough = noisy(face, 15, np.random.default_rng(0))
    fine, coarse = (likeness(compressed(rough, q), seen_at(rough, 96)) for q in (50, 10))
    assert compressed(rough, 50).shape == (96, 96) and 0.8 < coarse < fine < 0.9999


def test_grey_as_colour_is_the_same_grey(face):
    assert in_colour(face).shape == (48, 48, 3) and np.array_equal(to_channels(in_colour(face), 1), face)


def test_colour_cast_scales_each_channel(face):
    blue, green, red = np.moveaxis(cast(face, (0.5, 1.0, 1.2)), 2, 0)
    assert blue == pytest.approx(face * 0.5, abs=0.51) and np.array_equal(green, face)
    assert red == pytest.approx(np.minimum(face * 1.2, 255), abs=0.51)
