"""An ensemble of recorded results as a result of its own: nothing is trained."""

from __future__ import annotations

import numpy as np

from emofast.training.decoding import weighted_mean
from emofast.training.ensemble import ensemble_of
from emofast.training.predictions import Predictions
from emofast.training.results import Result
from emofast.training.run import Run
from emofast.training.seed import SeedResult

__all__ = ["blend"]


def blend(run: Run) -> SeedResult:
    """Mix the recorded results of the data set, with the shares and temperatures that `ensemble_of` picks on validation.

    Validation rows are mixed by shares chosen on the other half of them, so that the scores are honest; test rows by shares chosen on
    all. The shares are chosen on predictions with flip TTA and used without it too. Raises `EmofastError` where nothing is recorded.
    """
    results = run.results()
    chosen, valid, test = ensemble_of(results, run.data)
    with_tta, plain = ({n: view(v) for n, v in valid.items()} for view in (_with_tta, _plain))
    members = [r for r in results if r.name in chosen.mixture.weights]
    row_of = {name: row for row, name in enumerate(run.data.train_ids)}
    return SeedResult(
        facts={**_cost(members, run.seed), "members": chosen.mixture.weights, "accuracy_chosen_on": chosen.accuracy},
        rows=np.array([row_of[i] for i in valid[results[0].name]["ids"]]),
        valid=_predictions(chosen.cross_fitted(plain)),
        valid_tta=_predictions(chosen.cross_fitted(with_tta)),
        test=_predictions(chosen({n: _plain(t) for n, t in test.items()})),
        test_tta=_predictions(chosen({n: _with_tta(t) for n, t in test.items()})),
        history=[],
    )


def _with_tta(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return arrays["probabilities"]


def _plain(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return arrays["per_seed"].mean(0)


def _predictions(probabilities: np.ndarray) -> Predictions:
    return Predictions(probabilities.astype(np.float32), weighted_mean(probabilities).astype(np.float32))


def _cost(members: list[Result], seed: int) -> dict:
    """What the members cost together; each seed of a member is a network of its own."""
    facts = [s for m in members for s in m.summary["seeds"]]
    return {
        "seed": seed,
        "train_seconds": sum(f["train_seconds"] for f in facts),
        "parameters": sum(f["parameters"] for f in facts),
        "ms_per_face_cpu": sum(f["ms_per_face_cpu"] for f in facts),
        "network": {"arch": "ensemble", "target": "class"},
    }
