"""Which networks to average, and how much of each: greedy forward selection on validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emofast.training.metrics import accuracy

__all__ = ["Ensemble", "choose_ensemble", "mix"]


@dataclass(frozen=True)
class Ensemble:
    """`weights`: experiment to its share, summing to 1. `accuracy`: on the rows it was chosen on, so a little too good.
    `halves`: the shares chosen on either half of the rows, and which rows they are for: bool [n], never those chosen on."""

    weights: dict[str, float]
    accuracy: float
    halves: list[tuple[dict[str, float], np.ndarray]]

    def cross_fitted(self, probabilities: dict[str, np.ndarray]) -> np.ndarray:
        """Every row mixed by the shares that were chosen on the other half: what honest scores are made of, float64 [n, 9]."""
        mixed = np.zeros(next(iter(probabilities.values())).shape)
        for weights, rows in self.halves:
            mixed[rows] = mix({k: p[rows] for k, p in probabilities.items()}, weights)
        return mixed


def mix(probabilities: dict[str, np.ndarray], weights: dict[str, float]) -> np.ndarray:
    """Weighted mean of class probabilities, float64 [n, 9]."""
    return sum(weight * probabilities[name].astype(np.float64) for name, weight in sorted(weights.items()))


def choose_ensemble(probabilities: dict[str, np.ndarray], labels: np.ndarray, picks: int = 20) -> Ensemble:
    """Caruana et al. 2004, "Ensemble selection from libraries of models": add, with replacement, whichever member lowers the
    log loss of the mean most; stop when none does.

    Log loss, not accuracy, decides: it moves with every picture, accuracy only with the few that flip, so it overfits less.
    `probabilities`: [n, 9] by experiment; `labels`: int [n].
    """
    rng = np.random.default_rng(0)
    half = rng.permutation(len(labels)) < len(labels) // 2
    weights = _select(probabilities, labels, picks)
    halves = [(_select({k: p[~rows] for k, p in probabilities.items()}, labels[~rows], picks), rows) for rows in (half, ~half)]
    return Ensemble(weights, accuracy(mix(probabilities, weights), labels), halves)


def _select(probabilities: dict[str, np.ndarray], labels: np.ndarray, picks: int) -> dict[str, float]:
    rows = np.arange(len(labels))
    right = {name: p[rows, labels].astype(np.float64) for name, p in sorted(probabilities.items())}  # all that log loss sees
    total, chosen, best = np.zeros(len(labels)), [], np.inf
    for n in range(1, picks + 1):
        losses = {name: -np.log(np.maximum((total + p) / n, 1e-12)).mean() for name, p in right.items()}
        name = min(losses, key=losses.get)
        if losses[name] >= best:
            break
        best, total = losses[name], total + right[name]
        chosen.append(name)
    return {name: chosen.count(name) / len(chosen) for name in sorted(set(chosen))}
