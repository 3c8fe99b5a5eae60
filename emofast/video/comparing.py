"""Groups of viewers side by side: their own curves, and where they differ by more than chance."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from emofast.video.group import STEP, Group
from emofast.video.moments import SIGNIFICANT, Moment, find_moments, score

STRONGEST = 3
"""Moments of each group that are named."""

SHUFFLES = 1000
WINDOW = 4.0
"""Seconds over which reactions are averaged before groups are compared: one test each, half overlapping."""


def compare(group: Group, labels: dict[str, tuple[str, ...]], seed: int = 0) -> pd.DataFrame:
    """One row per instant of `group`: `score <label>` and `moved <label>` of each group of viewers, and `differ`: the false discovery
    rate (Benjamini & Hochberg 1995) at which the groups' mean reactions differ there, by permutation of the labels.

    `differ` is empty for one group. Few viewers can never differ significantly: three against three have only 20 labellings.
    """
    parts = {label: group.part(names) for label, names in labels.items()}
    columns = {}
    for label, part in parts.items():
        columns[f"score {label}"] = score(part.reactions, part.seen)
        columns[f"moved {label}"] = np.abs(part.reactions[..., :2]).mean((0, 2))
    columns["differ"] = _differ(group, list(labels.values()), seed) if len(labels) > 1 else np.nan
    return pd.DataFrame(columns, index=range(len(group.t)))


def with_groups(moments: list[Moment], group: Group, labels: dict[str, tuple[str, ...]], gap: float) -> list[Moment]:
    """`moments`, each with the labels among whose `STRONGEST` it is. What a group alone shares beyond chance comes last, with its own
    score, viewers and p-value."""
    named = list(moments)
    for label, names in labels.items():
        for own in find_moments(group.part(names), gap)[:STRONGEST]:
            same = next((k for k, m in enumerate(named) if abs(m.peak - own.peak) < gap), None)
            if same is not None:
                named[same] = replace(named[same], groups=(*named[same].groups, label))
            elif own.p_value < SIGNIFICANT:
                named.append(replace(own, groups=(label,)))
    return named


def _differ(group: Group, members: list[tuple[str, ...]], seed: int) -> np.ndarray:
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
    return q[np.clip(np.searchsorted(starts, np.arange(len(group.t)) - size / 4), 0, len(q) - 1)]
