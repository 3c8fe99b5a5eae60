"""What annotators disagreed about. Nothing here loads torch."""

from __future__ import annotations

import numpy as np

__all__ = ["without_single_votes"]


def without_single_votes(votes: np.ndarray, annotators: int = 10) -> np.ndarray:
    """Shares without the classes that one annotator alone named: a slip more often than a second meaning (Barsoum et al. 2016,
    arXiv:1608.01041, drop them too). A picture on which no two agree keeps its votes. `votes`: shares [n, 9]."""
    counts = np.rint(votes * annotators)
    kept = np.where(counts > 1, counts, 0)
    kept = np.where(kept.sum(1, keepdims=True) > 0, kept, counts)
    return (kept / kept.sum(1, keepdims=True)).astype(np.float32)
