"""`get_dls`: ordinary fastai DataLoaders of the frozen split, fed from the decoded-picture cache."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from fastai.data.core import DataLoaders, Datasets
from fastai.data.transforms import IntToFloatTensor
from fastai.torch_core import default_device

from emofast.console import warn
from emofast.data.augmentation import QuickNormalize, face_augmentation
from emofast.data.batches import ITEMS, TARGETS, FacesDL, ReadFace, RowOf
from emofast.data.cache import JoinedCache, cached_faces, evenly, training_faces
from emofast.data.competition import Competition, open_data, target_va, vote_shares
from emofast.data.split import duplicate_groups, frozen_split
from emofast.emotions import N
from emofast.errors import EmofastError
from emofast.nets.spec import IMAGENET_STATS, Target


def _target_values(data: Competition, target: Target, votes: np.ndarray | None) -> np.ndarray:
    """What one row of train.csv is learned as: class int64 [n], shares [n, 9], point [n, 2] or both [n, 11], float32."""
    if target == "class":
        return data.labels
    if target == "votes":
        return (vote_shares(data, single_votes=True) if votes is None else votes).astype(np.float32)
    if target == "va":
        return target_va(data)
    if target == "class+va":
        return np.concatenate([np.eye(N, dtype=np.float32)[data.labels], target_va(data)], axis=1)
    raise EmofastError(f"unknown target {target!r}; the targets are {', '.join(TARGETS)}.")


def get_dls(
    data: Competition | str | Path | None = None,  # a data set's folder, "sample", or what `read_competition` gives; None: data/skillbox
    size: int = 64,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    target: Target = "class",  # what is learned: class, votes, va or class+va
    channels: int = 3,  # 3 RGB, 1 grey
    augment: Sequence | None = None,  # batch transforms for training; None: `face_augmentation()`
    votes: np.ndarray | None = None,  # for target="votes": shares to learn, [n, 9] by row of train.csv; None: the data set's own
    pseudo: np.ndarray | None = None,  # for "votes": shares of the test pictures, [n_test, 9], to train on those that train.csv has not
    balance: float = 0.0,  # oversampling: 1 shows every class equally often in an epoch, 0 as often as it occurs
    held_out: np.ndarray | None = None,  # bool [n]: training rows to validate on, and not to train on, in place of the split's
    device: str | torch.device | None = None,
) -> DataLoaders:
    """Training and validation DataLoaders of the frozen split; batches are (faces, target).

    Faces arrive normalised, float32 [bs, channels, size, size], whatever the size. The target is one tensor: class int64 [bs], votes
    float32 [bs, 9] (the class where the data set has none), valence-arousal [bs, 2], or class shares and valence-arousal [bs, 11].
    Pictures that cannot be read are left out and counted. Raises `EmofastError` for data that cannot be trained on.
    """
    data = open_data(data)
    cache = training_faces(data, size, channels)
    values, labels = _target_values(data, target, votes), data.labels
    if pseudo is not None:
        cache = JoinedCache(cache, cached_faces(data.test_pictures, data.test_names, size, channels, "test pictures"))
        values, labels = np.concatenate([values, pseudo.astype(np.float32)]), np.concatenate([labels, pseudo.argmax(1)])
    train, valid = _split_rows(data, cache.readable, held_out)
    if len(train) < bs:
        warn(f"{data.name} has {len(train)} training pictures, fewer than a batch of {bs}: training in batches of {len(train)}")
        bs = len(train)
    tfms = [[ReadFace(cache, size, channels)], [RowOf(values), TARGETS[target]()]]
    splits = [range(len(train)), range(len(train), len(train) + len(valid))]
    dsets = Datasets(np.concatenate([train, valid]).tolist(), tfms, splits=splits, n_inp=1)
    dsets.tls[0].types[0] = ITEMS  # what `predict` and `test_dl` accept; fastai notes only the type of the rows
    mean, std = IMAGENET_STATS[channels]
    augment = face_augmentation() if augment is None else augment
    after_batch = [IntToFloatTensor(), *augment, QuickNormalize.from_stats(mean, std, cuda=False)]
    device = torch.device(device or default_device())
    dls = dsets.dataloaders(bs=bs, dl_type=FacesDL, after_batch=after_batch, num_workers=0, device=device, drop_last=True)
    if balance:
        chances = np.bincount(labels[train], minlength=N)[labels[train]] ** -float(balance)
        dls.train.chances = chances / chances.sum()
    dls.size, dls.channels, dls.stats, dls.target = size, channels, (mean, std), target
    return dls


def get_test_dl(dls: DataLoaders, data: Competition) -> tuple[FacesDL, np.ndarray]:
    """The test pictures as a DataLoader that treats them as `dls.valid` treats its own, and which of them are readable.

    Order as in sample_submission.csv; batches are (faces,). Second: bool [n_test].
    """
    cache = cached_faces(data.test_pictures, data.test_names, dls.size, dls.channels, "test pictures")
    # split 1 is validation's: without it fastai would apply the transforms of training too
    dsets = Datasets(list(range(len(cache))), [[ReadFace(cache, dls.size, dls.channels)]], n_inp=1, split_idx=1)
    return dls.valid.new(dsets, shuffle=False, drop_last=False), cache.readable


def _split_rows(data: Competition, readable: np.ndarray, held_out: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows of train.csv to train and to validate on, without the unreadable ones, which are counted. Rows of `readable` beyond them are
    test pictures to train on: those of which train.csv has no copy, which would bring pictures of validation into training."""
    n, more = len(data.labels), np.zeros(0, np.int64)
    if len(readable) > n:
        groups = duplicate_groups((data.train_pictures, data.train_names), (data.test_pictures, data.test_names))
        more, readable = n + np.flatnonzero(readable[n:] & (groups[n:] >= n)), readable[:n]
    bad = np.flatnonzero(~readable)
    if len(bad):
        warn(f"{data.name}: {len(bad)} training pictures cannot be read and are left out, first {data.train_names[bad[0]]}")
    is_valid = frozen_split(data)
    held_out = is_valid if held_out is None else held_out
    train, valid = np.flatnonzero(~is_valid & ~held_out & readable), np.flatnonzero(held_out & readable)
    if not len(train) or not len(valid) or len(np.unique(data.labels[train])) < 2:
        raise EmofastError(
            f"{data.folder} leaves {len(train)} readable training and {len(valid)} validation pictures "
            "of at least two classes; that is too few."
        )
    train = np.concatenate([train, more])
    return train if data.max_rows is None else evenly(train, data.max_rows), valid
