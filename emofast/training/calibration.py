"""Probabilities that mean what they say, by one temperature fitted on validation; and rare classes that are said at all."""

from collections.abc import Callable

import numpy as np

from emofast.emotions import N


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


def consistent_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature in [0.1, 10] at which the mean confidence is the share of right answers ("expectation consistency", Clarté et al.
    2023, arXiv:2303.02644). Probabilities float [n, 9], labels int [n].

    `fit_temperature` is too modest where a class is hardly ever said, as `uncertain` is: what it gains on that class's pictures it takes
    from the confidence in all others.
    """
    from scipy.optimize import brentq

    right = (probabilities.argmax(1) == labels).mean()
    low, high = np.log(0.1), np.log(10)

    def too_sure(log_t: float) -> float:
        return tempered(probabilities, np.exp(log_t)).max(1).mean() - right

    if too_sure(high) >= 0 or too_sure(low) <= 0:
        return 10.0 if too_sure(high) >= 0 else 0.1
    return float(np.exp(brentq(too_sure, low, high)))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """softmax(log p / T) of probabilities [n, 9]; zeros count as 1e-7. Below 1 sharpens, above 1 flattens."""
    from scipy.special import softmax

    return softmax(np.log(np.clip(probabilities.astype(np.float64), 1e-7, None)) / temperature, axis=1)


def repeat_factors(labels: np.ndarray, threshold: float = 0.02) -> np.ndarray:
    """LVIS's repeat factors (Gupta et al. 2019, arXiv:1908.03195), for logit adjustment at the decision (Menon et al. 2021,
    arXiv:2007.07314) instead of in sampling: sqrt(threshold / share) for classes with a smaller share of `labels` (int [n]) than
    `threshold`, 1 for all others and for classes without labels; float64 [9].

    Full adjustment moves every class, and pays for it among the frequent ones; a class of one picture in two hundred, however, costs a
    network next to nothing to forget.
    """
    shares = np.bincount(labels, minlength=N) / len(labels)
    return np.sqrt(np.maximum(1.0, threshold / np.where(shares > 0, shares, 1.0)))


def adjust(probabilities: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """`probabilities` [n, 9] times `factors` [9], each row summing to 1 again."""
    weighted = probabilities * factors
    return weighted / weighted.sum(1, keepdims=True)
