"""What is told on leaving: how much was seen, how fast, and which emotions."""

from __future__ import annotations

import time
from collections import Counter

from rich.table import Table

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED, FaceView
from emofast.live.stages import Stages


class Summary:
    """Counts a session in constant memory. `started`: `time.perf_counter()` when the person started the program."""

    def __init__(self, stages: Stages, started: float | None = None):
        self.stages = stages
        self.frames = self.without_face = 0
        self.shown: Counter[str] = Counter()
        self.first_label: float | None = None
        self._start = time.perf_counter()
        self._started = self._start if started is None else started

    def add(self, views: list[FaceView]) -> None:
        """Count one frame."""
        self.frames += 1
        self.without_face += not views
        self.shown.update(v.emotion or v.reason for v in views)
        if views and self.first_label is None:
            self.first_label = time.perf_counter() - self._started

    def print(self) -> None:
        """The summary as two tables."""
        seconds = time.perf_counter() - self._start
        if not self.frames:
            console.print("No frame was seen.")
            return
        console.print(f"\n{self.frames} frames in {seconds:.1f} s, {self.frames / seconds:.1f} frames per second", end="")
        none = "no face in any of them: try --detector centerface, or --upsample 1."
        console.print(f"; first label {self.first_label:.1f} s after the start." if self.first_label else f"; {none}")
        table = Table("stage", "median ms", "95 % below ms", box=None, pad_edge=False)
        for name, median, p95 in self.stages.rows():
            table.add_row(name, f"{median:.2f}", f"{p95:.2f}")
        console.print(table)
        faces = self.shown.total()
        if faces:
            shares = [f"{name} {self.shown[name] / faces:.0%}" for name in (*EMOTIONS, MIXED, BAD_PICTURE, AWAY) if self.shown[name]]
            console.print(f"Shares of {faces} faces seen: " + ", ".join(shares))
        console.print(f"Frames without a face: {self.without_face} ({self.without_face / self.frames:.0%})")
