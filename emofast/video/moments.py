"""Moments: peaks of the group's score, each with the probability that viewers who share nothing would reach it."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import find_peaks
from scipy.stats import beta, spearmanr

from emofast.emotions import EMOTIONS
from emofast.video.group import CLIP, STEP, Group, correlation, moved, variance

SIGNIFICANT = 0.05
SHIFTS = 400
"""Circular shifts behind a p-value; none of them reaching a peak leaves the bound 1 - 0.05 ** (1 / SHIFTS)."""

WEIGHTS = {"arousal": 1, "valence": 1, "share": 1, "emotion": 2, "agreement": 1}
"""Parts of the score. The emotion the viewers share counts twice: many faces moving is common, moving alike is not."""

PROMINENCE = 8.0
"""Points of the score (0 to 100) by which a peak must stand out from its surroundings."""

WORTH = 0.05
"""Moments of which at most this share is false are listed although each alone could be chance."""

GAP = 4.0
"""Seconds between two moments' peaks at least."""

STRONGEST = 3
"""Moments of each group of viewers that are named."""

AROUND, FARTHEST = 4.0, 15.0
"""Seconds around a moment that its reaction lasts at least and at most."""

_HALVES = 50


@dataclass(frozen=True)
class Moment:
    """One moment in episode seconds; `score` 0 to 100; `viewers` moved at the peak; `p_value` NaN with one viewer; `groups`: labels of the
    viewers with whom it is among the strongest."""

    start: float
    end: float
    peak: float
    score: float
    emotion: str
    viewers: int
    p_value: float
    groups: tuple[str, ...] = ()


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


def find_moments(group: Group) -> list[Moment]:
    """The moments worth a look, best first, at least `GAP` seconds between two peaks. The same input gives the same moments.

    Peaks of the score that stand out from their surroundings by half their height; a smaller bump is the tail of a greater reaction.
    Those that chance explains are left out, unless it explains all: then all are given.
    """
    curve = score(group.reactions, group.seen)
    padded = np.pad(curve, 1)  # a peak at the very edge is one too
    peaks, found = find_peaks(padded, distance=round(GAP / STEP), prominence=PROMINENCE, width=0, rel_height=0.5)
    stands = found["prominences"] >= curve[peaks - 1] / 2
    peaks, left, right = (a[stands] for a in (peaks - 1, found["left_ips"] - 1, found["right_ips"] - 1))
    p, q = _p_values(group, peaks, curve[peaks], np.random.default_rng(0))
    rise, faces, second = group.reactions[..., 2:].sum(0), moved(group.reactions).sum(0), round(1 / STEP)
    known = []
    for k, a, b, chance, false in zip(peaks, left.tolist(), right.tolist(), p, q):
        if faces[k]:
            emotion = EMOTIONS[int(np.argmax(rise[max(0, k - second) : k + second + 1].mean(0)))]  # the one that grew most around
            m = Moment(max(0.0, a * STEP), b * STEP, float(group.t[k]), float(curve[k]), emotion, int(faces[k]), float(chance))
            known.append((m, false))
    worth = [m for m, false in known if m.p_value < SIGNIFICANT or false <= WORTH]
    return sorted(worth or [m for m, _ in known], key=lambda m: -m.score)


def reliability(group: Group) -> float | None:
    """How stable the ranking of the episode's instants is with so many viewers: the rank correlation of the scores of two halves of the
    audience, mean of `_HALVES` random splits, stepped up to the whole audience (Spearman 1910, Brown 1910). None under four viewers,
    and where a half of them never moves: the ranks of a flat curve say nothing."""
    n = len(group.names)
    if n < 4:
        return None
    rng, found = np.random.default_rng(0), []
    for _ in range(_HALVES):
        order = rng.permutation(n)
        one, other = order[: n // 2], order[n // 2 : n // 2 * 2]
        curves = [score(group.reactions[half], group.seen[half])[::4] for half in (one, other)]
        if all(map(np.ptp, curves)):
            found.append(spearmanr(*curves).statistic)
    if not found:
        return None
    r = float(np.mean(found))
    times = n / (n // 2)
    return round(times * r / (1 + (times - 1) * r), 2)


def with_groups(moments: list[Moment], group: Group, labels: dict[str, tuple[str, ...]]) -> list[Moment]:
    """`moments`, each with the labels (label to names of viewers) among whose `STRONGEST` it is. What a group alone shares beyond chance
    comes last, with its own score, viewers and p-value."""
    named = list(moments)
    for label, names in labels.items():
        for own in find_moments(group.part(names))[:STRONGEST]:
            same = next((k for k, m in enumerate(named) if abs(m.peak - own.peak) < GAP), None)
            if same is not None:
                named[same] = replace(named[same], groups=(*named[same].groups, label))
            elif own.p_value < SIGNIFICANT:
                named.append(replace(own, groups=(label,)))
    return named


def _p_values(group: Group, peaks: np.ndarray, heights: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of each peak the family-wise p-value and the share of false ones among those as high; NaN for one viewer.

    p: how often the highest point of shifted viewers is at least as high; of that share, which `SHIFTS` shifts know only roughly, the
    upper 95 % bound (Clopper & Pearson 1934). The false share: how many peaks as high shifted viewers have, over how many there are.

    Each viewer is turned in time by a random amount, which keeps every face and breaks what they share. Moments found
    significant are then cut out of the faces, from where each face leaves rest to where it is back, and the rest is tested again
    (step-down): a shared laugh that was recognised as one must not count as the chance level of the others, nor its end as another.
    """
    p, q = np.full(len(peaks), np.nan), np.full(len(peaks), np.nan)
    if len(group.names) < 2 or not len(peaks):
        return p, q
    reactions = group.reactions.copy()
    todo, floor = np.ones(len(peaks), bool), 0.0
    while todo.any():
        highest, as_high = _chance_levels(reactions, group.seen, heights, rng)
        q[todo] = (as_high / (heights[:, None] <= heights).sum(1))[todo]
        reached = (highest[None] >= heights[todo, None]).sum(1)
        now = beta.ppf(0.95, reached + 1, SHIFTS - reached)
        now[reached == SHIFTS] = 1.0
        p[todo] = np.maximum(now, floor)
        new = todo & (p < SIGNIFICANT)
        if not new.any():
            break
        floor = p[new].max()
        for k in peaks[new]:
            _forget(reactions, k)
        todo &= ~new
    return p, q


def _forget(reactions: np.ndarray, k: int) -> None:
    """Put every viewer's reaction around instant `k` to rest: `AROUND` seconds, and on as long as the face is away from rest."""
    near, far = round(AROUND / STEP), round(FARTHEST / STEP)
    for viewer in reactions:
        rest = np.flatnonzero(np.abs(viewer).max(-1) <= CLIP / 4)
        before, after = rest[rest < k - near].max(initial=-1), rest[rest > k + near].min(initial=len(viewer))
        viewer[max(before + 1, k - far) : min(after, k + far)] = 0


def _chance_levels(reactions: np.ndarray, seen: np.ndarray, heights: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Highest score of each of `SHIFTS` random circular shifts, float [SHIFTS], and how many peaks at least as high as each of `heights`
    one of them has on average."""
    n, length = seen.shape
    features = _features(reactions, seen)
    twice = np.concatenate([features, features], axis=1)
    highest, peaks = np.empty(SHIFTS), []
    for k in range(SHIFTS):
        curve = _score(sum(viewer[s : s + length] for viewer, s in zip(twice, rng.integers(length, size=n))), n)
        highest[k] = curve.max()
        peaks.append(curve[1:-1][(curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])])
    found = np.sort(np.concatenate(peaks))
    return highest, (len(found) - np.searchsorted(found, heights)) / SHIFTS
