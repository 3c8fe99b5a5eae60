"""The group on the episode's clock: alignment, resting faces, agreement."""

import numpy as np
import pandas as pd
import pytest

from emofast.emotions import EMOTIONS
from emofast.sample.audience import Bump, DrawnViewer
from emofast.video.group import CLIP, STEP, Group, agreement, align, differences, moved
from emofast.video.moments import reliability
from emofast.video.timeline import COLUMNS


def viewer(*peaks: float, bias=(0.0, 0.0), away=(), seed: int = 1, emotion: str = "happy") -> DrawnViewer:
    return DrawnViewer("v", tuple(Bump(p, emotion, 2.5) for p in peaks), tuple(away), Bump(0, "neutral", 1, 0.0), bias, seed)


def group(*viewers: DrawnViewer, starts=None, duration: float = 60, lag: float = 0.0) -> Group:
    starts = starts or [0.0] * len(viewers)
    return Group.of({f"v{k}": (v.timeline(duration), s) for k, (v, s) in enumerate(zip(viewers, starts))}, duration, lag)


def peak(g: Group, i: int = 0) -> float:
    """The middle of the reaction."""
    return float(g.t[g.reactions[i, :, 0] > g.reactions[i, :, 0].max() / 2].mean())


@pytest.mark.parametrize(("start", "lag", "expected"), [(0, 0, 30), (0, 1.5, 28.5), (4, 1, 33), (-5, 0, 25)])
def test_offset_and_lag_move_a_reaction_to_the_episodes_clock(start, lag, expected):
    assert peak(group(viewer(30), starts=[start], lag=lag)) == pytest.approx(expected, abs=0.4)


def test_before_a_late_recording_nobody_is_seen():
    g = group(viewer(30), starts=[10.0])
    assert not g.seen[0, : int(9 / STEP)].any() and g.seen[0, int(11 / STEP) : int(50 / STEP)].all()
    assert np.isnan(g.values[0, 0]).all() and not g.reactions[0, 0].any()


def test_looking_away_is_a_gap_and_not_a_reaction():
    g = group(viewer(30, away=[(10, 14)]))
    gone = (g.t > 10.3) & (g.t < 13.6)
    assert not g.seen[0, gone].any() and not g.reactions[0, gone].any()
    assert not moved(g.reactions)[0, (g.t > 8) & (g.t < 17)].any()


def test_a_sullen_resting_face_reacts_like_any_other():
    plain, sullen = group(viewer(30)), group(viewer(30, bias=(-0.35, 0.2)))
    assert abs(np.nanmedian(sullen.values[0, :, -2]) - np.nanmedian(plain.values[0, :, -2])) > 0.2
    away = (plain.t - 30) ** 2 > 25
    assert not moved(sullen.reactions)[0, away].any() and moved(sullen.reactions)[0, int(30 / STEP)]


def test_how_stable_the_ranking_is_is_unknown_where_a_half_saw_nothing():
    """Of four recordings one overlaps the episode."""
    assert reliability(group(*[viewer(10, 30, seed=k) for k in range(4)])) > 0.5
    assert reliability(group(*[viewer(10, 30, seed=k) for k in range(4)], starts=[0.0, 500.0, 500.0, 500.0])) is None


def test_a_picture_in_a_frame_shows_nothing():
    t = np.arange(0, 60, 0.1)
    still = pd.DataFrame({c: np.full(len(t), 0.1) for c in COLUMNS} | {"t": t})
    still["arousal"] += 1e-7 * np.sin(t)
    assert not moved(Group.of({"still": (still, 0.0)}, 60).reactions).any()


def test_reactions_are_bounded_and_neutral_is_none():
    g = group(viewer(20, 40), viewer(20, seed=2, emotion="fear"))
    assert np.abs(g.reactions).max() <= CLIP
    assert not g.reactions[..., 2 + EMOTIONS.index("neutral")].any()


def test_agreement_is_the_mean_correlation_of_equally_moved_viewers():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(1, 400, 1))
    x = (shared + rng.normal(size=(4, 400, 1))) * 100  # so large that the guard against silence does not count
    found = agreement(x).mean()
    pairs = np.mean([np.corrcoef(x[i, :, 0], x[j, :, 0])[0, 1] for i in range(4) for j in range(i)])
    assert found == pytest.approx(pairs, abs=0.06)


def test_agreement_has_its_bounds():
    x = np.random.default_rng(1).normal(size=(1, 200, 2)) * 1000
    assert agreement(np.repeat(x, 3, axis=0)) == pytest.approx(1, abs=1e-3)
    assert agreement(np.stack([x[0], -x[0]])) == pytest.approx(-1, abs=1e-3)
    assert agreement(np.zeros((5, 50, 11))) == pytest.approx(0)


def test_the_table_counts_viewers_and_shares():
    g = group(viewer(30, seed=1), viewer(30, seed=2), viewer(seed=3, away=[(25, 35)]))
    table = g.table()
    row = table.iloc[int(30 / STEP)]
    assert row["viewers"] == 2 and row["share_happy"] == 1 and row["moved"] == 2 and row["valence"] > 0.5
    assert table.filter(like="share_").sum(axis=1).dropna().round(6).eq(1).all()
    assert "agreement" in table and table["agreement"].between(-0.5, 1).all()


def test_groups_differ_where_they_do():
    same, own = [viewer(20, seed=k) for k in range(7)], [viewer(20, 42, seed=10 + k) for k in range(7)]
    both = group(*same, *own)
    q = differences(both, [both.names[:7], both.names[7:]])
    apart = both.t[q < 0.05]
    assert abs(apart.mean() - 42) < 0.6 and 38 < apart.min() < apart.max() < 46


def test_who_is_not_recorded_does_not_differ():
    people = {f"v{k}": (viewer(20, 42, seed=k).timeline(60), 0.0) for k in range(14)}
    people |= {f"v{k}": (frame[frame["t"] < 30], 0.0) for k, (frame, _) in enumerate(list(people.values())[:7])}
    both = Group.of(people, 60)
    q = differences(both, [both.names[:7], both.names[7:]])
    assert (q[both.t > 33] == 1).all() and q.min() > 0.2


def test_align_reads_each_row_once():
    frame = viewer(30).timeline(60, noise=0.0)
    t = np.arange(0, 60, STEP)
    values = align(frame, t, 0.0)
    assert values.shape == (len(t), 11)
    assert values[int(30 / STEP), EMOTIONS.index("happy")] == pytest.approx(frame["p_happy"].max(), abs=0.1)


@pytest.mark.parametrize("fps", [4, 5, 6.25, 7, 7.5, 8])
@pytest.mark.parametrize("start", [0.0, 0.07, 0.125])
def test_few_frames_a_second_leave_no_instant_without_a_face(fps, start):
    """Looks are frames, 6.25 a second at most: some fall on the middle between two instants, some are more than an instant apart."""
    t = np.arange(0, 60, 1 / fps)
    t = t[np.unique(np.floor(t * 6.25 + 1e-6), return_index=True)[1]]
    frame = viewer(30).timeline(60, noise=0.0).iloc[: len(t)].assign(t=t)
    group = Group.of({"v": (frame, start)}, 59)
    inside = group.t >= 0.25
    assert np.isfinite(group.values[0, inside]).all() and (group.attending[0, inside] == 1).all()
