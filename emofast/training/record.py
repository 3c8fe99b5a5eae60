"""From the seeds of an experiment to its recorded result: scores with their noise, arrays, history, confusion matrix."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.data.competition import Competition
from emofast.data.loaders import target_va
from emofast.training import metrics
from emofast.training.decoding import nearest_centre
from emofast.training.plots import confusion_figure
from emofast.training.precision import Precision
from emofast.training.results import environment, package_hash, write_result
from emofast.training.seed import SeedResult

__all__ = ["Code", "record"]


@dataclass(frozen=True)
class Code:
    """What a run executes, taken at its start: in the hours until its end somebody may have edited the files.

    `script`: the experiment; `text`: its contents; `package`: hash of emofast's own code.
    """

    script: Path
    text: bytes
    package: str

    @classmethod
    def of(cls, script: Path) -> Code:
        return cls(script, script.read_bytes(), package_hash())


def record(code: Code, comp: Competition, key: dict, folder: Path, seeds: list[SeedResult], precision: Precision) -> dict:
    """Write `folder` as the results contract says; returns the contents of `result.json`. `key`: what the run was."""
    rows = seeds[0].rows
    labels = comp.labels[rows]
    valid = np.mean([s.valid_tta.probabilities for s in seeds], axis=0)
    summary = {
        "experiment": code.script.stem,
        "data": comp.name,
        **key,
        "package": code.package,
        "command": f"python experiments/{code.script.name} {' '.join(_portable(a) for a in sys.argv[1:])}".strip(),
        "valid_rows": len(rows),
        "scores": _scores(seeds, labels, comp),
        "va_truth": "the drawn faces' true values" if comp.va is not None else "the classes' circumplex centres: no truth about any face",
        "seeds": [{**s.facts, **_seed_scores(s, labels)} for s in seeds],
        "parameters": seeds[0].facts["parameters"],
        "ms_per_face_cpu": float(np.median([s.facts["ms_per_face_cpu"] for s in seeds])),
        "train_seconds": float(np.mean([s.facts["train_seconds"] for s in seeds])),
        "precision": str(precision),
        **environment(),
        **{name: seeds[0].facts[name] for name in ("members", "accuracy_chosen_on") if name in seeds[0].facts},
    }
    history = pd.DataFrame([{"seed": s.facts["seed"], **row} for s in seeds for row in s.history])
    if history.empty:  # nothing was trained; a csv file without a column cannot be read
        history = pd.DataFrame(columns=["seed", "stage", "epoch"])
    arrays = {
        "ids": np.array([comp.train_ids[r] for r in rows]),
        "labels": labels,
        "probabilities": valid.astype(np.float32),
        "per_seed": np.stack([s.valid.probabilities for s in seeds]),
    }
    test = {
        "ids": np.array(comp.test_ids),
        "probabilities": np.mean([s.test_tta.probabilities for s in seeds], axis=0).astype(np.float32),
        "per_seed": np.stack([s.test.probabilities for s in seeds]),
    }
    figure = confusion_figure(valid, labels, f"{code.script.stem} on {comp.name}")
    write_result(folder, summary, history, arrays, test, figure, code.text)
    return summary


def _portable(argument: str) -> str:
    """A path in a recorded command keeps its last name only: other machines have other folders."""
    return Path(argument).name if "/" in argument else argument


def _seed_scores(s: SeedResult, labels: np.ndarray) -> dict:
    return {
        "accuracy": metrics.accuracy(s.valid.probabilities, labels),
        "accuracy_tta": metrics.accuracy(s.valid_tta.probabilities, labels),
        "macro_f1": metrics.macro_f1(s.valid.probabilities, labels),
        "macro_f1_tta": metrics.macro_f1(s.valid_tta.probabilities, labels),
        "calibration_error": metrics.calibration_error(s.valid.probabilities, labels),
    }


def _scores(seeds: list[SeedResult], labels: np.ndarray, comp: Competition) -> dict:
    """Means over seeds. `accuracy_spread`: standard deviation over seeds, 0 for one; `accuracy_interval`: bootstrap of the
    first seed's validation rows, without TTA."""
    rows, target = seeds[0].rows, seeds[0].facts["network"]["target"]
    each = [_seed_scores(s, labels) for s in seeds]
    scores = {name: float(np.mean([e[name] for e in each])) for name in each[0]}
    scores["accuracy_spread"] = float(np.std([e["accuracy"] for e in each], ddof=1)) if len(each) > 1 else 0.0
    scores["accuracy_interval"] = metrics.bootstrap_interval(seeds[0].valid.probabilities.argmax(1) == labels)
    scores["recall"] = metrics.recalls(seeds[0].valid_tta.probabilities, labels)
    if comp.votes is not None:
        ferplus = [metrics.ferplus_scores(s.valid_tta.probabilities, comp.votes[rows]) for s in seeds]
        scores["ferplus"] = {name: float(np.mean([f[name] for f in ferplus])) for name in ferplus[0]}
        scores["ferplus"]["rows"] = int(ferplus[0]["rows"])
    if comp.va is not None or target in ("va", "class+va"):
        truth = target_va(comp)[rows]
        scores["ccc"] = np.mean([metrics.ccc(s.valid.va, truth) for s in seeds], axis=0).tolist()
        scores["rmse"] = np.mean([metrics.rmse(s.valid.va, truth) for s in seeds], axis=0).tolist()
    if target in ("va", "class+va"):
        decoded = [metrics.accuracy(nearest_centre(s.valid.va), labels) for s in seeds]
        scores["accuracy_nearest_centre"] = float(np.mean(decoded))
    return scores
