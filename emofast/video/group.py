"""The group: all viewers on the episode's clock, each measured against their own resting face; and where parts of it differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d, median_filter, uniform_filter1d
from scipy.stats import false_discovery_control

from emofast.emotions import EMOTIONS

STEP = 0.25
"""Seconds between two points of the group's curves."""

SMOOTH = 0.6
"""Standard deviation, in seconds, of the Gaussian that smooths each viewer: an expression lasts seconds, misreadings a frame."""

REST = 120.0
"""The resting face is the median of this many seconds around: light and posture change over an episode."""

CLIP = 6.0
"""Robust standard deviations at which one viewer's reaction is cut off: nobody outweighs the group by grimacing."""

MOVED = 3.0
"""A viewer counts as moved this many robust standard deviations of valence and arousal away from their resting face ..."""

SHOWN = 0.3
"""... or when the probability of one emotion is this much above its own at rest."""

ISC_WINDOW = 6.0
"""Seconds over which agreement between viewers is correlated."""

SHUFFLES = 1000
WINDOW = 4.0
"""Seconds over which reactions are averaged before parts of the group are compared: one test each, half overlapping."""

_FLOOR = 0.05  # valence/arousal units: of a still face the smallest turn of the head must not count as a reaction
_VALUES = [f"p_{e}" for e in EMOTIONS] + ["valence", "arousal"]


@dataclass(frozen=True)
class Group:
    """`n` viewers at `T` instants of the episode.

    t: float [T], episode seconds. names: n names. seen: bool [n, T], face visible. values: float [n, T, 11], smoothed
    probabilities in the order of `EMOTIONS`, valence, arousal; NaN where not seen. reactions: float32 [n, T, 11], how far
    each viewer is from their own resting face, 0 where not seen: valence and arousal in robust standard deviations within
    ±`CLIP`, then the rise of each emotion's probability times `CLIP` (neutral is no reaction: 0). attending: float [n, T], 1 where
    the viewer is seen and not turned away, 0 where not, NaN where there is no recording.
    """

    t: np.ndarray
    names: tuple[str, ...]
    seen: np.ndarray
    values: np.ndarray
    reactions: np.ndarray
    attending: np.ndarray

    @classmethod
    def of(
        cls, viewers: dict[str, tuple[pd.DataFrame, float]], duration: float, lag: float = 1.0, lengths: dict[str, float] | None = None
    ) -> "Group":
        """Put timelines on the episode's clock.

        viewers: name to (timeline of one face, episode second at which the recording starts). lag: seconds by which a
        face follows the screen; a reaction at 61.0 s of the episode's clock is booked at 60.0 s. lengths: seconds of each
        recording; without, each counts as covering the episode to its end.
        """
        t = np.arange(0, max(duration, STEP), STEP)
        values = np.stack([align(frame, t, start - lag) for frame, start in viewers.values()])
        seen = np.isfinite(values[..., -1])
        reactions = np.stack([_reaction(v, s) for v, s in zip(values, seen)])
        covered = [(t >= start) & (t < start + (lengths or {}).get(name, np.inf)) for name, (_, start) in viewers.items()]
        facing = np.stack([_facing(frame, t, start) for frame, start in viewers.values()])
        return cls(t, tuple(viewers), seen, values, reactions, np.where(np.stack(covered), facing, np.nan))

    def part(self, names: Iterable[str]) -> "Group":
        """The viewers of these names alone."""
        rows = [self.names.index(name) for name in names]
        per_viewer = (a[rows] for a in (self.seen, self.values, self.reactions, self.attending))
        return Group(self.t, tuple(self.names[k] for k in rows), *per_viewer)

    def distance(self) -> np.ndarray:
        """float [n, T]: how far each viewer is from rest, 0 to about 1; NaN where not seen."""
        shown = np.maximum(np.hypot(self.reactions[..., 0], self.reactions[..., 1]), self.reactions[..., 2:].max(-1)) / CLIP
        return np.where(self.seen, shown, np.nan)

    def table(self) -> pd.DataFrame:
        """One row per `STEP`: t, viewers, valence, arousal, share_<emotion> (of the viewers seen), rise_<emotion> (mean rise of its
        probability above rest), moved, agreement, attention (share of the viewers recorded who face the screen)."""
        count = self.seen.sum(0)
        seen = np.where(count > 0, count, np.nan)
        mean = np.nansum(self.values, axis=0) / seen[:, None]
        best = np.where(self.seen, np.argmax(np.nan_to_num(self.values[..., : len(EMOTIONS)]), axis=-1), -1)
        table = {"t": self.t, "viewers": count, "valence": mean[:, -2], "arousal": mean[:, -1]}
        table |= {f"share_{e}": (best == k).sum(0) / seen for k, e in enumerate(EMOTIONS)}
        table |= {f"rise_{e}": self.reactions[..., 2 + k].sum(0) / CLIP / np.maximum(count, 1) for k, e in enumerate(EMOTIONS)}
        table["moved"] = moved(self.reactions).sum(0)
        table["agreement"] = agreement(self.reactions) if len(self.names) > 1 else np.nan
        recorded = np.isfinite(self.attending).sum(0)
        table["attention"] = np.nansum(self.attending, axis=0) / np.where(recorded > 0, recorded, np.nan)
        return pd.DataFrame(table)


def align(timeline: pd.DataFrame, t: np.ndarray, start: float) -> np.ndarray:
    """Smoothed values float [len(t), 11] of one face at episode times `t`; NaN where it was seen neither then nor just before and after.

    `start` is added to the recording's clock. Instants without a face do not pull the curve towards anything.
    """
    rows, slot = _slots(timeline, t, start)
    count = np.bincount(slot, minlength=len(t)).astype(float)
    total = np.stack([np.bincount(slot, rows[column], minlength=len(t)) for column in _VALUES], axis=1)
    looked = count > 0
    mean = total / np.maximum(count, 1)[:, None]
    sigma = SMOOTH / STEP
    weight = gaussian_filter1d(looked.astype(float), sigma, mode="constant")
    smooth = gaussian_filter1d(mean, sigma, axis=0, mode="constant") / np.maximum(weight, 1e-9)[:, None]
    return np.where((looked | _between(looked))[:, None], smooth, np.nan)


def _facing(timeline: pd.DataFrame, t: np.ndarray, start: float) -> np.ndarray:
    """float [len(t)]: 1 where the face is seen, turned to the camera as far as the timeline knows, else 0. No lag is taken off:
    attention is what a viewer does while the film runs."""
    rows, slot = _slots(timeline, t, start)
    count = np.bincount(slot, minlength=len(t))
    facing = np.bincount(slot, rows["facing"].fillna(1).to_numpy(float), len(t)) > count / 2
    return (facing | ((count == 0) & _between(facing))).astype(float)


def _between(there: np.ndarray) -> np.ndarray:
    """bool [T]: which instants lie between two that are `there`. Where a recording has few frames a second no look may fall on one."""
    inside = np.zeros_like(there)
    inside[1:-1] = there[:-2] & there[2:]
    return inside


def _slots(timeline: pd.DataFrame, t: np.ndarray, start: float) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows with a face that fall on the episode times `t`, and the index into `t` of each."""
    rows = timeline.dropna(subset=["valence"])
    # halves go up: rounded to even, looks a STEP apart could leave every other instant without one (recordings of 4 or 8 frames a second)
    slot = np.floor((rows["t"].to_numpy() + start) / STEP + 0.5).astype(int)
    inside = (slot >= 0) & (slot < len(t))
    return rows[inside], slot[inside]


def moved(reactions: np.ndarray) -> np.ndarray:
    """bool [n, T]: which of the viewers `reactions` [n, T, 11] are clearly away from their resting face."""
    return (np.hypot(reactions[..., 0], reactions[..., 1]) > MOVED) | (reactions[..., 2:].max(-1) > SHOWN * CLIP)


def agreement(reactions: np.ndarray) -> np.ndarray:
    """Windowed inter-subject correlation, float [T] in [-1/(n-1), 1], of `reactions` [n, T, k].

    The sum of all covariances between two viewers over (n-1) times the sum of their variances, in a sliding window:
    the ratio of between- to within-subject covariance of Dmochowski et al. (2012), Frontiers in Human Neuroscience 6:112.
    A viewer who shows nothing in the window adds to neither.
    """
    return correlation(reactions.sum(0), sum(variance(one) for one in reactions), len(reactions))


def correlation(total: np.ndarray, within: np.ndarray, n: int) -> np.ndarray:
    """`agreement` from sums over the `n` viewers: of their reactions [T, k] and of their own `variance` [T]."""
    # One unit of variance a viewer on top: windows in which nobody moves must not correlate by rounding.
    return (variance(total) - within) / ((n - 1) * (within + n))


def variance(reaction: np.ndarray) -> np.ndarray:
    """Variance of a reaction [T, k] in a sliding window, summed over its k columns: float [T].

    Before and after the episode everybody rests: a window that wrapped around would see at its start what happens at its end.
    """
    size = round(ISC_WINDOW / STEP)
    mean = uniform_filter1d(reaction, size, axis=0, mode="constant")
    square = uniform_filter1d(np.einsum("tk,tk->t", reaction, reaction), size, mode="constant")
    return np.maximum(square - np.einsum("tk,tk->t", mean, mean), 0)


def _reaction(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """One viewer's `Group.reactions` [T, 11] from smoothed values [T, 11]."""
    out = np.zeros(values.shape, np.float32)
    if not seen.any():
        return out
    known = values[seen]
    size = round(REST / STEP)
    # reflected: repeated outwards, the first and last instant would be half of what is taken for rest near the edges
    rest = np.median(known, axis=0) if len(known) <= size else median_filter(known, size=(size, 1), mode="reflect")
    away = known - rest
    p, va = away[:, : len(EMOTIONS)], away[:, len(EMOTIONS) :]
    spread = np.maximum(1.4826 * np.median(np.abs(va - np.median(va, axis=0)), axis=0), _FLOOR)
    rise = np.maximum(p, 0) * CLIP
    rise[:, EMOTIONS.index("neutral")] = 0
    out[seen] = np.concatenate([np.clip(va / spread, -CLIP, CLIP), rise], axis=1)
    return out


def differences(group: Group, members: list[tuple[str, ...]], seed: int = 0) -> np.ndarray:
    """float [T]: the false discovery rate (Benjamini & Hochberg 1995) at which the mean reactions of two or more groups of viewers,
    `members` by name, differ at each instant, by permutation of who is in which. 1 where nobody of a group is seen.

    Few viewers can never differ significantly: three against three have only 20 labellings, and five against five must differ in a
    sixth of the episode.
    """
    rows = [group.names.index(name) for names in members for name in names]
    sizes = [len(names) for names in members]
    size, hop = round(WINDOW / STEP), round(WINDOW / STEP / 2)
    starts = np.arange(0, max(1, len(group.t) - size + 1), hop)
    total, seen = (np.stack([a[rows, s : s + size].sum(1, dtype=float) for s in starts], axis=1) for a in (group.reactions, group.seen))
    spans = list(pairwise(np.cumsum([0, *sizes])))

    def between(order: np.ndarray) -> np.ndarray:
        means = [total[order[a:b]].sum(0) / np.maximum(seen[order[a:b]].sum(0), 1)[:, None] for a, b in spans]
        return sum(np.square(m - n).sum(-1) for m, n in combinations(means, 2))

    rng = np.random.default_rng(seed)
    found, reached = between(np.arange(len(rows))), np.ones(len(starts))
    for _ in range(SHUFFLES):
        reached += between(rng.permutation(len(rows))) >= found - 1e-9
    reached[[not all(seen[a:b, k].any() for a, b in spans) for k in range(len(starts))]] = SHUFFLES + 1
    q = false_discovery_control(reached / (SHUFFLES + 1))
    nearest = np.searchsorted(starts, np.arange(len(group.t)) - size / 2 - hop / 2)  # the window whose middle is nearest
    return q[np.clip(nearest, 0, len(q) - 1)]
