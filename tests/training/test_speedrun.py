"""What the speedrun is made of: Muon, growing pictures, validation at the end only."""

import torch
from fastai.callback.core import Callback
from torch import nn

from emofast.data import get_dls
from emofast.training import GrowingPictures, ValidateLast, emotion_learner, muon


def test_muon_steps_by_the_same_length_in_every_direction():
    """A convolution's step has the nearest orthogonal matrix of its gradient as direction, and Adam's size; a bias steps as Adam does."""
    torch.manual_seed(0)
    conv = nn.Conv2d(8, 16, 3)
    before = conv.weight.detach().clone()
    opt = muon([[conv.weight, conv.bias]], lr=0.1, wd=0)
    conv.weight.grad, conv.bias.grad = torch.randn_like(conv.weight), torch.randn_like(conv.bias)
    opt.step()
    step = (before - conv.weight.detach()).flatten(1)
    left, _, right = torch.linalg.svd(conv.weight.grad.flatten(1), full_matrices=False)
    unit = step / (0.1 * 0.2 * 72**0.5)
    assert (torch.linalg.svdvals(unit) - 1).abs().max() < 0.35, "Jordan's coefficients leave .7 to 1.2"
    assert torch.nn.functional.cosine_similarity(unit.flatten(), (left @ right).flatten(), 0) > 0.98
    assert torch.allclose((opt.state[conv.bias]["grad_avg"] / 0.1).sign(), conv.bias.grad.sign())


class Witness(Callback):
    def before_fit(self):
        self.sizes, self.validated = [], []

    def after_batch(self):
        (self.sizes if self.training else self.validated).append((self.epoch, self.x.shape[-1]))


def test_pictures_grow_and_only_the_last_epoch_is_validated(drawn):
    large, small = (get_dls(drawn, size, 32, channels=1, device="cpu") for size in (32, 24))
    learn, witness = emotion_learner(large, "shallow_resnet", opt_func=muon), Witness()
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(3, 1e-2, cbs=[GrowingPictures(small, 1), ValidateLast(), witness])
    assert set(witness.sizes) == {(0, 24), (1, 32), (2, 32)} and set(witness.validated) == {(2, 32)} and learn.dls is large
