"""Where groups of viewers differ by more than chance."""

from itertools import combinations, pairwise

import numpy as np
from scipy.stats import false_discovery_control

from emofast.video.group import STEP, Group

SHUFFLES = 1000
WINDOW = 4.0
"""Seconds over which reactions are averaged before groups are compared: one test each, half overlapping."""


def differences(group: Group, members: list[tuple[str, ...]], seed: int = 0) -> np.ndarray:
    """float [T]: the false discovery rate (Benjamini & Hochberg 1995) at which the mean reactions of two or more groups of viewers,
    `members` by name, differ at each instant, by permutation of who is in which.

    Few viewers can never differ significantly: three against three have only 20 labellings, and five against five must differ in a
    sixth of the episode.
    """
    rows = [group.names.index(name) for names in members for name in names]
    sizes = [len(names) for names in members]
    size, hop = round(WINDOW / STEP), round(WINDOW / STEP / 2)
    starts = np.arange(0, max(1, len(group.t) - size + 1), hop)
    x = np.stack([group.reactions[rows, s : s + size].mean(1) for s in starts], axis=1).astype(np.float64)

    def between(order: np.ndarray) -> np.ndarray:
        edges = np.cumsum([0, *sizes])
        means = [x[order[a:b]].mean(0) for a, b in pairwise(edges)]
        return sum(np.square(m - n).sum(-1) for m, n in combinations(means, 2))

    rng = np.random.default_rng(seed)
    found, reached = between(np.arange(len(rows))), np.ones(len(starts))
    for _ in range(SHUFFLES):
        reached += between(rng.permutation(len(rows))) >= found - 1e-9
    q = false_discovery_control(reached / (SHUFFLES + 1))
    nearest = np.searchsorted(starts, np.arange(len(group.t)) - size / 2 - hop / 2)  # the window whose middle is nearest
    return q[np.clip(nearest, 0, len(q) - 1)]
