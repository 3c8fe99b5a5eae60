"""`get_dls`: ordinary fastai DataLoaders whose batches come from the decoded-picture cache in one read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from fastai.data.core import DataLoaders, Datasets, TfmdDL
from fastai.data.transforms import Category, IntToFloatTensor, Normalize
from fastai.torch_core import TensorBase, TensorCategory, TensorImage, default_device, show_title
from fastai.vision.augment import aug_transforms
from fasttransform import Transform

from emofast.console import warn
from emofast.data.cache import PixelCache, cached_faces
from emofast.data.competition import Competition
from emofast.data.decode import decode_face
from emofast.data.split import frozen_split
from emofast.emotions import CENTRES, EMOTIONS
from emofast.errors import EmofastError
from emofast.faces import prepare_face
from emofast.network import Target

__all__ = ["IMAGENET", "FacesDL", "face_augmentation", "get_dls", "get_test_dl", "target_va"]

# Mean and spread of ImageNet's RGB, and of its grey values: what pretrained weights expect.
IMAGENET = {3: ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), 1: ((0.449,), (0.226,))}


class ReadFace(Transform):
    """An item into a face: a row of the cache (int), a picture's bytes, or a uint8 grey or BGR array."""

    def __init__(self, cache: PixelCache | None, size: int, channels: int):
        self.cache, self.size, self.channels = cache, size, channels

    def encodes(self, item):
        if isinstance(item, bytes):
            face = decode_face(item, self.size, self.channels)
        elif isinstance(item, np.ndarray):
            face = prepare_face(item, self.size, self.channels)
        else:
            face = self.cache.rows([item])[0]
        return TensorImage(torch.from_numpy(face))

    def __getstate__(self):
        # An exported learner predicts arrays on another machine, where this cache does not exist.
        return {**self.__dict__, "cache": None}


class RowOf(Transform):
    """A training row's value from an array."""

    def __init__(self, values: np.ndarray):
        self.values = values

    def encodes(self, row):
        return self.values[row]

    def __getstate__(self):
        return {**self.__dict__, "values": self.values[:0]}  # labels stay with the data


class ToClass(Transform):
    """Index into `EMOTIONS` into fastai's category and back."""

    vocab = list(EMOTIONS)

    def encodes(self, index):
        return TensorCategory(int(index))

    def decodes(self, index: TensorCategory):
        return Category(self.vocab[int(index)])


class Shown(TensorBase):
    """Numbers of a target that `show_batch` writes above the picture."""

    def show(self, ctx=None, **kwargs):
        values = self.tolist()
        if len(values) == len(EMOTIONS):
            text = f"votes: {EMOTIONS[values.index(max(values))]} {max(values):.0%}"
        else:
            text = "valence {:.2f}, arousal {:.2f}".format(*values)
        return show_title(text, ctx=ctx, **kwargs)


class ToShown(Transform):
    """float32 numbers into a `Shown` tensor."""

    def encodes(self, values):
        return Shown(torch.as_tensor(np.asarray(values, np.float32)))


class FacesDL(TfmdDL):
    """A fastai DataLoader that reads a whole batch of cache rows at once; other items go the usual way, one by one.

    Item by item, 64 pictures cost 64 Python calls and a collate: nearly as much as the training step of a small network.
    """

    def do_item(self, s):
        return s or 0 if self._in_cache else super().do_item(s)

    def do_batch(self, b):
        if not self._in_cache:
            return super().do_batch(b)
        rows = self.dataset.items[b] if isinstance(self.dataset.items, np.ndarray) else np.array([self.dataset.items[i] for i in b])
        faces, *targets = self.dataset.tls
        reader = next(t for t in faces.tfms.fs if isinstance(t, ReadFace))
        batch = [TensorImage(torch.from_numpy(reader.cache.rows(rows)))]
        batch += [_target_batch(t, rows) for t in targets]
        return tuple(batch)

    @property
    def _in_cache(self) -> bool:
        items = getattr(self.dataset, "items", ())
        return len(items) > 0 and isinstance(items[0], (int, np.integer))


def _target_batch(tl, rows: np.ndarray):
    values = next(t for t in tl.tfms.fs if isinstance(t, RowOf)).values[rows]
    return TensorCategory(torch.from_numpy(values)) if values.dtype.kind == "i" else Shown(torch.from_numpy(values))


def face_augmentation(strength: float = 1.0) -> list:
    """fastai's batch augmentation within what leaves an expression readable: mirror, small turn, zoom, shift, light.

    `strength` scales turn, zoom and light; 0 keeps the mirror only. A face is never turned upside down or sheared.
    """
    if not strength:
        return aug_transforms(max_rotate=0, min_zoom=1, max_zoom=1, max_lighting=0, max_warp=0, p_affine=0, p_lighting=0)
    return aug_transforms(
        max_rotate=12 * strength,
        min_zoom=1 - 0.1 * strength,
        max_zoom=1 + 0.15 * strength,
        max_lighting=0.25 * strength,
        max_warp=0,
        p_affine=0.9,
        p_lighting=0.75,
        pad_mode="border",
    )


def target_va(comp: Competition) -> np.ndarray:
    """Valence and arousal to learn, float32 [n, 2]: the truth where it is known, else the vote-weighted mean of the class
    centres, else the centre of the class."""
    if comp.va is not None:
        return comp.va
    centres = np.asarray(CENTRES, np.float32)
    return comp.votes @ centres if comp.votes is not None else centres[comp.labels]


def _target_tfms(comp: Competition, target: Target) -> list[list[Transform]]:
    """The class always comes first, so that metrics find it in the same place whatever is learned."""
    label = [RowOf(comp.labels), ToClass()]
    if target == "class":
        return [label]
    if target == "votes":
        if comp.votes is None:
            raise EmofastError(f"{comp.folder} has no train_votes.csv, and target='votes' learns from it; use target='class'.")
        return [label, [RowOf(comp.votes), ToShown()]]
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
    max_rows: int | None = None,  # train on that many pictures at most (quick looks), drawn evenly
    device: str | torch.device | None = None,
    num_workers: int = 0,  # batches are read so fast that a worker costs more than it saves
) -> DataLoaders:
    """Training and validation DataLoaders of the frozen split; batches are (faces, class[, votes or valence-arousal]).

    Faces arrive normalised, float32 [bs, channels, size, size], whatever the size; class is int64 [bs], votes float32
    [bs, 9], valence-arousal float32 [bs, 2]. Pictures that cannot be read are left out and counted aloud.
    Raises `EmofastError` for data that cannot be trained on.
    """
    is_valid = frozen_split(comp)
    cache = cached_faces(comp.train_pictures, comp.train_names, size, channels, "training pictures")
    train, valid = np.flatnonzero(~is_valid & cache.readable), np.flatnonzero(is_valid & cache.readable)
    _tell_unreadable(comp, cache)
    if max_rows is not None and len(train) > max_rows:
        train = train[np.linspace(0, len(train) - 1, max_rows).round().astype(int)]
    if not len(train) or not len(valid) or len(np.unique(comp.labels[train])) < 2:
        raise EmofastError(
            f"{comp.folder} leaves {len(train)} readable training and {len(valid)} validation pictures "
            "of at least two classes; that is too few."
        )
    if len(train) < bs:
        warn(f"{comp.name} has {len(train)} training pictures, fewer than a batch of {bs}: training in batches of {len(train)}")
        bs = len(train)
    tfms = [[ReadFace(cache, size, channels)], *_target_tfms(comp, target)]
    dsets = Datasets(np.concatenate([train, valid]), tfms, splits=[range(len(train)), range(len(train), len(train) + len(valid))], n_inp=1)
    dsets.tls[0].types[0] = (np.integer, np.ndarray, bytes)  # so that an exported learner's `predict` takes pictures too
    mean, std = IMAGENET[channels]
    augment = face_augmentation() if augment is None else list(augment)
    normalize = Normalize.from_stats(mean, std, cuda=False)
    after_batch = [IntToFloatTensor(), *augment, normalize]
    dls = dsets.dataloaders(
        bs=bs,
        dl_type=FacesDL,
        after_batch=after_batch,
        num_workers=num_workers,
        device=torch.device(device or default_device()),
        drop_last=True,
    )
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


def _tell_unreadable(comp: Competition, cache: PixelCache) -> None:
    bad = np.flatnonzero(~cache.readable)
    if len(bad):
        warn(f"{comp.name}: {len(bad)} training pictures cannot be read and are left out, first {comp.train_names[bad[0]]}")
