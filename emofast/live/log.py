"""The csv of a session: one row per face and instant, numbers only."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.live.smoothing import FaceView
from emofast.paths import atomic_write, keeping

COLUMNS = ("t", "frame", "face", "x", "y", "w", "h", "shown", *(f"p_{e}" for e in EMOTIONS), "valence", "arousal")


class FaceLog:
    """Writes `COLUMNS`: seconds, frame number, identity; then what the view shows, smoothed over time: the box in the source's pixels and
    the answer (an emotion, or why there is none); then the network's own probabilities, valence and arousal, not smoothed and at most
    `pipeline.READING` seconds old. An instant without a face has only `t` and `frame`.
    """

    def __init__(self, path: Path):
        self.path, self._files = Path(path), ExitStack()
        try:
            part = self._files.enter_context(atomic_write(Path(path)))
            self._file = part.open("w", newline="", encoding="utf-8")
        except OSError as e:
            raise EmofastError(f"the log {path} cannot be written ({e.strerror}); choose another place") from None
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def add(self, t: float, frame: int, views: list[FaceView], probabilities: np.ndarray, points: np.ndarray) -> None:
        """The faces of one instant; `probabilities` [n, 9] and `points` [n, 2] belong to the n `views`."""
        if not views:
            self._rows.writerow([f"{t:.3f}", frame] + [""] * (len(COLUMNS) - 2))
        for view, p, point in zip(views, probabilities, points):
            b = view.box
            numbers = [f"{v:.4f}" for v in (*p, *point)]
            self._rows.writerow([f"{t:.3f}", frame, view.id, b.x, b.y, b.w, b.h, view.emotion or view.reason, *numbers])

    def close(self) -> None:
        """Finish the file; until then there is none of that name. Where the disk is full it holds the rows that fitted."""
        with keeping(self.path, self._files):
            self._file.close()
