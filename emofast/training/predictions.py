"""From a trained Learner to arrays: predictions with or without flip test-time augmentation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from fastai.data.load import DataLoader
from fastai.learner import Learner

from emofast.emotions import N
from emofast.training.decoding import GaussianDecoder, weighted_mean
from emofast.training.memory import keep_memory
from emofast.training.precision import choose_precision


@dataclass
class Predictions:
    """`probabilities` float32 [n, 9]; `va` float32 [n, 2]: the network's own, or the probability-weighted mean."""

    probabilities: np.ndarray
    va: np.ndarray


@torch.inference_mode()
def raw_outputs(learn: Learner, dl: DataLoader, tta: bool = False) -> np.ndarray:
    """Activated outputs of the network, float32 [n, k]; with `tta` the mean over each face and its mirror image.

    In the number format the network is trained in, its depthwise convolutions too, which a fit leaves in fp32 on a processor. A mirrored
    face shows the same emotion, so the two views are equals; fastai's `learn.tta` averages random augmentations and needs a seed.
    """
    model, device = learn.model.eval(), next(learn.model.parameters()).device
    half = choose_precision(device).name == "bf16"
    if device.type == "cpu":
        keep_memory()
    activate = getattr(learn.loss_func, "activation", torch.nn.Identity())
    outputs = []
    for batch in dl:
        x = batch[0].as_subclass(torch.Tensor).to(device).contiguous(memory_format=torch.channels_last)
        views = (x, x.flip(-1)) if tta else (x,)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            seen = [model(v) for v in views]
        outputs.append(torch.stack([activate(s.float()) for s in seen]).mean(0).cpu())
    return torch.cat(outputs).numpy()


@contextmanager
def training_dl(learn: Learner) -> Iterator[DataLoader]:
    """The training pictures as validation sees its own: in order, all of them, without augmentation."""
    pictures = learn.dls.train.dataset
    with pictures.set_split_idx(1):
        yield learn.dls.valid.new(pictures, shuffle=False, drop_last=False)


def fit_decoder(learn: Learner, labels: np.ndarray) -> GaussianDecoder | None:
    """For a valence-arousal network, where it puts the classes of the training pictures; None for others. `labels`: int [rows]."""
    if learn.spec.target != "va":
        return None
    with training_dl(learn) as dl:
        return GaussianDecoder().fit(raw_outputs(learn, dl), labels[dl.dataset.items])


def predict(learn: Learner, dl: DataLoader, tta: bool = False, decoder: GaussianDecoder | None = None) -> Predictions:
    """Predictions for every picture of `dl`, in its order. A valence-arousal network needs its `decoder` (`fit_decoder`)."""
    outputs = raw_outputs(learn, dl, tta)
    if learn.spec.target == "va":
        return Predictions(decoder.probabilities(outputs), outputs)
    probabilities = outputs[:, :N]
    va = outputs[:, N:] if learn.spec.target == "class+va" else weighted_mean(probabilities)
    return Predictions(probabilities, va.astype(np.float32))
