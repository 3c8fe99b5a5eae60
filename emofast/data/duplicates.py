"""Exact duplicates: pictures whose files hold the same bytes."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np

from emofast.data.pictures import Pictures, Unreadable


def duplicate_groups(pictures: Pictures, names: list[str]) -> np.ndarray:
    """Group number of every name, int64 [n]; two names share a number exactly when their files hold the same bytes.

    Only files whose cheap identity (size, checksum) is shared are read and hashed. A file that cannot be read stands alone.
    """
    return _groups([(pictures, name) for name in names])


def copied(pictures: Pictures, names: list[str], originals: Pictures, original_names: list[str]) -> list[str]:
    """Those of `names` whose files hold the same bytes as one of the originals."""
    n = len(original_names)
    groups = _groups([*((originals, name) for name in original_names), *((pictures, name) for name in names)])
    return [name for name, group in zip(names, groups[n:]) if group < n]


def _groups(files: list[tuple[Pictures, str]]) -> np.ndarray:
    """For each file the index of the first that holds the same bytes, int64 [n]."""
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
