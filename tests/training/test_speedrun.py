"""What makes training fast: fused steps, Muon, growing pictures, validation at the end only."""

import pickle

import torch
from fastai.callback.core import Callback
from fastai.optimizer import Adam
from torch import nn

from emofast.data import get_dls
from emofast.training import GrowingPictures, ValidateLast, emotion_learner, muon
from emofast.training.optimizer import FusedAdam


def test_fused_adam_steps_as_fastais_adam_does():
    """With groups, schedules, weights that do not decay, a frozen one, and a checkpoint in the middle."""
    made = {}
    for name, opt_func in (("theirs", Adam), ("ours", FusedAdam)):
        torch.manual_seed(0)
        params = [nn.Parameter(torch.randn(shape)) for shape in ((8, 4), (8,), (16, 8), (16,))]
        opt = opt_func([params[:2], params[2:]], lr=1e-3, wd=0.1)
        opt.state[params[1]]["do_wd"] = False
        for step in range(12):
            if step == 6:
                state = pickle.loads(pickle.dumps(opt.state_dict()))
                opt = opt_func([params[:2], params[2:]], lr=1e-3)
                opt.load_state_dict(state)
            opt.set_hyper("lr", [1e-3 * (step + 1), 1e-2])
            opt.set_hyper("mom", 0.95 - 0.01 * step)
            for p in params[:-1]:
                p.grad = torch.randn_like(p)
            opt.step()
            opt.zero_grad()
        made[name] = params
    for theirs, ours in zip(*made.values()):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


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
