"""What training sees of a face: every transform does what it says, to each picture on its own, and only in training."""

import random

import numpy as np
import pytest
import torch
from fastai.torch_core import TensorImage

from emofast.data import augmentation, get_dls, read_competition
from emofast.data.augmentation import Erase, PoorCamera, Soften, face_augmentation, strong_augmentation


def apply(tfms, x):
    for tfm in tfms:
        x = tfm(x, split_idx=0)
    return x


def faces(n=64, size=48):
    """A dark disc off the centre, on a light gradient: turned, shifted, scaled or mirrored, it looks different."""
    y, x = np.mgrid[:size, :size] / size
    face = 0.4 + 0.4 * x - 0.3 * ((x - 0.4) ** 2 + (y - 0.45) ** 2 < 0.09)
    return TensorImage(torch.tensor(np.repeat(face[None, None], n, 0), dtype=torch.float32))


@pytest.mark.parametrize("make", [face_augmentation, strong_augmentation, lambda: face_augmentation(0)])
def test_every_picture_of_a_batch_is_changed_on_its_own(make):
    torch.manual_seed(0)
    before = faces()
    after = apply(make(), before.clone())
    assert after.shape == before.shape and after.dtype == torch.float32 and torch.isfinite(after).all()
    assert len({tuple(picture.flatten()[::7].tolist()) for picture in after}) > (1 if make is not strong_augmentation else 60)
    assert torch.equal(before, faces())


@pytest.mark.parametrize("make", [face_augmentation, lambda: strong_augmentation()[:2]])
def test_moves_and_light_are_those_of_fastai(make, monkeypatch):
    """In half the time: the same random numbers, the same pictures."""
    before = TensorImage(torch.rand(32, 3, 40, 48))
    ours = make()
    monkeypatch.setattr(augmentation, "_quick", lambda tfms: tfms)
    after = []
    for tfms in (ours, make()):
        torch.manual_seed(0)
        random.seed(0)
        after.append(apply(tfms, before.clone()))
    torch.testing.assert_close(*after, rtol=0, atol=2e-5)
    assert (after[0] - before).abs().mean() > 0.02


def test_validation_pictures_are_left_alone(drawn):
    comp = read_competition(drawn)
    plain, strong = (get_dls(comp, size=32, bs=16, augment=a, device="cpu").valid for a in ([], strong_augmentation()))
    for a, b in zip(plain, strong):
        torch.testing.assert_close(a[0], b[0], rtol=0, atol=0)


def test_boxes_are_shifted_and_scaled_both_ways():
    torch.manual_seed(0)
    x = torch.zeros(400, 1, 48, 48)
    x[:, :, 20:28, 20:28] = 1
    moved = apply(strong_augmentation()[:1], TensorImage(x))  # the affine one
    weight = moved[:, 0] + 1e-9
    places = torch.arange(48.0)
    for axis in (1, 2):
        centre = (weight.sum(axis) * places).sum(1) / weight.sum((1, 2))
        assert centre.min() < 19 and centre.max() > 28 and abs(centre.mean() - 23.5) < 1
    area = weight.sum((1, 2)) / 64
    assert area.min() < 0.75 and area.max() > 1.3


def test_a_poor_camera_takes_its_share_of_the_pictures():
    torch.manual_seed(0)
    before = TensorImage(torch.rand(400, 1, 48, 48))
    after = PoorCamera(0.5)(before.clone(), split_idx=0)
    changed = (after != before).flatten(1).any(1)
    assert abs(changed.float().mean() - 0.5) < 0.08
    assert after.min() >= 0 and after.max() <= 1
    light = after[changed].mean((1, 2, 3))
    assert light.min() < 0.2 and light.max() > 0.75  # too dark and too bright
    rough = (after[changed][..., 1:] - after[changed][..., :-1]).std((1, 2, 3)) / light
    assert rough.max() > 5 * rough.min()  # some are blurred, some are not
    assert torch.equal(PoorCamera(0)(before.clone(), split_idx=0), before)


def test_erase_hides_the_promised_share():
    torch.manual_seed(0)
    x = TensorImage(torch.full((600, 1, 48, 48), 9.0))
    hidden = (Erase(p=0.5, area=(0.02, 0.2))(x, split_idx=0) != 9).float().mean((1, 2, 3))
    assert abs((hidden > 0).float().mean() - 0.5) < 0.08
    assert hidden[hidden > 0].min() > 0.01 and hidden.max() < 0.26 and abs(hidden[hidden > 0].mean() - 0.11) < 0.03


def test_soften_blurs_some_and_adds_noise_to_some():
    torch.manual_seed(0)
    y = torch.arange(48) % 2.0
    x = TensorImage((0.3 + 0.4 * y).expand(400, 1, 48, 48).clone())
    out = Soften(p=0.3)(x, split_idx=0)
    contrast = out.std((1, 2, 3)) / x.std((1, 2, 3))
    same = torch.tensor([torch.equal(a, b) for a, b in zip(out, x)])
    assert abs(same.float().mean() - 0.49) < 0.1 and (contrast < 0.8).float().mean() > 0.2
    assert out.min() >= 0 and out.max() <= 1
    assert torch.equal(Soften(p=0.0)(x, split_idx=0), x)
