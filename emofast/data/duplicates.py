"""Exact duplicates: pictures whose files hold the same bytes."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from emofast.data.pictures import Pictures, Unreadable


def duplicate_groups(*sets: tuple[Pictures, list[str]]) -> np.ndarray:
    """For each of the named files of all `sets` the index of the first that holds the same bytes, int64 [n].

    Only files whose cheap identity (size, checksum) is shared are read and hashed. A file that cannot be read stands alone.
    """
    files = [(pictures, name) for pictures, names in sets for name in names]
    keys = [pictures.identity[name] for pictures, name in files]
    shared = min(map(len, keys), default=0)  # a folder knows sizes, a zip checksums too
    often, first = Counter(key[:shared] for key in keys), {}
    contents = (_digest(*file) if often[key[:shared]] > 1 else None for file, key in zip(files, keys))
    return np.array([first.setdefault(digest or i, i) for i, digest in enumerate(contents)], np.int64)


def _digest(pictures: Pictures, name: str) -> bytes | None:
    try:
        return hashlib.sha256(pictures.read(name)).digest()
    except Unreadable:
        return None
