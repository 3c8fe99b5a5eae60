"""How a network's outputs are trained and read: losses with their activation and decoding, by what is learned."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from fastai.callback.core import Callback
from fastai.callback.mixup import reduce_loss
from fastai.losses import CrossEntropyLossFlat
from fastai.torch_core import TensorCategory
from torch import nn

from emofast.emotions import N


def cross_entropy(smoothing: float = 0.0, class_weights: Sequence[float] | None = None) -> CrossEntropyLossFlat:
    """fastai's cross entropy of logits [n, 9] against classes int [n] or shares [n, 9].

    `smoothing` after Szegedy et al. 2016 (arXiv:1512.00567); `class_weights` [9] weigh the classes.
    """
    weight = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32)
    return CrossEntropyLossFlat(flatten=False, label_smoothing=smoothing, weight=weight)


class FocalLoss(CrossEntropyLossFlat):
    """Cross entropy that counts a class the less, the surer the network already is of it (Lin et al. 2017, arXiv:1708.02002).

    Against classes int [n] or shares [n, 9]. `gamma`: how much less; 0 is cross entropy.
    """

    def __init__(self, gamma: float = 2.0):
        super().__init__(flatten=False)
        self.gamma = gamma

    def __call__(self, logits, target):
        shares = F.one_hot(target, N).to(logits) if target.ndim == 1 else target
        log_p = logits.log_softmax(-1)
        return reduce_loss(-(shares * (1 - log_p.exp()) ** self.gamma * log_p).sum(1), self.reduction)


class PointLoss(nn.MSELoss):
    """Mean squared error of valence and arousal, [n, 2], reduced by picture."""

    def forward(self, va, target):
        return reduce_loss(F.mse_loss(va, target, reduction="none").mean(1), self.reduction)


class ClassPointLoss(nn.Module):
    """Cross entropy of nine logits plus `weight` times the squared error of the point; outputs and targets [n, 11]."""

    def __init__(self, weight: float = 1.0, reduction: str = "mean"):
        super().__init__()
        self.weight, self.reduction = weight, reduction

    def forward(self, outputs, target):
        ce = F.cross_entropy(outputs[:, :N], target[:, :N], reduction="none")
        return reduce_loss(ce + self.weight * F.mse_loss(outputs[:, N:], target[:, N:], reduction="none").mean(1), self.reduction)

    def activation(self, outputs):
        return torch.cat([outputs[:, :N].softmax(-1), outputs[:, N:]], 1)

    def decodes(self, outputs):
        return outputs[:, :N].argmax(-1)


class Elect(Callback):
    """Gives fastai's own metrics, `get_preds` and `ClassificationInterpretation` the class that they compare with.

    Where shares of annotators are learned, that is the class with the largest one. It takes their place once the loss is computed.
    Metrics see the nine logits alone also where valence and arousal follow them.
    """

    order = 49  # after GatherPreds (0) has taken the whole outputs, before Recorder (50) feeds the metrics

    def after_loss(self):
        if not len(self.yb):  # pictures alone, in `predict`
            return
        self.outputs, self.target = self.pred, self.y
        if self.y.ndim == 2 and self.y.shape[1] >= N:
            self.learn.yb = (TensorCategory(self.y[:, :N].argmax(1).as_subclass(torch.Tensor)),)

    def after_batch(self):
        if len(self.yb) and self.pred.shape[1] > N:
            self.learn.pred = self.pred[:, :N]
