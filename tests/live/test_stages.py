"""Percentiles in constant memory."""

import sys

import numpy as np
import pytest

from emofast.live.stages import Durations, Stages


def test_percentiles_are_right_to_a_per_cent_and_memory_constant():
    durations, rng = Durations(), np.random.default_rng(0)
    values = rng.lognormal(1.5, 0.6, 20_000)
    size = sys.getsizeof(durations._counts)
    for v in values:
        durations.add(v)
    for q in (5, 50, 95, 99):
        assert durations.percentile(q) == pytest.approx(np.percentile(values, q), rel=0.011)
    assert len(durations) == 20_000 and sys.getsizeof(durations._counts) == size


def test_extremes_are_counted_and_emptiness_is_nan():
    durations = Durations()
    assert np.isnan(durations.percentile(50))
    for v in (0.0, 1e12):
        durations.add(v)
    assert len(durations) == 2


def test_stages_in_order():
    stages = Stages()
    with stages("read"):
        pass
    with stages("draw"):
        pass
    stages.add("read", 5.0)
    assert [name for name, _, _ in stages.rows()] == ["read", "draw"]
