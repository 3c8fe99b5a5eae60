"""How long each stage takes: order, percentiles, constant memory."""

import pytest

from emofast.live.stages import RECENT, Stages


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
