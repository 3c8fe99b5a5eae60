"""Items of a data set into batches of tensors: fastai transforms, and a DataLoader that reads a whole batch at once."""

import math
from pathlib import Path
from weakref import WeakValueDictionary

import cv2
import fastai.interpret
import fastai.vision.learner  # noqa: F401  their own `show_results` and `plot_top_losses` must be registered before the ones below
import numpy as np
import torch
from fastai.data.core import TfmdDL
from fastai.data.transforms import Categorize, Category
from fastai.torch_core import TensorBase, TensorCategory, TensorImage, show_title
from fastai.vision.data import get_grid
from fasttransform import Transform
from PIL import Image
from plum import dispatch

from emofast.data.cache import CHUNK, JoinedCache, PixelCache
from emofast.data.pictures import Unreadable, decode_face
from emofast.emotions import EMOTIONS, N
from emofast.errors import EmofastError
from emofast.faces import prepare_face

ITEMS = (np.integer, int, str, Path, bytes, np.ndarray, Image.Image)
"""What `learn.predict` and `dls.test_dl` take: a row of train.csv, a picture's file, its bytes, a uint8 grey or BGR array, a PIL image."""


class ReadFace(Transform):
    """One of `ITEMS` into a face, a uint8 TensorImage [channels, size, size]."""

    def __init__(self, cache: PixelCache | None, size: int, channels: int):
        self.cache, self.size, self.channels = cache, size, channels
        self.on_gpu: torch.Tensor | bool | None = None  # of the cache; False: no room for it; None: not asked yet

    def encodes(self, item):
        cached = isinstance(item, np.integer | int)
        return TensorImage(torch.from_numpy(self.cache.rows([item])[0] if cached else self._prepare(item)))

    def batch(self, rows: np.ndarray, device: torch.device) -> TensorImage:
        """Faces of these rows of the cache, uint8 [n, channels, size, size]. A GPU that has room for it holds the whole cache, copied at
        the first batch: then the pictures of no later one pass through the processor."""
        if self.on_gpu is None:
            self.on_gpu = store_on_gpu(self.cache, device)
        if self.on_gpu is False:
            return TensorImage(torch.from_numpy(self.cache.rows(rows)))
        return TensorImage(self.on_gpu[torch.from_numpy(rows).to(device)])

    def _prepare(self, item) -> np.ndarray:
        if isinstance(item, str | Path):
            try:
                return decode_face(Path(item).read_bytes(), self.size, self.channels)
            except (OSError, Unreadable) as e:
                raise EmofastError(f"{item} cannot be read as a picture ({e}); give the path of a picture file.") from None
        if isinstance(item, bytes):
            return decode_face(item, self.size, self.channels)
        if isinstance(item, Image.Image):
            item = cv2.cvtColor(np.asarray(item.convert("RGB")), cv2.COLOR_RGB2BGR)
        return prepare_face(item, self.size, self.channels)

    def __getstate__(self):
        # An exported learner predicts pictures on another machine, where this cache does not exist.
        return {**self.__dict__, "cache": None, "on_gpu": None}


_STORES: WeakValueDictionary[tuple, torch.Tensor] = WeakValueDictionary()
"""Pictures on GPUs by cache and device, while a loader uses them: loaders of one cache share them."""


def store_on_gpu(cache: PixelCache | JoinedCache, device: torch.device) -> torch.Tensor | bool:
    """All pictures of a cache in a GPU's memory, copied piece by piece; False where it has no room for them."""
    key = (*cache.folders, str(device))
    if (store := _STORES.get(key)) is None:
        held = sum(s.nbytes for (*_, where), s in _STORES.items() if where == str(device))
        if not has_room(device, math.prod(cache.shape), held):
            return False
        store = torch.empty(cache.shape, dtype=torch.uint8, device=device)
        for start in range(0, len(store), CHUNK):
            store[start : start + CHUNK] = torch.from_numpy(cache.rows(slice(start, start + CHUNK)))
        _STORES[key] = store
    return store


def has_room(device: torch.device, nbytes: int, held: int) -> bool:
    """Whether a GPU that holds pictures of `held` bytes can hold `nbytes` more, and still has half of its memory to train in; False for a
    processor."""
    return device.type == "cuda" and held + nbytes <= (torch.cuda.mem_get_info(device)[0] + held) / 2


class RowOf(Transform):
    """A training row's value from an array."""

    def __init__(self, values: np.ndarray):
        self.values = values

    def encodes(self, row):
        return self.values[row]

    def __getstate__(self):
        return {**self.__dict__, "values": self.values[:0]}  # labels stay with the data


class Shares(TensorCategory):
    """A class target that is nine shares of annotators, [..., 9], or those, then valence and arousal, [..., 11]; fastai's display functions
    treat it as the class that leads."""


class Point(TensorBase):
    """Valence and arousal, [..., 2]."""

    def show(self, ctx=None, **kwargs):
        return show_title("valence {:.2f}, arousal {:.2f}".format(*self.tolist()), ctx=ctx, **kwargs)


@dispatch
def show_results(x: TensorImage, y: Point, samples, outs, ctxs=None, max_n=10, nrows=None, ncols=None, figsize=None, **kwargs):
    """fastai's `learn.show_results` for points: under each picture the target, then what the network says."""
    ctxs = ctxs or get_grid(min(len(samples), max_n), nrows=nrows, ncols=ncols, figsize=figsize)
    for ctx, (face, point), (out, *_) in zip(ctxs, samples, outs):
        face.show(ctx=ctx, **kwargs)
        ctx.set_title("{:.2f}, {:.2f}\n{:.2f}, {:.2f}".format(*point.tolist(), *out.tolist()))
    return ctxs


@dispatch
def plot_top_losses(x: TensorImage, y: Point, samples, outs, raws, losses, nrows=None, ncols=None, figsize=None, **kwargs):
    """fastai's `Interpretation.plot_top_losses` for points."""
    axes = get_grid(len(samples), nrows=nrows, ncols=ncols, figsize=figsize, title="Prediction/Actual/Loss")
    for ax, (face, point), (out, *_), loss in zip(axes, samples, outs, losses):
        face.show(ctx=ax, **kwargs)
        ax.set_title("{:.2f}, {:.2f} / {:.2f}, {:.2f} / {:.2f}".format(*out.tolist(), *point.tolist(), loss.item()))


class ToClass(Categorize):
    """Index into `EMOTIONS` into fastai's category and back."""

    tensor = TensorCategory

    def __init__(self):
        super().__init__(vocab=list(EMOTIONS), sort=False)

    def encodes(self, index):
        return TensorCategory(int(index))


class ToShares(ToClass):
    """Shares of annotators, with or without a point, into a tensor; shown, and compared with predictions, as the class that leads."""

    tensor = Shares

    def encodes(self, shares):
        return self.tensor(torch.from_numpy(shares))

    def decodes(self, target):
        index = target if target.ndim == 0 else target[:N].argmax()
        return Category(self.vocab[int(index)])


class ToPoint(Transform):
    """Valence and arousal into a tensor that shows itself."""

    tensor = Point

    def encodes(self, va):
        return Point(torch.from_numpy(va))

    def decodes(self, va):
        return Point(va)


TARGETS = {"class": ToClass, "votes": ToShares, "va": ToPoint, "class+va": ToShares}
"""What `get_dls(target=...)` can hold: always one tensor a picture."""


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

    def create_batches(self, samps):
        if len(self.dataset) and isinstance(self.dataset.items[0], np.integer | int):
            return map(self.read, self.chunkify(samps))
        return super().create_batches(samps)

    def read(self, indices: list[int]) -> tuple:
        """The batch of these items, all of them rows of the cache."""
        rows = np.asarray([self.dataset.items[i] for i in indices])
        faces, *targets = self.dataset.tls
        reader = next(t for t in faces.tfms.fs if isinstance(t, ReadFace))
        numbers = (to_tensor.tensor(torch.from_numpy(values.values[rows])) for values, to_tensor in (tl.tfms.fs for tl in targets))
        return reader.batch(rows, self.device), *numbers
