"""A poor picture of a face is told from a good one, by the very disturbances that the network's robustness is measured with."""

import numpy as np
import pytest

from emofast.bench.disturbances import blurred, brightened, dimmed
from emofast.recognition import Box, crop_face
from emofast.recognition.quality import quality


@pytest.fixture(scope="module")
def faces(people):
    rng = np.random.default_rng(0)
    crops = [crop_face(people([(320, 240)], face=int(rng.integers(90, 200))), Box(260, 180, 120, 120)) for _ in range(5)]
    return [np.clip(c + rng.normal(0, 2, c.shape), 0, 255).astype(np.uint8) for c in crops]


def test_good_pictures_are_good(faces):
    assert not any(quality(f).bad for f in faces)
    assert not any(quality(f[..., 0].astype(np.uint16) << 8).bad for f in faces), "of any kind"


def test_spoilt_pictures_are_bad(faces):
    rng = np.random.default_rng(0)
    for face in faces:
        spoilt = blurred(face, 2.5), dimmed(face, 0.15, rng), brightened(face, 4)
        assert [quality(s).bad for s in spoilt] == [True] * 3


@pytest.mark.shared
def test_photographs_and_what_their_spoiling_costs(shared):
    """1 % of false alarms at most; nearly all of what costs the network a tenth of its accuracy in focus is found."""
    import zipfile

    import cv2

    with zipfile.ZipFile(shared / "data" / "ferplus9" / "train.zip") as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".jpg"))[::60]
        photographs = [cv2.imdecode(np.frombuffer(archive.read(n), np.uint8), cv2.IMREAD_GRAYSCALE) for n in names]
    rng = np.random.default_rng(0)
    share = {name: np.mean([quality(spoil(p)).bad for p in photographs]) for name, spoil in {
        "none": lambda p: p, "focus": lambda p: blurred(p, 2), "light": lambda p: dimmed(p, 0.25, rng)}.items()}  # fmt: skip
    assert share["none"] <= 0.01 and share["focus"] > 0.95 and share["light"] > 0.85
