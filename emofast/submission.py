"""`submission.csv`: made from recorded results, and checked."""

import json
import runpy
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.console import console
from emofast.data import Competition
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import PROJECT, atomic_write, sha256
from emofast.tables import read_rows
from emofast.training.decoding import weighted_mean
from emofast.training.ensemble import Ensemble, ensemble_of
from emofast.training.metrics import accuracy
from emofast.training.results import Result, code_hash, package_hash, read_results, used_results

SCRIPT = PROJECT / "experiments" / "11_ensemble.py"


def make_submission(data: Competition, folder: Path) -> Path:
    """Choose the ensemble of all results in `folder` on validation, record it there as 11_ensemble, and write `submission.csv`.

    Validation rows are mixed by shares chosen on the other half of them, so that the recorded scores are honest; test rows by shares
    chosen on all. The shares are chosen on predictions with flip TTA and used without it too. `submission.json` says what was chosen.
    Raises `EmofastError` where nothing is recorded, or results are of other pictures than `data` has.
    """
    if not SCRIPT.is_file():
        raise EmofastError(f"{SCRIPT.parent} is not there: experiments do not come with the package; make submissions in a checkout.")
    results = [r for r in read_results(folder) if not r.is_ensemble]
    ensemble, valid, test = ensemble_of(results, data)
    recorded = _record(data, folder, results, ensemble, valid, test)
    honest, flattered, members = recorded["scores"]["accuracy_tta"], recorded["accuracy_chosen_on"], recorded["members"]
    path = folder / "submission.csv"
    write_submission(data, ensemble({n: t["probabilities"] for n, t in test.items()}), path)
    summary = {
        "sha256": sha256(path),
        "members": members,
        "temperatures": ensemble.mixture.temperatures,
        "factors": {e: round(float(f), 4) for e, f in zip(EMOTIONS, ensemble.factors)},
        "validation_accuracy": honest,
        "validation_accuracy_chosen_on": flattered,
        "seeds": {r.name: r.summary["settings"]["seeds"] for r in results if r.name in members},
    }
    with atomic_write(folder / "submission.json") as partial:
        partial.write_text(json.dumps(summary, indent=1) + "\n")
    shares = ", ".join(f"{w:.0%} {n}" for n, w in sorted(members.items(), key=lambda m: -m[1]))
    console.print(
        f"ensemble: {shares}; validation accuracy {honest:.4f} (chosen on one half, scored on the other), "
        f"{flattered:.4f} on the rows it was chosen on"
    )
    console.print(f"submission: {path}, {len(data.test_ids)} rows, checked")
    return path


def _record(data: Competition, folder: Path, results: list[Result], ensemble: Ensemble, valid: dict, test: dict) -> dict:
    """Record the ensemble as a result of its own; returns its summary. Each seed of a member is a network that must be asked."""
    from emofast.training.header import refresh_header
    from emofast.training.predictions import Predictions
    from emofast.training.record import SeedResult, record

    members = [r for r in results if r.name in ensemble.mixture.weights]
    networks = [s for m in members for s in m.summary["seeds"]]
    facts = {"seed": 0, "network": {"arch": "ensemble", "target": "class"}}
    facts |= {what: sum(n[what] for n in networks) for what in ("train_seconds", "parameters", "ms_per_face_cpu")}

    def mixed(mix: Callable, arrays: dict, tta: bool) -> Predictions:
        probabilities = mix({name: a["probabilities"] if tta else a["per_seed"].mean(0) for name, a in arrays.items()})
        return Predictions(probabilities.astype(np.float32), weighted_mean(probabilities).astype(np.float32))

    seen = [mixed(mix, of, tta) for mix, of in ((ensemble.cross_fitted, valid), (ensemble, test)) for tta in (False, True)]
    result = SeedResult(facts, data.rows(valid[results[0].name]["ids"]), *seen, history=[])
    settings = {"arguments": {}, "quick": any(m.summary["settings"]["quick"] for m in members), "seeds": [0]}
    key = {"code": code_hash(SCRIPT), "data_fingerprint": data.fingerprint, "settings": settings}
    key |= {"uses": used_results(folder, [r.name for r in results]), "package": package_hash()}
    on_all = ensemble({name: v["probabilities"] for name, v in valid.items()})
    more = {"members": ensemble.mixture.weights, "accuracy_chosen_on": accuracy(on_all, valid[results[0].name]["labels"])}
    summary = record(SCRIPT, SCRIPT.read_bytes(), data, key, folder / SCRIPT.stem, [result], "as recorded", **more)
    if not settings["quick"] and data.name != "sample":
        refresh_header(SCRIPT)
    return summary


def ensemble_main() -> None:
    """The command of the script 11_ensemble.py: what `emofast submission` does."""
    sys.argv.insert(1, "submission")
    runpy.run_module("emofast", run_name="__main__")


def write_submission(data: Competition, probabilities: np.ndarray, path: Path) -> None:
    """Write the most probable class of every test picture, in the form and order of sample_submission.csv; then check it.

    `probabilities`: [n_test, 9], rows in the order of `data.test_ids`. Bytes depend on the contents alone.
    """
    table = pd.DataFrame({"image_path": data.test_ids, "emotion": np.array(EMOTIONS)[probabilities.argmax(1)]})
    with atomic_write(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\r\n")
        check_submission(partial, data)


def check_submission(path: Path, data: Competition) -> None:
    """Raises `EmofastError`, naming the first fault, unless `path` is what Kaggle would accept for this data set:
    its two columns, every test id once, in order, and only known classes."""
    if path.suffix == ".zip":
        raise EmofastError(f"{path} is an archive; unpack it and give the csv file in it.")
    rows = [row for _, row in read_rows(path, ["image_path", "emotion"], "make it with `python -m emofast submission`")]
    with path.open(encoding="utf-8-sig") as f:  # as it is: tables of others may have semicolons and blanks
        if (header := f.readline().rstrip()) != "image_path,emotion":
            raise EmofastError(f"{path} begins with {header!r}; Kaggle wants image_path,emotion, separated by a comma.")
    ids, known = [row["image_path"] for row in rows], set(data.test_ids)
    faults = [
        ("the foreign id", sorted(set(ids) - known), "not in sample_submission.csv"),
        ("no row for", sorted(known - set(ids)), "every test picture needs one"),
        ("two rows for", sorted(i for i, n in Counter(ids).items() if n > 1), "every test picture has one"),
        ("the unknown class", sorted({row["emotion"] for row in rows} - set(EMOTIONS)), f"the classes are {', '.join(EMOTIONS)}"),
    ]
    for what, values, why in faults:
        if values:
            more = f" and {len(values) - 1} more" if len(values) > 1 else ""
            raise EmofastError(f"{path} has {what} {values[0]!r}{more}: {why}.")
    if ids != data.test_ids:
        row = next(i for i, (a, b) in enumerate(zip(ids, data.test_ids)) if a != b)
        raise EmofastError(f"{path} has {ids[row]} in row {row + 2} where sample_submission.csv has {data.test_ids[row]}; keep its order.")
