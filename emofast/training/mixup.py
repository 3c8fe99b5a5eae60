"""Mixup for batches with several targets: fastai's own reads one, and fails on class plus votes."""

from __future__ import annotations

import torch
from fastai.callback.mixup import MixUp as FastaiMixUp

__all__ = ["MixUp"]


class MixUp(FastaiMixUp):
    """Blend every face with another of its batch, and the loss with the other's loss (Zhang et al. 2018, arXiv:1710.09412).

    `alpha`: both parameters of the Beta distribution of the share; 0.4 as in the paper's ImageNet runs.
    """

    def before_batch(self):
        share = self.distrib.sample((len(self.xb[0]),)).to(self.xb[0].device)
        self.lam = torch.maximum(share, 1 - share)  # the face that keeps most of itself is the one in its place
        other = torch.randperm(len(self.lam)).to(self.lam.device)
        weight = self.lam.view(-1, 1, 1, 1)
        faces = [x.as_subclass(torch.Tensor) for x in self.xb]
        self.learn.xb = tuple(torch.lerp(x[other], x, weight) for x in faces)
        self.yb1 = tuple(y.as_subclass(torch.Tensor)[other] for y in self.yb)
