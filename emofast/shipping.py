"""A recorded experiment into the model that is handed out, with a card that says how good it is and what it is not for."""

import os
from functools import partial
from pathlib import Path

import numpy as np

from emofast.data import Competition, frozen_split, open_data
from emofast.data.cache import evenly, training_faces
from emofast.errors import EmofastError
from emofast.paths import artifacts
from emofast.recognition.export import export_model
from emofast.recognition.model_files import Network, unpickle
from emofast.training import metrics
from emofast.training.calibration import adjust, consistent_temperature, repeat_factors, tempered
from emofast.training.results import Result

NOT_FOR = [
    "deciding about a person (hiring, school, credit, police, border, health): a posed or accidental expression is no feeling",
    "naming what somebody feels or thinks: it names what ten strangers would say the face shows",
    "people who have not agreed to be filmed, and children without their parents' consent",
    "comparing groups of people: accuracy by age, sex or skin colour was not measured",
]


CALIBRATE = 1024
"""Training pictures that set the ranges of eight bits."""


def export(experiment: str, data: str | Path, to: Path | None = None, int8: bool = False, mirror: bool = False) -> Path:
    """Export the trained `experiment` on the data set `data`, its folder or the name of that, as `emofast.*` into `to` (default:
    artifacts); returns the card's path. `int8`: the ONNX model in eight bits, for which the data set itself must be there. `mirror`: a
    network that looks at every face twice, mirrored too.

    Rare classes get `repeat_factors`, as in the ensemble, by their shares of validation. The temperature is fitted, and everything in the
    card measured, on the validation probabilities of the exported network itself: the last seed's, as it will be used. The
    checkpoint is loaded without a card: this machine has trained it.
    """
    name = Path(os.path.realpath(data)).name  # not `Path.resolve`, which ends in a RuntimeError where links go round
    result = Result(artifacts() / name / experiment)
    if (result.folder / "result.json").is_file() and result.is_ensemble:
        members = ", ".join(result.summary["members"])
        raise EmofastError(f"{experiment} mixes other experiments and has no network of its own; export one of {members}.")
    for path in (result.folder / "result.json", result.folder / "valid.npz", result.folder / "checkpoints" / "learner.pkl"):
        if not path.is_file():
            raise EmofastError(
                f"{experiment} has left no {path} (trained networks are not in git); give its name in the leaderboard, or train it, "
                f"without --resume: python experiments/{result.experiment}.py --data DIR, where DIR is the folder of {name}"
            )
    labels = result.valid["labels"]
    factors = repeat_factors(labels)
    target = result.summary["seeds"][-1]["network"]["target"]
    probabilities = adjust(_seen_twice(result.valid, target) if mirror else result.valid["per_seed"][-1], factors)
    temperature = consistent_temperature(probabilities, labels)
    facts = {
        "experiment": result.name,
        "training_data": name,
        **_scores(probabilities, labels),
        "accuracy_on": f"{len(labels)} validation pictures that it was not trained on",
        "calibration_error_on": "the same pictures; each half at the temperature that was fitted on the other half",
        "trained": {key: result.summary[key] for key in ("command", "settings", "hardware", "date")},
        "not_for": NOT_FOR,
    }
    calibration = measure = None
    if int8:
        comp, spec = open_data(data), unpickle(result.learner).spec
        calibration = calibration_faces(comp, spec.size, spec.channels)
        measure = partial(_measured, comp, temperature)
    to = to or artifacts()
    return export_model(result.learner, to, temperature, factors, facts, calibration=calibration, measure=measure, mirror=mirror)


def _seen_twice(valid: dict[str, np.ndarray], target: str) -> np.ndarray:
    """What the mean of a network's outputs for a face and for its mirror image says, [n, 9], of the last seed. Recorded are the face's
    probabilities and the mean of both; of a valence-arousal network, those of the mean point, which is what is looked for."""
    plain = valid["per_seed"][-1]
    both = valid["per_seed_tta"][-1] if "per_seed_tta" in valid else valid["probabilities"]
    if target == "va":
        return both
    product = np.sqrt(np.clip(plain, 1e-9, 1) * np.clip(2 * both - plain, 1e-9, 1))
    return product / product.sum(1, keepdims=True)


def calibration_faces(data: Competition, size: int, channels: int) -> np.ndarray:
    """Faces of training pictures for `quantise`, evenly taken: uint8 [n, channels, size, size]."""
    cache = training_faces(data, size, channels)
    return cache.rows(evenly(np.flatnonzero(~frozen_split(data) & cache.readable), CALIBRATE))


def _measured(data: Competition, temperature: float, network: Network) -> dict:
    """How good an exported network is on the validation pictures of its data set."""
    cache = training_faces(data, network.size, network.channels)
    rows = np.flatnonzero(frozen_split(data) & cache.readable)
    probabilities = np.concatenate([network.run(cache.rows(part))[0] for part in np.array_split(rows, len(rows) // 64 + 1)])
    return _scores(tempered(probabilities, 1 / temperature), data.labels[rows])  # `_scores` fits temperatures of its own


def _scores(probabilities: np.ndarray, labels: np.ndarray) -> dict:
    """How good untempered `probabilities` [n, 9] are for `labels` [n], as a card says it."""
    right = probabilities.argmax(1) == labels
    return {
        "accuracy": round(float(right.mean()), 4),
        "accuracy_95": [round(x, 4) for x in metrics.bootstrap_interval(right)],
        "macro_f1": round(metrics.macro_f1(probabilities, labels), 4),
        "recall": {e: r if r is None else round(r, 4) for e, r in metrics.recalls(probabilities, labels).items()},
        "calibration_error": round(metrics.calibration_error(_cross_tempered(probabilities, labels), labels), 4),
    }


def _cross_tempered(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Probabilities of each half at the temperature of the other, so that no row is scored at one that was fitted to it."""
    out, half = np.empty_like(probabilities), np.arange(len(labels)) % 2 == 0
    for rows in (half, ~half):
        out[rows] = tempered(probabilities[rows], consistent_temperature(probabilities[~rows], labels[~rows]))
    return out
