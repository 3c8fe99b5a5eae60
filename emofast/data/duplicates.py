"""Exact duplicates: pictures whose files hold the same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from collections import defaultdict

import numpy as np

from emofast.data.pictures import Pictures

__all__ = ["duplicate_groups"]


def duplicate_groups(pictures: Pictures, names: list[str]) -> np.ndarray:
    """Group number of every name, int64 [n]; two names share a number exactly when their files hold the same bytes.

    Only files whose cheap identity (size, checksum) is shared are read and hashed. A file that cannot be read stands alone.
    """
    alike: dict[tuple, list[int]] = defaultdict(list)
    for i, name in enumerate(names):
        alike[pictures.identity[name]].append(i)
    groups = np.arange(len(names))
    for rows in alike.values():
        if len(rows) == 1:
            continue
        first: dict[bytes, int] = {}
        for i in rows:
            try:
                digest = hashlib.sha256(pictures.read(names[i])).digest()
            except (OSError, zipfile.BadZipFile):
                continue
            groups[i] = first.setdefault(digest, i)
    return groups
