"""Items of a data set into batches of tensors: fastai transforms, and a DataLoader that reads a whole batch at once."""

from __future__ import annotations

import numpy as np
import torch
from fastai.data.core import TfmdDL
from fastai.data.transforms import Category
from fastai.torch_core import TensorBase, TensorCategory, TensorImage, show_title
from fasttransform import Transform

from emofast.data.cache import PixelCache
from emofast.data.decode import decode_face
from emofast.emotions import EMOTIONS
from emofast.faces import prepare_face

__all__ = ["FacesDL", "ReadFace", "RowOf", "ToClass", "ToShown"]


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
    `chances`: how often each item is drawn in an epoch, float [n] summing to 1, with replacement; None: each once.
    """

    def __init__(self, dataset=None, chances: np.ndarray | None = None, **kwargs):
        super().__init__(dataset=dataset, **kwargs)
        self.chances = chances

    def get_idxs(self):
        if self.chances is None or not self.shuffle:
            return super().get_idxs()
        return np.random.choice(self.n, self.n, p=self.chances).tolist()

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
