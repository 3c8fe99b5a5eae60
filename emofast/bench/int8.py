"""The shipped model in eight bits beside itself: time, accuracy, calibration and robustness in one table."""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from emofast.bench.disturbances import DISTURBANCES
from emofast.bench.record import show
from emofast.bench.robustness import disturbed, record, scores, validation_faces
from emofast.data import open_data
from emofast.recognition import EmotionRecognizer
from emofast.recognition.export import quantise, write_onnx
from emofast.recognition.graph import FaceGraph
from emofast.recognition.model_files import unpickle
from emofast.recognition.recognizer import find_model
from emofast.shipping import calibration_faces

SHOWN = ("none", "out of focus", "motion", "low light", "noise", "poor webcam")
ROUNDS, FACES = 15, 60  # of the timing


def run(args: argparse.Namespace) -> None:
    """Export the learner in float32 and in eight bits, print both and write `artifacts/bench/int8.csv`."""
    data, learner = open_data(args.data), find_model(args.model).with_suffix(".pkl")
    exported = EmotionRecognizer(learner)  # refuses what its card does not vouch for
    numbers, faces = validation_faces(data, exported, args.max_rows)
    with tempfile.TemporaryDirectory() as tmp:
        paths = {name: Path(tmp) / f"{name}.onnx" for name in ("float32", "int8")}
        learn = unpickle(exported.path)
        write_onnx(FaceGraph.of(learn).eval(), paths["float32"], learn.spec, exported.margin)
        quantise(paths["float32"], paths["int8"], calibration_faces(data, exported.size, exported.channels))
        both = {name: EmotionRecognizer(path, trust=True) for name, path in paths.items()}
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        times = _milliseconds(both, faces[:FACES])
        rows = []
        for name, recognizer in both.items():
            for d in (d for d in DISTURBANCES if d.name in SHOWN):
                scored = scores(disturbed(recognizer, numbers, faces, d), data, numbers)
                kept = {what: scored[what] for what in ("accuracy", "ferplus_accuracy", "calibration_error")}
                rows.append({"model": name, "kilobytes": sizes[name] // 1024, "ms": times[name], "disturbance": f"{d}", **kept})
    show(rows)
    record(args, data, "bench/int8.csv", f"int8 --data {data.name}", rows)


def _milliseconds(models: dict[str, EmotionRecognizer], faces: np.ndarray) -> dict[str, float]:
    """Median of a face alone, in turn, on one thread."""
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, recognizer in models.items():
            started = time.perf_counter()
            for face in faces:
                recognizer.probabilities([face])
            times[name].append((time.perf_counter() - started) / len(faces) * 1000)
    return {name: round(float(np.median(t)), 2) for name, t in times.items()}
