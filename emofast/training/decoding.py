"""From valence-arousal to the nine classes and back: three ways, of which only one is in the published solutions."""

import numpy as np
from scipy.special import softmax

from emofast.emotions import CENTRES


def nearest_centre(va: np.ndarray, temperature: float = 0.1) -> np.ndarray:
    """Class probabilities [n, 9] from points [n, 2]: a softmax over negative squared distances to the class centres.

    The most probable class is the nearest centre's, whatever the temperature; it knows neither how often a class occurs
    nor how far its points spread.
    """
    squared = ((np.asarray(va)[:, None] - np.asarray(CENTRES)[None]) ** 2).sum(2)
    return softmax(-squared / temperature, axis=1).astype(np.float32)


def weighted_mean(probabilities: np.ndarray) -> np.ndarray:
    """Points [n, 2] from class probabilities [n, 9]: the mean of the class centres, weighted by probability."""
    return np.asarray(probabilities) @ np.asarray(CENTRES)


class GaussianDecoder:
    """Class-conditional Gaussians over the plane with class priors (quadratic discriminant analysis).

    Fitted on predictions for training pictures, it learns where the network really puts each class, how far it spreads
    and how often it occurs. `shrink` pulls each covariance towards the pooled one, so that a class of a few pictures has one.
    """

    def __init__(self, shrink: float = 0.1):
        self.shrink = shrink

    def fit(self, va: np.ndarray, labels: np.ndarray) -> "GaussianDecoder":
        """`va` float [n, 2], `labels` int [n]. A class without rows gets prior 0."""
        va, k = np.asarray(va, np.float64), len(CENTRES)
        rows = np.bincount(labels, minlength=k)
        self.means = np.array([va[labels == c].mean(0) if rows[c] else CENTRES[c] for c in range(k)])
        within = va - self.means[labels]
        pooled = within.T @ within / len(va) + 1e-6 * np.eye(2)
        own = [np.cov(va[labels == c].T, bias=True) if rows[c] > 2 else pooled for c in range(k)]
        self.covariances = np.array([(1 - self.shrink) * c + self.shrink * pooled for c in own])
        self.log_prior = np.log(np.maximum(rows, 1e-12) / rows.sum())
        return self

    def probabilities(self, va: np.ndarray) -> np.ndarray:
        """Posterior class probabilities [n, 9] of points [n, 2]."""
        away = np.asarray(va, np.float64)[:, None] - self.means[None]
        inverse = np.linalg.inv(self.covariances)
        mahalanobis = np.einsum("nci,cij,ncj->nc", away, inverse, away)
        logits = self.log_prior - 0.5 * (mahalanobis + np.log(np.linalg.det(self.covariances)))
        return softmax(logits, axis=1).astype(np.float32)
