"""What a session counts: how long each stage takes, how fast it was, what was seen."""

import numpy as np
import pytest

from emofast.emotions import N
from emofast.live import summary
from emofast.live.smoothing import MIXED, FaceView
from emofast.live.summary import RECENT, Stages
from emofast.recognition import Box


def test_stages_keep_their_order_and_forget_what_is_old():
    stages = Stages()
    with stages("read"):
        pass
    for ms in [1e6, *range(RECENT)]:
        stages.add("draw", ms)
    stages.add("read", 5.0)
    (first, _, _), (second, median, p95) = stages.rows()
    assert (first, second) == ("read", "draw")
    assert median == pytest.approx(RECENT / 2, rel=0.01) and p95 == pytest.approx(0.95 * RECENT, rel=0.01)


def test_the_summary_counts_no_pause_and_no_face_without_a_label(monkeypatch, capsys):
    clock = iter([0.0, 0.1, 0.2, 60.0, 60.1])
    monkeypatch.setattr(summary.time, "perf_counter", lambda: next(clock))
    counts = summary.Summary(Stages(), "one of your own")
    unsure, sure = (FaceView(1, Box(0, 0, 9, 9), e, np.full(N, 1 / N), 0.0, 0.0, (), r) for e, r in ((None, MIXED), ("sad", None)))
    for views in ([], [unsure], [unsure], [sure]):
        counts.add(views)
    assert counts.seconds == pytest.approx(1.3), "a second at most for each frame"
    assert counts.first_label == pytest.approx(60.1)
    counts.print()
    counts.first_label = None
    counts.print()
    counts.without_face = counts.frames
    counts.print()
    first, second, third = (line for line in capsys.readouterr().out.splitlines() if "frames per second" in line)
    assert "first label 60.1 s" in first and "no face in them could be labelled" in second and "come closer" in third
