"""`submission.csv`: made from recorded results, checked before anybody sends it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd

from emofast import paths
from emofast.console import console
from emofast.data.competition import Competition
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.training.ensemble import ensemble_of
from emofast.training.metrics import accuracy
from emofast.training.results import Result, read_results

__all__ = ["check_submission", "make_submission", "write_submission"]


def make_submission(comp: Competition, folder: Path) -> Path:
    """Choose the ensemble of all results in `folder` on validation and write `submission.csv` and `submission.json` there.

    Raises `EmofastError` where nothing is recorded, or results are of other pictures than `comp` has.
    """
    results = [r for r in read_results(folder) if not r.is_ensemble]
    ensemble, valid, test = ensemble_of(results, comp)
    weights = ensemble.mixture.weights
    honest = accuracy(ensemble.cross_fitted({n: v["probabilities"] for n, v in valid.items()}), valid[results[0].name]["labels"])
    path = folder / "submission.csv"
    write_submission(comp, ensemble({n: t["probabilities"] for n, t in test.items()}), path)
    summary = {
        "sha256": paths.sha256(path),
        "members": weights,
        "temperatures": ensemble.mixture.temperatures,
        "factors": {e: round(float(f), 4) for e, f in zip(EMOTIONS, ensemble.factors)},
        "validation_accuracy": honest,
        "validation_accuracy_chosen_on": ensemble.accuracy,
        "seeds": {r.name: _seeds(r) for r in results if r.name in weights},
    }
    with paths.atomic_write(folder / "submission.json") as partial:
        partial.write_text(json.dumps(summary, indent=1) + "\n")
    console.print(
        "ensemble: "
        + ", ".join(f"{w:.0%} {n}" for n, w in weights.items())
        + f"; validation accuracy {honest:.4f} (chosen on one half, scored on the other), "
        f"{ensemble.accuracy:.4f} on the rows it was chosen on"
    )
    console.print(f"submission: {path}, {len(comp.test_ids)} rows, checked")
    return path


def _seeds(result: Result) -> list[int]:
    return result.summary["settings"]["seeds"]


def write_submission(comp: Competition, probabilities: np.ndarray, path: Path) -> None:
    """Write the most probable class of every test picture, in the form and order of sample_submission.csv; then check it.

    `probabilities`: [n_test, 9], rows in the order of `comp.test_ids`. Bytes depend on the contents alone.
    """
    if probabilities.shape != (len(comp.test_ids), len(EMOTIONS)):
        raise EmofastError(f"{path} needs probabilities of shape ({len(comp.test_ids)}, {len(EMOTIONS)}) and got {probabilities.shape}.")
    table = pd.DataFrame({"image_path": comp.test_ids, "emotion": np.array(EMOTIONS)[probabilities.argmax(1)]})
    with paths.atomic_write(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\r\n")
        check_submission(partial, comp)


def check_submission(path: Path, comp: Competition) -> None:
    """Raises `EmofastError`, naming the first fault, unless `path` is what Kaggle would accept for this data set:
    its two columns, every test id once, in order, and only known classes."""
    try:
        table = pd.read_csv(io.BytesIO(Path(path).read_bytes()), dtype=str, keep_default_na=False)
    except (OSError, ValueError) as e:
        raise EmofastError(
            f"{path} cannot be read as a table ({str(e).splitlines()[0]}); make it with `python -m emofast submission`."
        ) from e
    if list(table.columns) != ["image_path", "emotion"]:
        raise EmofastError(f"{path} has the columns {list(table.columns)}; Kaggle wants image_path,emotion.")
    ids, known = table["image_path"].tolist(), set(comp.test_ids)
    faults = [
        ("the foreign id", sorted(set(ids) - known), "not in sample_submission.csv"),
        ("no row for", sorted(known - set(ids)), "every test picture needs one"),
        ("two rows for", sorted(table["image_path"][table["image_path"].duplicated()]), "every test picture has one"),
        ("the unknown class", sorted(set(table["emotion"]) - set(EMOTIONS)), f"the classes are {', '.join(EMOTIONS)}"),
    ]
    for what, values, why in faults:
        if values:
            more = f" and {len(values) - 1} more" if len(values) > 1 else ""
            raise EmofastError(f"{path} has {what} {values[0]!r}{more}: {why}.")
    if ids != comp.test_ids:
        row = next(i for i, (a, b) in enumerate(zip(ids, comp.test_ids)) if a != b)
        raise EmofastError(f"{path} has {ids[row]} in row {row + 2} where sample_submission.csv has {comp.test_ids[row]}; keep its order.")
