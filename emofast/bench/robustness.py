"""How well the shipped model knows real faces when a webcam disturbs them: accuracy on the frozen validation split, as a record."""

import argparse

import numpy as np

from emofast.bench.disturbances import DISTURBANCES, Disturbance
from emofast.bench.record import show, write_record
from emofast.console import console, warn
from emofast.data import Competition, frozen_split, open_data
from emofast.data.cache import evenly, training_faces
from emofast.errors import EmofastError
from emofast.paths import sha256
from emofast.recognition import EmotionRecognizer
from emofast.recognition.recognizer import find_model
from emofast.training import metrics

BATCH = 64


def run(args: argparse.Namespace) -> None:
    """Print the table and write it to `artifacts/bench/robustness.csv`; not a look at some rows, drawn faces, another model."""
    recognizer = EmotionRecognizer(find_model(args.model))
    comp = open_data(args.data)
    numbers, faces = validation_faces(comp, recognizer, args.max_rows)
    console.print(f"{recognizer.path.name}: {len(DISTURBANCES)} disturbances of {len(faces)} validation pictures of {comp.name}")
    rows: list[dict] = []
    for disturbance in DISTURBANCES:
        scored = scores(disturbed(recognizer, numbers, faces, disturbance), comp, numbers, rows[0] if rows else None)
        rows.append({"disturbance": disturbance.name, "strength": disturbance.strength, **scored})
        console.print(f"{len(rows)}/{len(DISTURBANCES)} {disturbance}: accuracy {rows[-1]['accuracy']:.4f}")
    show(rows)
    console.print("accuracy: nine classes; low, high: its 95 % interval; change: from undisturbed; ferplus: in its protocol, eight classes")
    model = f"{recognizer.path.name} {sha256(recognizer.path)[:12]}"
    record(args, comp, "bench/robustness.csv", f"robustness --data {comp.name}; {model}", rows)


def record(args: argparse.Namespace, comp: Competition, name: str, command: str, rows: list[dict]) -> None:
    """`write_record` of a whole measurement; too few faces to be quoted, drawn ones, or another network are only a look."""
    if args.max_rows or comp.va is not None or args.model:
        console.print("a look: nothing was recorded (the shipped model on the whole validation split of real faces is)")
    else:
        write_record(name, command, rows)


def validation_faces(comp: Competition, recognizer: EmotionRecognizer, max_rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The validation pictures at the network's own size, the very pixels that training validates on; `max_rows` of them, drawn evenly:
    rows of train.csv int [n], and faces as cameras give them, uint8, grey [n, size, size] or BGR [n, size, size, 3].

    Pictures that cannot be read are left out and counted. Raises `EmofastError` where none is left.
    """
    is_valid = frozen_split(comp)
    # All training pictures, not only these: it is the cache that training has filled.
    cache = training_faces(comp, recognizer.size, recognizer.channels)
    bad = np.flatnonzero(is_valid & ~cache.readable)
    if len(bad):
        warn(f"{comp.name}: {len(bad)} validation pictures cannot be read and are left out, first {comp.train_names[bad[0]]}")
    rows = np.flatnonzero(is_valid & cache.readable)
    if not len(rows):
        raise EmofastError(f"{comp.folder} has no readable validation picture; check it with: python -m emofast data check")
    if max_rows is not None:
        rows = evenly(rows, max_rows)
    faces = cache.rows(rows)
    return rows, faces[:, 0] if faces.shape[1] == 1 else np.ascontiguousarray(faces[:, ::-1].transpose(0, 2, 3, 1))


def disturbed(recognizer: EmotionRecognizer, rows: np.ndarray, faces: np.ndarray, disturbance: Disturbance) -> np.ndarray:
    """Probabilities of the disturbed faces, float32 [n, 9]; the same on every run.

    A batch at a time: four thousand faces of 400 px would not fit into a laptop's memory beside everything else.
    """
    parts = np.split(np.arange(len(faces)), range(BATCH, len(faces), BATCH))
    return np.concatenate([recognizer.probabilities([disturbance(faces[i], int(rows[i])) for i in part]) for part in parts])


def scores(probabilities: np.ndarray, comp: Competition, rows: np.ndarray, before: dict | None = None) -> dict:
    """How good probabilities [n, 9] of the faces in `rows` are; `before`: the undisturbed scores, None for those themselves. Without
    votes there is no FER+ accuracy."""
    labels = comp.labels[rows]
    accuracy = round(metrics.accuracy(probabilities, labels), 4)
    low, high = metrics.bootstrap_interval(probabilities.argmax(1) == labels)
    ferplus = {"rows": 0} if comp.votes is None else metrics.ferplus_scores(probabilities, comp.votes[rows], comp.annotators[rows])
    row = {
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "change": accuracy - before["accuracy"] if before else 0.0,
        "macro_f1": metrics.macro_f1(probabilities, labels),
        "ferplus_accuracy": ferplus["accuracy"] if ferplus["rows"] else "",
        "calibration_error": metrics.calibration_error(probabilities, labels),
    }
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
