"""Learner factories in the shape of fastai's `vision_learner`: data first, architecture second, one Learner back."""

from __future__ import annotations

from collections.abc import Callable

import fastai.callback.progress  # teaches Learner no_bar
import fastai.callback.schedule  # noqa: F401  teaches Learner fit_one_cycle
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner, Metric
from fastai.optimizer import Adam
from torch import nn

from emofast.errors import EmofastError
from emofast.nets.dlib_face import calibrate
from emofast.nets.groups import VAOutput, split_head, split_stages
from emofast.nets.pretrained import DLIB, IMAGENET, NONE, create_network, usable_weights
from emofast.nets.spec import NetworkSpec, Target
from emofast.training import metrics as m
from emofast.training.losses import ClassLoss, ClassVALoss, VALoss, VotesLoss
from emofast.training.precision import choose_precision, precision_callbacks

__all__ = ["emotion_learner", "multitask_learner", "va_learner"]

N = 9
SPLITTERS = {"head": split_head, "stages": split_stages}


class SetMetric(Metric):
    """A metric of the whole set, `score(predictions, label, *targets)` on numpy arrays; the mean over batches of F1 or
    CCC is another number."""

    def __init__(self, name: str, score: Callable):
        self._name, self.score = name, score

    def reset(self):
        self._batches: list[tuple] = []

    def accumulate(self, learn):
        self._batches.append(tuple(t.detach().float().cpu() for t in (learn.pred, *learn.yb)))

    @property
    def value(self):
        columns = [torch.cat(c).numpy() for c in zip(*self._batches)]
        return float(self.score(*columns)) if columns else None

    @property
    def name(self):
        return self._name


def _accuracy(outputs, label, *_) -> float:
    return m.accuracy(outputs[:, :N], label.astype(int))


def _macro_f1(outputs, label, *_) -> float:
    return m.macro_f1(outputs[:, :N], label.astype(int))


def _ccc_valence(outputs, label, va) -> float:
    return m.ccc(outputs[:, -2:], va)[0]


def _ccc_arousal(outputs, label, va) -> float:
    return m.ccc(outputs[:, -2:], va)[1]


def _class_metrics() -> list[Metric]:
    return [SetMetric("accuracy", _accuracy), SetMetric("macro_f1", _macro_f1)]


def _va_metrics() -> list[Metric]:
    return [SetMetric("ccc_valence", _ccc_valence), SetMetric("ccc_arousal", _ccc_arousal)]


def emotion_learner(
    dls: DataLoaders,  # from `get_dls(target='class')`, or 'votes'
    arch: str,  # timm's name, with its tag for particular weights, or torchvision's
    weights: str = IMAGENET,  # imagenet, dlib, none, or a state-dict file
    loss_func: nn.Module | None = None,  # default: cross entropy against the class, or against the votes
    **kwargs,  # see `_learner`
) -> Learner:
    """A Learner for nine classes: faces [n, c, h, w] to logits [n, 9]. Frozen up to the head where weights are given."""
    if dls.target not in ("class", "votes"):
        raise EmofastError(
            f"emotion_learner learns classes or votes, and these dls hold target={dls.target!r}; use va_learner or multitask_learner."
        )
    loss_func = loss_func or (VotesLoss() if dls.target == "votes" else ClassLoss())
    return _learner(dls, arch, dls.target, N, weights, loss_func, _class_metrics(), **kwargs)


def va_learner(dls: DataLoaders, arch: str, weights: str = IMAGENET, loss_func: nn.Module | None = None, **kwargs) -> Learner:
    """A Learner for valence and arousal: faces [n, c, h, w] to points [n, 2] in (-1, 1). For `get_dls(target='va')`."""
    if dls.target != "va":
        raise EmofastError(f"va_learner learns valence and arousal, and these dls hold target={dls.target!r}; use get_dls(target='va').")
    return _learner(dls, arch, "va", 2, weights, loss_func or VALoss(), _va_metrics(), **kwargs)


def multitask_learner(dls: DataLoaders, arch: str, weights: str = IMAGENET, loss_func: nn.Module | None = None, **kwargs) -> Learner:
    """A Learner for both: faces [n, c, h, w] to nine logits and a point, [n, 11]. For `get_dls(target='class+va')`."""
    if dls.target != "class+va":
        raise EmofastError(f"multitask_learner learns both, and these dls hold target={dls.target!r}; use get_dls(target='class+va').")
    return _learner(dls, arch, "class+va", N + 2, weights, loss_func or ClassVALoss(), _class_metrics() + _va_metrics(), **kwargs)


def _learner(
    dls: DataLoaders,
    arch: str,
    target: Target,
    n_out: int,
    weights: str,
    loss_func: nn.Module,
    metrics: list[Metric],
    split: str = "head",  # 'head': body and head; 'stages': stem, each stage, head (for discriminative rates)
    drop: float = 0.0,  # dropout before the classifier
    opt_func: Callable = Adam,  # fastai's Adam decouples the weight decay: it is AdamW
    wd: float = 0.05,
    cbs: list[Callback] | None = None,
) -> Learner:
    if split not in SPLITTERS:
        raise EmofastError(f"unknown split {split!r}; the splits are {', '.join(SPLITTERS)}.")
    weights = usable_weights(arch, weights)
    net = create_network(arch, n_out, dls.channels, weights, drop)
    if weights == DLIB:
        calibrate(net, torch.cat([batch[0].as_subclass(torch.Tensor).cpu() for batch, _ in zip(dls.valid, range(4))]))
    model = nn.Sequential(net, VAOutput()) if target in ("va", "class+va") else net
    cbs = [*precision_callbacks(choose_precision(dls.device)), *(cbs or [])]
    learn = Learner(
        dls, model.to(dls.device), loss_func=loss_func, opt_func=opt_func, splitter=SPLITTERS[split], metrics=metrics, wd=wd, cbs=cbs
    )
    mean, std = dls.stats
    learn.spec = NetworkSpec(arch=arch, size=dls.size, channels=dls.channels, mean=mean, std=std, target=target)
    learn.weights = weights
    if weights != NONE:
        learn.freeze()
    return learn
