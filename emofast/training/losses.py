"""Losses. Each takes (predictions, class[, votes or valence-arousal]) as batches of `get_dls` hold them, and works
under MixUp (`y_int` makes fastai mix the losses of both pictures instead of their targets)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from fastai.callback.mixup import reduce_loss
from torch import nn

__all__ = ["ClassLoss", "ClassVALoss", "VALoss", "VotesLoss"]

N = 9


class _Loss(nn.Module):
    y_int = True  # fastai's MixUp: lerp losses

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction


class ClassLoss(_Loss):
    """Cross entropy of nine logits; `smoothing` after Szegedy et al. 2016 (arXiv:1512.00567)."""

    def __init__(self, smoothing: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction)
        self.smoothing = smoothing

    def forward(self, logits, label):
        return F.cross_entropy(logits, label, label_smoothing=self.smoothing, reduction=self.reduction)

    def activation(self, logits):
        return logits.softmax(-1)

    def decodes(self, logits):
        return logits.argmax(-1)


class VotesLoss(ClassLoss):
    """Cross entropy against the annotators' votes, the "probability" training of Barsoum et al. 2016 (arXiv:1608.01041)."""

    def forward(self, logits, label, votes):
        return F.cross_entropy(logits, votes, label_smoothing=self.smoothing, reduction=self.reduction)


class VALoss(_Loss):
    """Mean squared error of valence and arousal, [n, 2]."""

    def forward(self, va, label, target):
        return reduce_loss(F.mse_loss(va, target, reduction="none").mean(1), self.reduction)

    def activation(self, va):
        return va

    def decodes(self, va):
        return va


class ClassVALoss(_Loss):
    """Cross entropy of the first nine outputs plus `weight` times the squared error of the last two."""

    def __init__(self, weight: float = 1.0, smoothing: float = 0.0, reduction: str = "mean"):
        super().__init__(reduction)
        self.weight, self.smoothing = weight, smoothing

    def forward(self, outputs, label, target):
        ce = F.cross_entropy(outputs[:, :N], label, label_smoothing=self.smoothing, reduction="none")
        return reduce_loss(ce + self.weight * F.mse_loss(outputs[:, N:], target, reduction="none").mean(1), self.reduction)

    def activation(self, outputs):
        return torch.cat([outputs[:, :N].softmax(-1), outputs[:, N:]], 1)

    def decodes(self, outputs):
        return outputs[:, :N].argmax(-1)
