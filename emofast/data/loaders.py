"""`get_dls`: ordinary fastai DataLoaders of the frozen split, fed from the decoded-picture cache."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from fastai.data.core import DataLoaders, Datasets
from fastai.data.transforms import IntToFloatTensor, Normalize
from fastai.torch_core import default_device
from fasttransform import Transform

from emofast.console import warn
from emofast.data.augmentation import face_augmentation
from emofast.data.batches import FacesDL, ReadFace, RowOf, ToClass, ToShown
from emofast.data.cache import cached_faces
from emofast.data.competition import Competition
from emofast.data.split import frozen_split
from emofast.emotions import CENTRES, EMOTIONS
from emofast.errors import EmofastError
from emofast.nets.spec import IMAGENET_STATS, Target

__all__ = ["get_dls", "get_test_dl", "target_va"]


def target_va(comp: Competition) -> np.ndarray:
    """Valence and arousal to learn, float32 [n, 2]: the truth where it is known, else the vote-weighted mean of the class
    centres, else the centre of the class."""
    if comp.va is not None:
        return comp.va
    centres = np.asarray(CENTRES, np.float32)
    return comp.votes @ centres if comp.votes is not None else centres[comp.labels]


def _target_tfms(comp: Competition, target: Target, votes: np.ndarray | None) -> list[list[Transform]]:
    """The class always comes first, so that metrics find it in the same place whatever is learned."""
    label = [RowOf(comp.labels), ToClass()]
    if target == "class":
        return [label]
    if target == "votes":
        votes = comp.votes if votes is None else votes
        if votes is None:
            raise EmofastError(f"{comp.folder} has no train_votes.csv, and target='votes' learns from it; use target='class'.")
        return [label, [RowOf(votes.astype(np.float32)), ToShown()]]
    if target in ("va", "class+va"):
        return [label, [RowOf(target_va(comp)), ToShown()]]
    raise EmofastError(f"unknown target {target!r}; the targets are class, votes, va and class+va.")


def get_dls(
    comp: Competition,  # from `read_competition`
    size: int = 64,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    target: Target = "class",  # what is learned
    channels: int = 3,  # 3 RGB, 1 grey
    augment: Sequence | None = None,  # batch transforms for training; None: `face_augmentation()`
    votes: np.ndarray | None = None,  # for target='votes': shares to learn, [n, 9] by row of train.csv; None: the data set's own
    balance: float = 0.0,  # oversampling: 1 shows every class equally often in an epoch, 0 as often as it occurs
    held_out: np.ndarray | None = None,  # bool [n]: training rows to validate on, and not to train on, in place of the split's
    max_rows: int | None = None,  # train on that many pictures at most (quick looks), drawn evenly
    device: str | torch.device | None = None,
) -> DataLoaders:
    """Training and validation DataLoaders of the frozen split; batches are (faces, class[, votes or valence-arousal]).

    Faces arrive normalised, float32 [bs, channels, size, size], whatever the size; class is int64 [bs], votes float32
    [bs, 9], valence-arousal float32 [bs, 2]. Pictures that cannot be read are left out and counted aloud.
    Raises `EmofastError` for data that cannot be trained on.
    """
    cache = cached_faces(comp.train_pictures, comp.train_names, size, channels, "training pictures")
    train, valid = _split_rows(comp, cache.readable, held_out, max_rows)
    if len(train) < bs:
        warn(f"{comp.name} has {len(train)} training pictures, fewer than a batch of {bs}: training in batches of {len(train)}")
        bs = len(train)
    tfms = [[ReadFace(cache, size, channels)], *_target_tfms(comp, target, votes)]
    dsets = Datasets(np.concatenate([train, valid]), tfms, splits=[range(len(train)), range(len(train), len(train) + len(valid))], n_inp=1)
    dsets.tls[0].types[0] = (np.integer, np.ndarray, bytes)  # so that an exported learner's `predict` takes pictures too
    mean, std = IMAGENET_STATS[channels]
    augment = face_augmentation() if augment is None else augment
    after_batch = [IntToFloatTensor(), *augment, Normalize.from_stats(mean, std, cuda=False)]
    dls = dsets.dataloaders(
        bs=bs,
        dl_type=FacesDL,
        after_batch=after_batch,
        num_workers=0,
        device=torch.device(device or default_device()),
        drop_last=True,
    )
    if balance:
        chances = np.bincount(comp.labels[train], minlength=len(EMOTIONS))[comp.labels[train]] ** -float(balance)
        dls.train.chances = chances / chances.sum()
    dls.size, dls.channels, dls.stats, dls.target = size, channels, (mean, std), target
    return dls


def get_test_dl(dls: DataLoaders, comp: Competition) -> tuple[FacesDL, np.ndarray]:
    """The test pictures as a DataLoader that treats them as `dls.valid` treats its own, and which of them are readable.

    Order as in sample_submission.csv; batches are (faces,). Second: bool [n_test].
    """
    cache = cached_faces(comp.test_pictures, comp.test_names, dls.size, dls.channels, "test pictures")
    # split 1 is validation's: without it fastai would apply the transforms of training too
    dsets = Datasets(np.arange(len(cache)), [[ReadFace(cache, dls.size, dls.channels)]], n_inp=1, split_idx=1)
    return dls.valid.new(dsets, shuffle=False, drop_last=False), cache.readable


def _split_rows(
    comp: Competition, readable: np.ndarray, held_out: np.ndarray | None, max_rows: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of train.csv to train and to validate on, without the unreadable ones, which are told."""
    bad = np.flatnonzero(~readable)
    if len(bad):
        warn(f"{comp.name}: {len(bad)} training pictures cannot be read and are left out, first {comp.train_names[bad[0]]}")
    is_valid = frozen_split(comp)
    held_out = is_valid if held_out is None else held_out
    train, valid = np.flatnonzero(~is_valid & ~held_out & readable), np.flatnonzero(held_out & readable)
    if max_rows is not None and len(train) > max_rows:
        train = train[np.linspace(0, len(train) - 1, max_rows).round().astype(int)]
    if not len(train) or not len(valid) or len(np.unique(comp.labels[train])) < 2:
        raise EmofastError(
            f"{comp.folder} leaves {len(train)} readable training and {len(valid)} validation pictures "
            "of at least two classes; that is too few."
        )
    return train, valid
