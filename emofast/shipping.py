"""A recorded experiment into the model that is handed out, with a card that says how good it is and what it is not for."""

from pathlib import Path

import numpy as np

from emofast.errors import EmofastError
from emofast.paths import artifacts
from emofast.recognition.boxes import MARGIN
from emofast.recognition.export import export_model
from emofast.training import metrics
from emofast.training.calibration import adjust, fit_temperature, repeat_factors, tempered
from emofast.training.results import Result

NOT_FOR = [
    "deciding about a person (hiring, school, credit, police, border, health): a posed or accidental expression is no feeling",
    "naming what somebody feels or thinks: it names what ten strangers would say the face shows",
    "people who have not agreed to be filmed, and children without their parents' consent",
    "comparing groups of people: accuracy by age, sex or skin colour was not measured",
]


def export(experiment: str, data: str, to: Path | None = None, margin: float | None = None) -> Path:
    """Export the trained `experiment` on the data set named `data` as `emofast.*` into `to` (default: artifacts); returns the card's path.

    Rare classes get `repeat_factors`, as in the ensemble, by their shares of validation. The temperature is fitted, and everything in the
    card measured, on the validation probabilities of the exported network itself: the last seed's, without TTA, as it will be used. The
    checkpoint is loaded without a card: this machine has trained it.
    """
    result = Result(artifacts() / data / experiment)
    if (result.folder / "result.json").is_file() and result.is_ensemble:
        members = ", ".join(result.summary["members"])
        raise EmofastError(f"{experiment} mixes other experiments and has no network of its own; export one of {members}.")
    for path in (result.folder / "result.json", result.folder / "valid.npz", result.folder / "checkpoints" / "learner.pkl"):
        if not path.is_file():
            raise EmofastError(
                f"{experiment} has left no {path} (trained networks are not in git); train it, without --resume: "
                f"python experiments/{experiment}.py --data DIR, where DIR is the folder of {data}"
            )
    labels = result.valid["labels"]
    factors = repeat_factors(labels)
    probabilities = adjust(result.valid["per_seed"][-1], factors)
    temperature, facts = fit_temperature(probabilities, labels), _facts(result, probabilities, labels)
    return export_model(result.learner, to or artifacts(), temperature, factors, facts, MARGIN if margin is None else margin)


def _facts(result: Result, probabilities: np.ndarray, labels: np.ndarray) -> dict:
    """What the card says of a recorded experiment: data, protocol, limits of use; how good `probabilities` [n, 9] are for `labels` [n]."""
    right, summary = probabilities.argmax(1) == labels, result.summary
    return {
        "experiment": result.name,
        "training_data": summary["data"],
        "accuracy": round(float(right.mean()), 4),
        "accuracy_95": [round(x, 4) for x in metrics.bootstrap_interval(right)],
        "accuracy_on": f"{len(labels)} validation pictures that it was not trained on, without TTA",
        "macro_f1": round(metrics.macro_f1(probabilities, labels), 4),
        "recall": {e: r if r is None else round(r, 4) for e, r in metrics.recalls(probabilities, labels).items()},
        "calibration_error": round(metrics.calibration_error(_cross_tempered(probabilities, labels), labels), 4),
        "calibration_error_on": "the same pictures; each half at the temperature that was fitted on the other half",
        "trained": {name: summary[name] for name in ("command", "settings", "hardware", "date")},
        "not_for": NOT_FOR,
    }


def _cross_tempered(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Probabilities of each half at the temperature of the other, so that no row is scored at one that was fitted to it."""
    out, half = np.empty_like(probabilities), np.arange(len(labels)) % 2 == 0
    for rows in (half, ~half):
        out[rows] = tempered(probabilities[rows], fit_temperature(probabilities[~rows], labels[~rows]))
    return out
