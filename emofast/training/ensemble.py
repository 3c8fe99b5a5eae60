"""Which networks to average, and how much of each: bagged greedy selection on validation."""

import math
from dataclasses import dataclass

import numpy as np

from emofast.data import Competition, vote_shares
from emofast.emotions import N
from emofast.errors import EmofastError
from emofast.training.calibration import adjust, best_temperature, fit_temperature, repeat_factors, tempered
from emofast.training.results import Result

BAGS, WHOLE = 60, 5  # draws of half the members; up to so many members are always drawn whole
LEAST = 0.02  # share of a member; smaller ones take their time for every picture and change no score


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
    """`mixture` was chosen on all rows, where the ensemble is therefore a little too good. `halves`: mixtures chosen on either half of the
    rows, each with the rows of the other half, bool [n]. `factors`: what each class is multiplied by, [9]."""

    mixture: Mixture
    factors: np.ndarray
    halves: list[tuple[Mixture, np.ndarray]]

    def __call__(self, probabilities: dict[str, np.ndarray]) -> np.ndarray:
        """What the ensemble says, from its members' class probabilities by name; float64 [n, 9]."""
        return adjust(self.mixture(probabilities), self.factors)

    def cross_fitted(self, probabilities: dict[str, np.ndarray]) -> np.ndarray:
        """Every row mixed by what was chosen on the other half: what honest scores are made of, float64 [n, 9]."""
        mixed = np.zeros(next(iter(probabilities.values())).shape)
        for mixture, rows in self.halves:
            mixed[rows] = mixture({name: p[rows] for name, p in probabilities.items()})
        return adjust(mixed, self.factors)


def ensemble_of(results: list[Result], comp: Competition) -> tuple[Ensemble, dict[str, dict], dict[str, dict]]:
    """The ensemble of recorded results, chosen on their predictions with flip TTA, and their validation and test arrays by name.
    Rare classes get `repeat_factors` by their shares of train.csv. Raises `EmofastError` for no results and for foreign ones."""
    if not results:
        raise EmofastError(
            f"{comp.name} has no recorded result; run an experiment first, "
            f"e.g. python experiments/01_resnet_baseline.py --data {comp.folder}."
        )
    valid, test = {r.name: r.valid for r in results}, {r.name: r.test for r in results}
    first = valid[results[0].name]
    gone = not set(first["ids"]) <= set(comp.train_ids)
    for r in results:
        if not gone and not np.array_equal(valid[r.name]["labels"], comp.labels[comp.rows(valid[r.name]["ids"])]):
            raise EmofastError(f"{r.folder} was recorded with other labels than {comp.folder} has now; run {r.name} again.")
        if gone or list(test[r.name]["ids"]) != comp.test_ids or list(valid[r.name]["ids"]) != list(first["ids"]):
            raise EmofastError(f"{r.folder} was recorded on other pictures than {comp.folder} has now; run {r.name} again.")
    votes = vote_shares(comp)[comp.rows(first["ids"])]
    probabilities = {n: v["probabilities"] for n, v in valid.items()}
    return choose_ensemble(probabilities, first["labels"], votes, repeat_factors(comp.labels)), valid, test


def choose_ensemble(
    probabilities: dict[str, np.ndarray], labels: np.ndarray, votes: np.ndarray | None = None, factors: np.ndarray | float = 1.0
) -> Ensemble:
    """Caruana et al. 2004, "Ensemble selection from libraries of models": add, with replacement, whichever member lowers the
    log loss of the mean most; stop when none does. Bagged as they advise against overfitting: the shares are the mean of what is
    chosen from `BAGS` draws of half the members, without those under `LEAST`.

    Log loss, not accuracy, decides: it moves with every picture, accuracy only with the few that flip, so it overfits less; for the same
    reason it is taken against the annotators' votes where there are some, not against the class that they elected. Members are
    tempered first: one that is right and too modest would lose to one that is calibrated and worse.
    `probabilities`: [n, 9] by experiment; `labels`: int [n]; `votes`: shares [n, 9]; `factors`: of `repeat_factors`.
    """
    shares = np.eye(N)[labels] if votes is None else votes
    half = np.random.default_rng(0).permutation(len(labels)) < len(labels) // 2
    halves = [(_choose({k: p[~rows] for k, p in probabilities.items()}, labels[~rows], shares[~rows]), rows) for rows in (half, ~half)]
    return Ensemble(_choose(probabilities, labels, shares), factors * np.ones(N), halves)


def _choose(probabilities: dict[str, np.ndarray], labels: np.ndarray, shares: np.ndarray) -> Mixture:
    """Weights by the shares; the temperatures of the mixture by the labels, since it shall say how likely a class is."""
    members = {name: tempered(p, fit_temperature(p, shares)) for name, p in sorted(probabilities.items())}
    rng, names = np.random.default_rng(0), list(members)
    n = max(math.ceil(len(names) / 2), min(len(names), WHOLE))
    bags = [_select({name: members[name] for name in rng.choice(names, n, replace=False)}, shares) for _ in range(BAGS)]
    shared = {name: sum(bag.get(name, 0.0) for bag in bags) / BAGS for name in names}
    kept = {name: share for name, share in shared.items() if share >= min(LEAST, max(shared.values()))}
    weights = {name: share / sum(kept.values()) for name, share in kept.items()}
    own = {name: fit_temperature(probabilities[name], labels) for name in weights}
    # members err apart: the mean of ones that say rightly how sure they are is too modest
    common = best_temperature(lambda t: Mixture(weights, {name: t * own[name] for name in own})(probabilities), labels)
    return Mixture(weights, {name: common * own[name] for name in own})


def _select(probabilities: dict[str, np.ndarray], shares: np.ndarray, picks: int = 20) -> dict[str, float]:
    total, chosen, best = np.zeros(shares.shape), [], np.inf
    for n in range(1, picks + 1):
        losses = {name: -(shares * np.log((total + p) / n)).sum(1).mean() for name, p in sorted(probabilities.items())}
        name = min(losses, key=losses.get)
        if losses[name] >= best:
            break
        best, total = losses[name], total + probabilities[name]
        chosen.append(name)
    return {name: chosen.count(name) / len(chosen) for name in sorted(set(chosen))}
