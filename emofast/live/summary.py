"""What a session counts, and tells on leaving: how long each stage took, how much was seen, how fast, and which emotions."""

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from rich.table import Table

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED, FaceView
from emofast.live.texts import CLOSER, HINTS

RECENT = 20_000  # durations of a stage that are remembered, in memory that does not grow with the hours: ten minutes of a camera
_BREAK = 1.0  # s between two frames that count at most: a view that is paused, or waits for its camera, is not slow


class Stages:
    """The newest durations by stage name, in the order in which the stages first ran."""

    def __init__(self):
        self._durations: dict[str, deque[float]] = {}

    def add(self, stage: str, ms: float) -> None:
        self._durations.setdefault(stage, deque(maxlen=RECENT)).append(ms)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.add(stage, (time.perf_counter() - start) * 1e3)

    def rows(self) -> list[tuple[str, float, float]]:
        """(stage, median, 95th percentile) in milliseconds."""
        return [(name, *np.percentile(d, [50, 95]).tolist()) for name, d in self._durations.items()]


class Summary:
    """Counts a session in constant memory. `started`: `time.perf_counter()` when the person started the program."""

    def __init__(self, stages: Stages, detector: str, started: float | None = None):
        self.stages, self.detector = stages, detector
        self.frames = self.without_face = 0
        self.shown: Counter[str] = Counter()
        self.first_label: float | None = None
        self.seconds = 0.0
        self._last = time.perf_counter()
        self._started = self._last if started is None else started

    def add(self, views: list[FaceView]) -> None:
        now = time.perf_counter()
        self.seconds, self._last = self.seconds + min(now - self._last, _BREAK), now
        self.frames += 1
        self.without_face += not views
        self.shown.update(v.emotion or v.reason for v in views)
        if self.first_label is None and any(v.emotion for v in views):
            self.first_label = now - self._started

    def print(self) -> None:
        if not self.frames:
            console.print("No frame was seen.")
            return
        console.print(f"\n{self.frames} frames in {self.seconds:.1f} s, {self.frames / self.seconds:.1f} frames per second", end="; ")
        if self.first_label:
            console.print(f"first label {self.first_label:.1f} s after the start.")
        elif self.without_face == self.frames:
            console.print(f"no face in any of them: {HINTS.get(self.detector, CLOSER)}.")
        else:
            console.print("no face in them could be labelled.")
        table = Table("stage", "median ms", "95 % below ms", box=None, pad_edge=False)
        for name, median, p95 in self.stages.rows():
            table.add_row(name, f"{median:.2f}", f"{p95:.2f}")
        console.print(table)
        faces = self.shown.total()
        if faces:
            shares = [f"{name} {self.shown[name] / faces:.0%}" for name in (*EMOTIONS, MIXED, BAD_PICTURE, AWAY) if self.shown[name]]
            console.print(f"Shares of {faces} faces seen: " + ", ".join(shares))
        console.print(f"Frames without a face: {self.without_face} ({self.without_face / self.frames:.0%})")
