"""Rare classes get the benefit of the doubt, where a class is decided."""

from __future__ import annotations

import numpy as np

from emofast.emotions import EMOTIONS

__all__ = ["in_favour_of_rare", "rare_factors"]


def rare_factors(labels: np.ndarray, threshold: float = 0.02) -> np.ndarray:
    """What each class's probability is multiplied by: sqrt(threshold / share) for classes with a smaller share of `labels` than
    `threshold`, 1 for all others; float64 [9].

    The form of LVIS's repeat factors (Gupta et al. 2019, arXiv:1908.03195), used at the decision instead of in sampling, as logit
    adjustment is (Menon et al. 2021, arXiv:2007.07314). That moves every class, and pays for it among the frequent ones; a class of
    one picture in two hundred, however, costs a network next to nothing to forget. Classes without labels have 1.
    """
    shares = np.bincount(labels, minlength=len(EMOTIONS)) / len(labels)
    return np.sqrt(np.maximum(1.0, threshold / np.where(shares > 0, shares, 1.0)))


def in_favour_of_rare(probabilities: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """`probabilities` [n, 9] times `factors` [9], each row summing to 1 again."""
    weighted = probabilities * factors
    return weighted / weighted.sum(1, keepdims=True)
