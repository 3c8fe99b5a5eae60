"""The shipped model in eight bits beside itself: time, accuracy, calibration and robustness in one table."""

import argparse
import logging
import tempfile
import time
from pathlib import Path

import numpy as np

from emofast.bench.disturbances import DISTURBANCES
from emofast.bench.record import show, write_record
from emofast.bench.robustness import Faces, disturbed, validation_faces
from emofast.console import console
from emofast.data import Competition, frozen_split, open_data
from emofast.data.cache import cached_faces
from emofast.paths import artifacts
from emofast.recognition import EmotionRecognizer
from emofast.training import metrics

SHOWN = ("none", "out of focus", "motion", "low light", "noise", "poor webcam")
CALIBRATE = 2048  # training pictures
ROUNDS, FACES = 15, 60  # of the timing


def run(args: argparse.Namespace) -> None:
    """Quantise the model, print both and write `artifacts/bench/int8.csv`."""
    data, model = open_data(args.data), args.model or artifacts() / "emofast.onnx"
    whole = EmotionRecognizer(model)
    faces = validation_faces(data, whole, args.max_rows)
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp) / "emofast.int8.onnx"
        quantise(whole.path, path, _training_faces(data, whole))
        both = {"float32": whole, "int8": EmotionRecognizer(path, trust=True)}
        sizes = {"float32": whole.path.stat().st_size, "int8": path.stat().st_size}
        times = _milliseconds(both, faces)
        rows = [
            {"model": name, "kilobytes": sizes[name] // 1024, "ms": times[name], "disturbance": f"{d}", **_scores(r, faces, d)}
            for name, r in both.items() for d in DISTURBANCES if d.name in SHOWN
        ]  # fmt: skip
    show(rows)
    if args.max_rows or data.va is not None or args.model:  # as in `bench robustness`
        console.print("a look: nothing was recorded (the shipped model on the whole validation split of real faces is)")
    else:
        write_record("bench/int8.csv", f"int8 --data {data.name}", rows)


def quantise(model: Path, path: Path, faces: np.ndarray) -> None:
    """Write `model` with its convolutions in eight bits, all but the first two, which see every pixel: onnxruntime's static quantiser,
    weights by channel, activations calibrated on `faces` [n, channels, size, size]; seven bits of weights, because processors without
    VNNI overflow with eight."""
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            size = min(64, len(faces))
            self.batches = iter([{"faces": faces[i : i + size]} for i in range(0, len(faces) - size + 1, size)])  # all of one size

        def get_next(self):
            return next(self.batches, None)

    logging.getLogger().setLevel(logging.ERROR)
    prepared = path.with_suffix(".prepared")
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    convolutions = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
    quantize_static(
        prepared, path, Reader(), per_channel=True, reduce_range=True, op_types_to_quantize=["Conv"], weight_type=QuantType.QInt8,
        activation_type=QuantType.QUInt8, nodes_to_exclude=convolutions[:2], calibrate_method=CalibrationMethod.Percentile,
    )  # fmt: skip


def _training_faces(data: Competition, recognizer: EmotionRecognizer) -> np.ndarray:
    cache = cached_faces(data.train_pictures, data.train_names, recognizer.size, recognizer.channels, "training pictures")
    rows = np.flatnonzero(~frozen_split(data) & cache.readable)
    return cache.rows(rows[np.linspace(0, len(rows) - 1, min(CALIBRATE, len(rows))).round().astype(int)])


def _milliseconds(models: dict[str, EmotionRecognizer], faces: Faces) -> dict[str, float]:
    """Median of a face alone, in turn, on one thread."""
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, recognizer in models.items():
            started = time.perf_counter()
            for i in range(min(FACES, len(faces))):
                recognizer.probabilities([faces[i]])
            times[name].append((time.perf_counter() - started) / min(FACES, len(faces)) * 1000)
    return {name: round(float(np.median(t)), 2) for name, t in times.items()}


def _scores(recognizer: EmotionRecognizer, faces: Faces, disturbance) -> dict:
    probabilities = disturbed(recognizer, faces, disturbance)
    ferplus = metrics.ferplus_scores(probabilities, *faces.votes)["accuracy"] if faces.votes else float("nan")
    return {
        "accuracy": round(metrics.accuracy(probabilities, faces.labels), 4),
        "ferplus_accuracy": round(ferplus, 4),
        "calibration_error": round(metrics.calibration_error(probabilities, faces.labels), 4),
    }
