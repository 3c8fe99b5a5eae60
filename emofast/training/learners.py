"""The learner factory, in the shape of fastai's `vision_learner`: data first, architecture second, one Learner back."""

from collections.abc import Callable, Sequence
from pathlib import Path

import fastai.callback.schedule
import fastai.interpret
import fastai.vision.learner  # noqa: F401  teaches it to show pictures with their predictions
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.metrics import AccumMetric, F1Score, accuracy
from fastcore.foundation import L
from torch import nn

from emofast.emotions import N
from emofast.errors import EmofastError
from emofast.nets.dlib_face import calibrate
from emofast.nets.groups import VAOutput, split_head, split_stages
from emofast.nets.heads import ClassPointLoss, Elect, PointLoss, cross_entropy
from emofast.nets.pretrained import FACES, create_network
from emofast.nets.spec import NetworkSpec
from emofast.training.metrics import ccc
from emofast.training.optimizer import FusedAdam
from emofast.training.precision import Autocast, ScaledGradients, choose_precision


class CCC(AccumMetric):
    """Concordance correlation of valence (`axis` 0) or arousal (1) over the whole set; needs `Elect`."""

    def __init__(self, axis: int):
        super().__init__(ccc, to_np=True, name=("ccc_valence", "ccc_arousal")[axis])
        self.axis = axis

    def accumulate(self, learn):
        self.accum_values(learn.elect.outputs[:, self.axis - 2], learn.elect.target[:, self.axis - 2], learn)


SPLITTERS = {"head": split_head, "stages": split_stages}


def emotion_learner(
    dls: DataLoaders,  # from `get_dls`; its target decides what the network puts out
    arch: str,  # timm's name, with its tag for particular weights, or one of emofast's own
    weights: str = "none",  # imagenet, dlib, sface, vggface2, none, or a state-dict file
    loss_func: Callable | None = None,  # default: cross entropy for classes and votes, squared error for valence and arousal
    split: str = "head",  # 'head': body and head; 'stages': stem, each stage, head (for discriminative rates)
    drop: float = 0.0,  # dropout before the classifier
    opt_func: Callable = FusedAdam,  # AdamW; or fastai's own, or `muon`
    wd: float = 0.05,
    metrics: Callable | Sequence | None = None,  # fastai's or your own; default: accuracy and macro F1, or the CCC of valence and arousal
    cbs: Callback | Sequence[Callback] = (),
    **options,  # of timm's network, as patch_size=2 of a ConvNeXt
) -> Learner:
    """A Learner for faces [n, c, h, w]: to nine logits; for `target="va"` to a point in (-1, 1); for "class+va" to both, [n, 11].

    Every layer trains; `fine_tune` freezes the body for its first fit by itself. Raises `EmofastError` for weights that cannot be had.
    """
    if split not in SPLITTERS:
        raise EmofastError(f"unknown split {split!r}; the splits are {', '.join(SPLITTERS)}.")
    has_class, has_point = dls.target != "va", dls.target in ("va", "class+va")
    model = create_network(arch, N * has_class + 2 * has_point, dls.channels, weights, drop, **options)
    if weights in FACES and FACES[weights].folded:
        calibrate(model, torch.cat([batch[0].as_subclass(torch.Tensor).cpu() for batch, _ in zip(dls.valid, range(4))]))
    if has_point:
        model = nn.Sequential(model, VAOutput())
    if loss_func is None:
        loss_func = {"va": PointLoss, "class+va": ClassPointLoss}.get(dls.target, cross_entropy)()
    if metrics is None:
        metrics = [accuracy, F1Score(average="macro")] * has_class + [CCC(0), CCC(1)] * has_point
    scaled = [ScaledGradients()] if choose_precision(dls.device).name == "fp16" else []
    cbs = [Elect(), Autocast(), *scaled, *L(cbs)]
    learn = Learner(dls, model.to(dls.device), loss_func, opt_func, splitter=SPLITTERS[split], metrics=metrics, wd=wd, cbs=cbs)
    mean, std = dls.stats
    learn.spec = NetworkSpec(arch=arch, size=dls.size, channels=dls.channels, mean=mean, std=std, target=dls.target)
    learn.weights = Path(weights).name  # no path of this machine goes into an exported learner
    return learn
