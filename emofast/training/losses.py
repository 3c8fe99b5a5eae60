"""Losses. Each takes (predictions, class[, votes or valence-arousal]) as batches of `get_dls` hold them, and works
under MixUp (`y_int` makes fastai mix the losses of both pictures instead of their targets)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from fastai.callback.mixup import reduce_loss
from torch import nn

__all__ = ["ClassLoss", "ClassVALoss", "FocalLoss", "VALoss", "VotesLoss"]

N = 9


class _Loss(nn.Module):
    y_int = True  # fastai's MixUp: lerp losses

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction


class ClassLoss(_Loss):
    """Cross entropy of nine logits; `smoothing` after Szegedy et al. 2016 (arXiv:1512.00567), `class_weights` [9] weigh the classes."""

    def __init__(self, smoothing: float = 0.0, class_weights: Sequence[float] | None = None, reduction: str = "mean"):
        super().__init__(reduction)
        self.smoothing = smoothing
        self.register_buffer("class_weights", None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32))

    def forward(self, logits, label):
        return self._cross_entropy(logits, label)

    def _cross_entropy(self, logits, target):
        return F.cross_entropy(logits, target, self.class_weights, label_smoothing=self.smoothing, reduction=self.reduction)

    def activation(self, logits):
        return logits.softmax(-1)

    def decodes(self, logits):
        return logits.argmax(-1)


class VotesLoss(ClassLoss):
    """Cross entropy against the annotators' votes, the "probability" training of Barsoum et al. 2016 (arXiv:1608.01041)."""

    def forward(self, logits, label, votes):
        return self._cross_entropy(logits, votes)


class FocalLoss(ClassLoss):
    """Cross entropy that counts a class the less, the surer the network already is of it (Lin et al. 2017, arXiv:1708.02002).

    Learns votes where the batch has them, else the class. `gamma`: how much less; 0 is cross entropy.
    """

    def __init__(self, gamma: float = 2.0, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.gamma = gamma

    def forward(self, logits, label, votes=None):
        target = F.one_hot(label, N).to(logits) if votes is None else votes
        log_p = logits.log_softmax(-1)
        return reduce_loss(-(target * (1 - log_p.exp()) ** self.gamma * log_p).sum(1), self.reduction)


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
