"""The csv of a session: one row per face and instant, numbers only."""

import csv
from contextlib import ExitStack
from pathlib import Path

from emofast.emotions import EMOTIONS
from emofast.live.pipeline import Seen
from emofast.paths import atomic_write, keeping

COLUMNS = ("t", "frame", "face", "x", "y", "w", "h", "shown", *(f"p_{e}" for e in EMOTIONS), "valence", "arousal")


def face_rows(t: float, frame: int, seen: Seen) -> list[list]:
    """The rows of one instant under `COLUMNS`: seconds, frame number, identity; then what the view shows, smoothed over time: the box in
    the source's pixels and the answer (an emotion, or why there is none); then the network's own probabilities, valence and arousal, not
    smoothed and at most `pipeline.READING` seconds old. An instant without a face has only `t` and `frame`.
    """
    rows = [
        [f"{t:.3f}", frame, v.id, v.box.x, v.box.y, v.box.w, v.box.h, v.emotion or v.reason, *(f"{x:.4f}" for x in (*p, *point))]
        for v, p, point in zip(seen.views, seen.probabilities, seen.points)
    ]
    return rows or [[f"{t:.3f}", frame] + [""] * (len(COLUMNS) - 2)]


class FaceLog:
    """Writes `face_rows` to a file, which is there once it is closed."""

    def __init__(self, path: Path):
        self.path, self._files = Path(path), ExitStack()
        part = self._files.enter_context(atomic_write(self.path))
        self._file = part.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def add(self, t: float, frame: int, seen: Seen) -> None:
        self._rows.writerows(face_rows(t, frame, seen))

    def close(self) -> None:
        """Finish the file; until then there is none of that name. Where the disk is full it holds the rows that fitted."""
        with keeping(self.path, self._files):
            self._file.close()
