"""Which networks to average, and how much of each: greedy forward selection on validation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emofast.data.competition import Competition
from emofast.errors import EmofastError
from emofast.training.calibration import fit_temperature, tempered
from emofast.training.metrics import accuracy
from emofast.training.results import Result

__all__ = ["Ensemble", "Mixture", "choose_ensemble", "read_members"]


@dataclass(frozen=True)
class Mixture:
    """`weights`: experiment to its share, summing to 1; `temperatures`: what its probabilities are tempered by first."""

    weights: dict[str, float]
    temperatures: dict[str, float]

    def __call__(self, probabilities: dict[str, np.ndarray]) -> np.ndarray:
        """Weighted mean of the members' tempered class probabilities, float64 [n, 9]."""
        return sum(weight * tempered(probabilities[name], self.temperatures[name]) for name, weight in sorted(self.weights.items()))


@dataclass(frozen=True)
class Ensemble:
    """`mixture` was chosen on all rows, where its `accuracy` is therefore a little too good. `halves`: mixtures chosen on either half
    of the rows, each with the rows of the other half, bool [n]."""

    mixture: Mixture
    accuracy: float
    halves: list[tuple[Mixture, np.ndarray]]

    def cross_fitted(self, probabilities: dict[str, np.ndarray]) -> np.ndarray:
        """Every row mixed by what was chosen on the other half: what honest scores are made of, float64 [n, 9]."""
        mixed = np.zeros(next(iter(probabilities.values())).shape)
        for mixture, rows in self.halves:
            mixed[rows] = mixture({name: p[rows] for name, p in probabilities.items()})
        return mixed


def read_members(results: list[Result], comp: Competition) -> tuple[dict[str, dict], dict[str, dict]]:
    """Validation and test arrays of recorded results by name. Raises `EmofastError` where there are none, or of other pictures."""
    if not results:
        raise EmofastError(
            f"{comp.name} has no recorded result; run an experiment first, "
            f"e.g. python experiments/01_resnet_baseline.py --data {comp.folder}."
        )
    valid, test = {r.name: r.valid for r in results}, {r.name: r.test for r in results}
    ids = list(valid[results[0].name]["ids"])
    for r in results:
        if list(test[r.name]["ids"]) != comp.test_ids or list(valid[r.name]["ids"]) != ids:
            raise EmofastError(f"{r.folder} was recorded on other pictures than {comp.folder} has now; run {r.name} again.")
    return valid, test


def choose_ensemble(probabilities: dict[str, np.ndarray], labels: np.ndarray, picks: int = 20) -> Ensemble:
    """Caruana et al. 2004, "Ensemble selection from libraries of models": add, with replacement, whichever member lowers the
    log loss of the mean most; stop when none does.

    Log loss, not accuracy, decides: it moves with every picture, accuracy only with the few that flip, so it overfits less. Members are
    tempered first: one that is right and too modest would lose to one that is calibrated and worse.
    `probabilities`: [n, 9] by experiment; `labels`: int [n].
    """
    half = np.random.default_rng(0).permutation(len(labels)) < len(labels) // 2
    mixture = _choose(probabilities, labels, picks)
    halves = [(_choose({k: p[~rows] for k, p in probabilities.items()}, labels[~rows], picks), rows) for rows in (half, ~half)]
    return Ensemble(mixture, accuracy(mixture(probabilities), labels), halves)


def _choose(probabilities: dict[str, np.ndarray], labels: np.ndarray, picks: int) -> Mixture:
    temperatures = {name: fit_temperature(p, labels) for name, p in probabilities.items()}
    weights = _select({name: tempered(p, temperatures[name]) for name, p in probabilities.items()}, labels, picks)
    return Mixture(weights, {name: temperatures[name] for name in weights})


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
