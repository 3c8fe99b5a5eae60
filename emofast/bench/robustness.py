"""How well the shipped model knows real faces when a webcam disturbs them: accuracy on the frozen validation split, as a record."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.table import Column, Table

from emofast.bench.disturbances import DISTURBANCES, Disturbance
from emofast.bench.record import write_record
from emofast.console import console, warn
from emofast.data import Competition, frozen_split, open_data
from emofast.data.cache import cached_faces
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.machine import machine
from emofast.paths import artifacts, atomic_write, sha256
from emofast.recognition import EmotionRecognizer
from emofast.recognition.card import card_of, read_card
from emofast.training import metrics

BATCH = 64


class Faces:
    """The readable validation pictures of a data set, as a network sees them: `rows` int [n] of train.csv, `labels` int [n],
    `votes` their shares float32 [n, 9] and number [n], or None; `faces[i]` uint8, grey [size, size] or BGR [size, size, 3]."""

    def __init__(self, comp: Competition, rows: np.ndarray, pixels: np.ndarray):
        self.rows, self.labels = rows, comp.labels[rows]
        self.votes = None if comp.votes is None else (comp.votes[rows], comp.annotators[rows])
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> np.ndarray:
        face = self._pixels[i]
        return face[0] if len(face) == 1 else np.ascontiguousarray(face[::-1].transpose(1, 2, 0))


def run(args: argparse.Namespace) -> None:
    """Print the table and write it to `artifacts/bench/robustness.csv` and `.json`; not a look at some rows, drawn faces, another model."""
    model = args.model or artifacts() / "emofast.onnx"
    recognizer = EmotionRecognizer(model)
    facts = _model_facts(recognizer.path)
    comp = open_data(args.data)
    faces = validation_faces(comp, recognizer, args.max_rows)
    console.print(f"{recognizer.path.name}: {len(DISTURBANCES)} disturbances of {len(faces)} validation pictures of {comp.name}")
    rows: list[dict] = []
    for disturbance in DISTURBANCES:
        probabilities = disturbed(recognizer, faces, disturbance)
        rows.append(_scores(disturbance, probabilities, faces, rows[0] if rows else None))
        if len(rows) == 1:
            facts |= {"data": comp.name, "undisturbed": _undisturbed(rows[0], probabilities, faces)}
        console.print(f"{len(rows)}/{len(DISTURBANCES)} {disturbance}: accuracy {rows[-1]['accuracy']:.4f}")
    console.print(_table(rows))
    console.print("accuracy: nine classes, with its 95 % interval; change: from undisturbed; FER+: accuracy in its protocol, eight classes")
    if args.max_rows or comp.va is not None or args.model:  # too few faces to be quoted, drawn ones, or another network
        console.print("a look: nothing was recorded (the shipped model on the whole validation split of real faces is)")
        return
    _write(facts, rows)


def validation_faces(comp: Competition, recognizer: EmotionRecognizer, max_rows: int | None = None) -> Faces:
    """The validation pictures at the network's own size, the very pixels that training validates on; `max_rows` of them, drawn evenly.

    Pictures that cannot be read are left out and counted. Raises `EmofastError` where none is left.
    """
    is_valid = frozen_split(comp)
    # All training pictures, not only these: it is the cache that training has filled.
    cache = cached_faces(comp.train_pictures, comp.train_names, recognizer.size, recognizer.channels, "training pictures")
    bad = np.flatnonzero(is_valid & ~cache.readable)
    if len(bad):
        warn(f"{comp.name}: {len(bad)} validation pictures cannot be read and are left out, first {comp.train_names[bad[0]]}")
    rows = np.flatnonzero(is_valid & cache.readable)
    if not len(rows):
        raise EmofastError(f"{comp.folder} has no readable validation picture; check it with: python -m emofast data check")
    if max_rows is not None and len(rows) > max_rows:
        rows = rows[np.linspace(0, len(rows) - 1, max_rows).round().astype(int)]
    return Faces(comp, rows, cache.rows(rows))


def disturbed(recognizer: EmotionRecognizer, faces: Faces, disturbance: Disturbance) -> np.ndarray:
    """Probabilities of the disturbed faces, float32 [n, 9]; the same on every run."""
    return np.concatenate([recognizer.probabilities(batch) for batch in _batches(faces, disturbance)])


def _batches(faces: Faces, disturbance: Disturbance) -> Iterator[list[np.ndarray]]:
    """A batch at a time: four thousand faces of 400 px would not fit into a laptop's memory beside everything else."""
    for start in range(0, len(faces), BATCH):
        yield [disturbance(faces[i], int(faces.rows[i])) for i in range(start, min(start + BATCH, len(faces)))]


def _scores(disturbance: Disturbance, probabilities: np.ndarray, faces: Faces, before: dict | None) -> dict:
    """One row of the record; `before`: the undisturbed row, None for that row itself. Without votes there is no FER+ accuracy."""
    accuracy = round(metrics.accuracy(probabilities, faces.labels), 4)
    low, high = metrics.bootstrap_interval(probabilities.argmax(1) == faces.labels)
    ferplus = _ferplus(probabilities, faces)
    row = {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "change": accuracy - before["accuracy"] if before else 0.0,
        "macro_f1": metrics.macro_f1(probabilities, faces.labels),
        "ferplus_accuracy": ferplus and ferplus["accuracy"],
        "calibration_error": metrics.calibration_error(probabilities, faces.labels),
    }
    return {"disturbance": disturbance.name, "strength": disturbance.strength, **_rounded(row)}


def _undisturbed(row: dict, probabilities: np.ndarray, faces: Faces) -> dict:
    """What a model card says of the undisturbed pictures, whose `row` of the record this is: also each class, and FER+ in full."""
    return {
        "rows": len(faces),
        "accuracy": row["accuracy"],
        "accuracy_95": [row["low"], row["high"]],
        "macro_f1": row["macro_f1"],
        "calibration_error": row["calibration_error"],
        "recall": _rounded(metrics.recalls(probabilities, faces.labels)),
        "rows_of_class": dict(zip(EMOTIONS, np.bincount(faces.labels, minlength=len(EMOTIONS)).tolist())),
        "ferplus": _ferplus(probabilities, faces),
    }


def _ferplus(probabilities: np.ndarray, faces: Faces) -> dict | None:
    """Rows, accuracy and macro F1 in the FER+ protocol; None without votes, or where it keeps no row."""
    found = None if faces.votes is None else metrics.ferplus_scores(probabilities, *faces.votes)
    return _rounded(found) if found and found["rows"] else None


def _rounded(values: dict) -> dict:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}


def _model_facts(model: Path) -> dict:
    """Which model it is; that the card beside it describes this very file was checked when it was opened."""
    digest, card = sha256(model), read_card(model)
    if card is None:
        warn(f"there is no model card {card_of(model).name} beside {model}: temperature and training data are not known")
        card = {}
    known = {k: card.get(k) for k in ("architecture", "experiment", "training_data", "temperature")}
    return {"model": model.name, "sha256": digest, **known}


def _table(rows: list[dict]) -> Table:
    numbers = (Column(t, justify="right", no_wrap=True) for t in ("accuracy", "95 %", "change", "macro F1", "FER+", "calibration error"))
    table = Table(*(Column(t, no_wrap=True) for t in ("disturbance", "strength")), *numbers, box=None, pad_edge=False)
    for r in rows:
        table.add_row(
            r["disturbance"],
            r["strength"],
            f"{r['accuracy']:.1%}",
            f"{r['low']:.1%} - {r['high']:.1%}",
            f"{100 * r['change']:+.1f}" if r is not rows[0] else "",
            f"{r['macro_f1']:.3f}",
            "" if r["ferplus_accuracy"] is None else f"{r['ferplus_accuracy']:.1%}",
            f"{r['calibration_error']:.3f}",
        )
    return table


def _write(facts: dict, rows: list[dict]) -> None:
    """The table as csv, then everything as json: where the json is new, the csv is too."""
    command = f"robustness --data {facts['data']}"
    path = write_record("bench/robustness.csv", f"{command}; {facts['model']} {facts['sha256'][:12]}", rows)
    versions = {"python": platform.python_version(), **{p: version(p) for p in ("numpy", "opencv-python", "onnxruntime")}}
    made = {"command": f"python -m emofast bench {command}", "date": date.today().isoformat(), "machine": machine(), "versions": versions}
    with atomic_write(path.with_suffix(".json")) as partial:
        whole = {**made, **facts, "disturbances": rows}
        partial.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(str(path.with_suffix(".json")))
