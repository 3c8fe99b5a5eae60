"""Decoded pictures on disk: each is decoded once per size, then read back as raw bytes."""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from filelock import FileLock
from rich.progress import track

from emofast import paths
from emofast.console import console
from emofast.data.competition import Competition
from emofast.data.pictures import Pictures, read_face
from emofast.errors import EmofastError

CHUNK = 512  # pictures decoded between two writes; bounds memory whatever the size of the data set
FORMAT = 2  # raise when the same file would decode to other pixels


class PixelCache:
    """Faces of one size: `rows(indices)` gives uint8 [n, channels, size, size]; `readable` bool [n_all].

    Read by seeking, not mapped into memory: a mapping that lives on counts whole, and one for each batch costs four times the reads.
    Pickles as a path.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.shape = tuple(json.loads((self.folder / "cache.json").read_text())["shape"])
        self.readable = np.load(self.folder / "readable.npy")
        self.folders = (self.folder,)

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, indices) -> np.ndarray:
        """uint8 [len(indices), channels, size, size]; a picture that could not be read is black."""
        rows = np.arange(len(self))[indices]
        faces = np.empty((len(rows), *self.shape[1:]), np.uint8)
        with (self.folder / "pixels.u8").open("rb", buffering=0) as file:
            for face, row in zip(faces, rows.tolist()):
                file.seek(row * face.nbytes)
                file.readinto(face.data)
        return faces


class JoinedCache:
    """Two caches of one size as one: the rows of the second after those of the first."""

    def __init__(self, first: PixelCache, second: PixelCache):
        self.first, self.second = first, second
        self.readable = np.concatenate([first.readable, second.readable])
        self.shape = (len(self.readable), *first.shape[1:])
        self.folders = first.folders + second.folders

    def rows(self, indices) -> np.ndarray:
        """uint8 [len(indices), channels, size, size]; a picture that could not be read is black."""
        rows = np.arange(len(self.readable))[indices]
        is_first = rows < len(self.first)
        out = np.empty((len(rows), *self.first.shape[1:]), np.uint8)
        out[is_first], out[~is_first] = self.first.rows(rows[is_first]), self.second.rows(rows[~is_first] - len(self.first))
        return out


def cached_faces(pictures: Pictures, names: list[str], size: int, channels: int, what: str = "pictures") -> PixelCache:
    """The cache of these pictures at this size; filled on all cores with a progress bar on first use.

    Keyed by the pictures' identities and the settings, so a changed data set gets a new cache. A kill while filling
    leaves nothing that looks finished; of two runs at once the second waits for the first.
    """
    key = hashlib.sha256(repr((FORMAT, pictures.fingerprint, names, size, channels)).encode()).hexdigest()[:16]
    root = paths.cache() / "pixels"
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"{key}-{size}px"
    with FileLock(root / f"{key}.lock"):
        if not folder.is_dir():
            _fill(folder, pictures, names, size, channels, what)
    return PixelCache(folder)


def training_faces(data: Competition, size: int, channels: int) -> PixelCache:
    """The cache of a data set's training pictures, validation's among them: one row for each row of train.csv."""
    return cached_faces(data.train_pictures, data.train_names, size, channels, "training pictures")


def evenly(rows: np.ndarray, n: int) -> np.ndarray:
    """`n` of the rows, evenly taken; all where there are no more."""
    return rows[np.linspace(0, len(rows) - 1, min(n, len(rows))).round().astype(int)]


def _fill(folder: Path, pictures: Pictures, names: list[str], size: int, channels: int, what: str) -> None:
    shape = (len(names), channels, size, size)
    needed, free = int(np.prod(shape)), shutil.disk_usage(folder.parent).free
    if free < needed + (64 << 20):
        raise EmofastError(
            f"{folder.parent} has {free / 1e9:.1f} GB free and the decoded pictures need {needed / 1e9:.1f} GB; free some space, "
            "or point $EMOFAST_CACHE to a larger disk."
        )
    readable, blank = np.zeros(len(names), bool), np.zeros(shape[1:], np.uint8)
    with paths.partial_beside(folder, folder=True) as partial:
        with (partial / "pixels.u8").open("wb") as out, ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow decodes without the GIL
            chunks, title = range(0, len(names), CHUNK), f"decoding {what} at {size} px"
            for start in track(chunks, title, console=console, disable=not console.is_terminal):
                faces = pool.map(lambda n: read_face(pictures, n, size, channels), names[start : start + CHUNK])
                for i, face in enumerate(faces, start):
                    readable[i] = face is not None
                    out.write((blank if face is None else face).tobytes())
        np.save(partial / "readable.npy", readable)
        (partial / "cache.json").write_text(json.dumps({"shape": shape, "source": str(pictures.path)}))
        partial.replace(folder)
