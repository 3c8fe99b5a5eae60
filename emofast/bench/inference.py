"""Seconds per image, end to end from a face picture, beside the competition's limit of 0.33 s."""

import argparse
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emofast.bench.record import show
from emofast.console import console
from emofast.machine import machine
from emofast.recognition import EmotionRecognizer
from emofast.recognition.recognizer import find_model

LIMIT = 0.33
"""Seconds per image that the competition allows, on Google Colab."""


def run(args: argparse.Namespace) -> None:
    """Print milliseconds per face of `predict` and of `predict_batch`, for the ONNX model and the learner, one thread."""
    faces = list(np.random.default_rng(0).integers(0, 256, (32, 160, 160, 3), np.uint8))
    console.print(f"{machine()}; one thread; a face is a 160 x 160 BGR picture; the competition allows {LIMIT * 1000:.0f} ms")
    rows = []
    for path in models(args.model):
        start = time.perf_counter()
        recognizer = EmotionRecognizer(path)
        loading = time.perf_counter() - start
        ms, p95 = np.percentile(_times(recognizer.predict, faces[0], 300), [50, 95])
        batch = np.median(_times(recognizer.predict_batch, faces, 20)) / 32
        of = {"face ms": f"{ms:.2f}", "95 %": f"{p95:.2f}", "of limit": f"{ms / LIMIT / 1000:.2%}", "of 32 ms": f"{batch:.2f}"}
        rows.append({"model": path.name, "load s": f"{loading:.2f}", **of})
    show(rows)
    console.print("face: median of predict, one face; 95 %: below this; of limit: share of the allowed time; of 32: one of a batch of 32")


def models(given: Path | None) -> tuple[Path, Path]:
    """(ONNX, learner) to measure: the given model and its twin, else the shipped ones; says which."""
    base = find_model(given)
    console.print(f"model: {base}")
    return base.with_suffix(".onnx"), base.with_suffix(".pkl")


def _times(call: Callable, argument, n: int) -> np.ndarray:
    """Milliseconds of `n` calls after a few that do not count."""
    return 1e3 * np.array(timeit.repeat(lambda: call(argument), number=1, repeat=n + 5)[5:])
