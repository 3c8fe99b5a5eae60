"""How long each stage of the loop takes, in memory that does not grow with the hours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

__all__ = ["Durations", "Stages"]

FIRST, LAST, STEP = 1e-3, 1e6, 1.01  # ms; bins grow by one per cent, so a percentile is right to one per cent


class Durations:
    """Counts of durations in logarithmic bins: percentiles of any number of them to 1 %, in 17 kB."""

    def __init__(self):
        self._counts = np.zeros(int(np.log(LAST / FIRST) / np.log(STEP)) + 2, np.int64)

    def add(self, ms: float) -> None:
        """Count one duration in milliseconds."""
        i = int(np.log(max(ms, FIRST) / FIRST) / np.log(STEP))
        self._counts[min(i, len(self._counts) - 1)] += 1

    def __len__(self) -> int:
        return int(self._counts.sum())

    def percentile(self, q: float) -> float:
        """The duration in milliseconds that `q` per cent do not exceed; NaN when nothing was counted."""
        if not len(self):
            return float("nan")
        i = int(np.searchsorted(self._counts.cumsum(), q / 100 * len(self)))
        return FIRST * STEP ** (i + 0.5)


class Stages:
    """Durations by stage name, in the order in which the stages first ran."""

    def __init__(self):
        self.durations: dict[str, Durations] = {}

    def add(self, stage: str, ms: float) -> None:
        """Count one duration of a stage."""
        self.durations.setdefault(stage, Durations()).add(ms)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.add(stage, (time.perf_counter() - start) * 1e3)

    def rows(self) -> list[tuple[str, float, float]]:
        """(stage, median, 95th percentile) in milliseconds."""
        return [(name, d.percentile(50), d.percentile(95)) for name, d in self.durations.items()]
