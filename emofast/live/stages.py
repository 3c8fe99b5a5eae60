"""How long each stage of the loop takes, in memory that does not grow with the hours."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

RECENT = 20_000  # durations of a stage that are remembered: ten minutes of a camera


class Stages:
    """The newest durations by stage name, in the order in which the stages first ran."""

    def __init__(self):
        self._durations: dict[str, deque[float]] = {}

    def add(self, stage: str, ms: float) -> None:
        """Count one duration of a stage."""
        self._durations.setdefault(stage, deque(maxlen=RECENT)).append(ms)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.add(stage, (time.perf_counter() - start) * 1e3)

    def rows(self) -> list[tuple[str, float, float]]:
        """(stage, median, 95th percentile) in milliseconds."""
        return [(name, *np.percentile(d, [50, 95]).tolist()) for name, d in self._durations.items()]
