"""Moments: peaks of the group's score, each with the probability that viewers who share nothing would reach it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import find_peaks
from scipy.stats import beta

from emofast.emotions import EMOTIONS
from emofast.video.group import CLIP, STEP, Group, correlation, moved, variance

__all__ = ["SIGNIFICANT", "Moment", "find_moments", "score"]

SIGNIFICANT = 0.05
SHIFTS = 400
"""Circular shifts behind a p-value; none of them reaching a peak leaves the bound 1 - 0.05 ** (1 / SHIFTS)."""

WEIGHTS = {"arousal": 1, "valence": 1, "share": 1, "emotion": 2, "agreement": 1}
"""Parts of the score. The emotion the viewers share counts twice: many faces moving is common, moving alike is not."""

PROMINENCE = 8.0
"""Points of the score (0 to 100) by which a peak must stand out from its surroundings."""


@dataclass(frozen=True)
class Moment:
    """One moment in episode seconds; `score` 0 to 100; `viewers` moved at the peak; `p_value` NaN with one viewer."""

    start: float
    end: float
    peak: float
    score: float
    emotion: str
    viewers: int
    p_value: float


def score(reactions: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Spectacularity 0 to 100, float [T], of `reactions` [n, T, 11] by viewers `seen` [n, T].

    Weighted mean of five parts, each 0 to 1: mean arousal above rest; how far valence leaves rest in one direction; share
    of viewers moved; mean rise of the one emotion that rose most; agreement (left out for one viewer). Where fewer than
    half of the viewers are seen the missing ones count as unmoved.
    """
    return _score(_features(reactions, seen).sum(0), len(reactions))


def _features(reactions: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """What each viewer adds to the score, float32 [n, T, 15]: the score is a function of the sum over viewers, so that chance
    levels cost one addition a viewer."""
    own = [np.maximum(reactions[..., 1], 0), moved(reactions), np.stack([variance(r) for r in reactions]), seen]
    return np.concatenate([reactions, np.stack(own, axis=-1)], axis=-1, dtype=np.float32)


def _score(total: np.ndarray, n: int) -> np.ndarray:
    reaction, (aroused, faces, within, seen) = total[:, :-4], total[:, -4:].T
    weight = np.maximum(seen, n / 2)
    parts = {
        "arousal": aroused / weight / CLIP,
        "valence": np.abs(reaction[:, 0]) / weight / CLIP,
        "share": faces / weight,
        "emotion": reaction[:, 2:].max(-1) / weight / CLIP,
    }
    if n > 1:
        parts["agreement"] = np.maximum(correlation(reaction, within, n), 0)
    return 100 * sum(WEIGHTS[k] * v for k, v in parts.items()) / sum(WEIGHTS[k] for k in parts)


def find_moments(group: Group, *, gap: float = 4.0, seed: int = 0) -> list[Moment]:
    """All prominent moments, best first, at least `gap` seconds between two peaks. The same input gives the same moments."""
    curve = score(group.reactions, group.seen)
    padded = np.pad(curve, 1)  # a peak at the very edge is one too
    peaks, found = find_peaks(padded, distance=max(1, round(gap / STEP)), prominence=PROMINENCE, width=0, rel_height=0.5)
    peaks, left, right = peaks - 1, found["left_ips"] - 1, found["right_ips"] - 1
    p = _p_values(group, peaks, curve[peaks], np.random.default_rng(seed))
    rise, faces = group.reactions[..., 2:].sum(0), moved(group.reactions).sum(0)
    moments = [
        Moment(max(0.0, a * STEP), b * STEP, float(group.t[k]), float(curve[k]), _emotion(rise, k), int(faces[k]), float(q))
        for k, a, b, q in zip(peaks, left.tolist(), right.tolist(), p)
        if faces[k]
    ]
    return sorted(moments, key=lambda m: -m.score)


def _emotion(rise: np.ndarray, k: int) -> str:
    """The emotion that grew most within a second of the peak."""
    around = rise[max(0, k - round(1 / STEP)) : k + round(1 / STEP) + 1].mean(0)
    return EMOTIONS[int(np.argmax(around))]


def _p_values(group: Group, peaks: np.ndarray, heights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Family-wise p-value of each peak: how often the highest point of shifted viewers is at least as high; of that share, which
    `SHIFTS` shifts know only roughly, the upper 95 % bound (Clopper & Pearson 1934).

    Each viewer is turned in time by a random amount, which keeps every face and breaks what they share. Moments found
    significant are then cut out of the faces and the rest is tested again (step-down): a shared laugh that was
    recognised as one must not count as the chance level of the others.
    """
    p = np.full(len(peaks), np.nan)
    if len(group.names) < 2 or not len(peaks):
        return p
    reactions = group.reactions.copy()
    todo = np.ones(len(peaks), bool)
    floor = 0.0
    while todo.any():
        highest = _chance_maxima(reactions, group.seen, rng)
        reached = (highest[None] >= heights[todo, None]).sum(1)
        now = beta.ppf(0.95, reached + 1, SHIFTS - reached)
        now[reached == SHIFTS] = 1.0
        p[todo] = np.maximum(now, floor)
        new = todo & (p < SIGNIFICANT)
        if not new.any():
            break
        floor = p[new].max()
        for k in peaks[new]:
            reactions[:, max(0, k - round(4 / STEP)) : k + round(4 / STEP) + 1] = 0
        todo &= ~new
    return p


def _chance_maxima(reactions: np.ndarray, seen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Highest score of each of `SHIFTS` random circular shifts, float [SHIFTS]."""
    n, length = seen.shape
    features = _features(reactions, seen)
    twice = np.concatenate([features, features], axis=1)
    totals = (sum(viewer[s : s + length] for viewer, s in zip(twice, rng.integers(length, size=n))) for _ in range(SHIFTS))
    return np.array([_score(total, n).max() for total in totals])
