"""Probabilities that mean what they say: one temperature, fitted on validation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def fit_temperature(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The temperature at which softmax(log p / T) has the smallest cross entropy with the targets (Guo et al. 2017, section 4.2).

    `probabilities` float [n, 9]; `targets` int [n], the class, or float [n, 9], the annotators' shares. Probabilities of zero count
    as 1e-7. The answer lies in [0.1, 10].
    """
    return best_temperature(lambda t: tempered(probabilities, t), targets)


def best_temperature(at: Callable[[float], np.ndarray], targets: np.ndarray) -> float:
    """The temperature t in [0.1, 10] at which the probabilities `at(t)`, float [n, 9], have the smallest cross entropy with the targets."""
    from scipy.optimize import minimize_scalar

    def loss(log_t: float) -> float:
        p = at(np.exp(log_t))
        return -((np.eye(p.shape[1])[targets] if targets.ndim == 1 else targets) * np.log(p)).sum(1).mean()

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.1), np.log(10)), method="bounded").x))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / T) of probabilities [n, 9]; zeros count as 1e-7. Below 1 sharpens, above 1 flattens."""
    from scipy.special import softmax

    return softmax(np.log(np.clip(probabilities.astype(np.float64), 1e-7, None)) / temperature, axis=1)
