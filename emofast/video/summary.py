"""The episode in words and a few numbers: what an editor reads before the curves."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from emofast.emotions import EMOTIONS
from emofast.film.media import Media
from emofast.video.group import STEP, Group
from emofast.video.moments import SIGNIFICANT, score
from emofast.video.selection import Cut
from emofast.video.words import clock

OPENING = 8.0
"""Seconds in which an episode wins its viewers or not."""

AWAY = 0.5, 4.0
"""The room looks away where fewer than this share attend for at least so many seconds."""

_HALVES = 50


def summarise(table: pd.DataFrame, cuts: list[Cut], episode: Media) -> dict:
    """Plain values from the group's `table`.

    curves: for score, attention and each emotion's share of the viewers seen: mean, opening and end (first and last `OPENING`
    seconds), peak and its second. away: (start, end) where the room looks away. words: one sentence for each of the three best moments,
    and one for the strongest of each group.
    """
    names = {"score": "score", "attention": "attention"} | {e: f"share_{e}" for e in EMOTIONS}
    count = sum(c.startswith("reaction ") for c in table)
    return {
        "viewers": count,
        "curves": {name: _curve(table["t"], table[column]) for name, column in names.items()},
        "away": _away(table),
        "words": [_sentence(c, episode, count) for c in sorted(cuts, key=lambda c: c.rank)[:3]] + _favourites(cuts),
    }


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


def _favourites(cuts: list[Cut]) -> list[str]:
    labels = dict.fromkeys(label for c in cuts for label in c.moment.groups)
    own = {label: [c.moment for c in cuts if label in c.moment.groups] for label in labels}
    return [f"Strongest with {label}: {', '.join(f'{m.emotion} at {clock(m.peak)}' for m in found)}." for label, found in own.items()]


def _curve(t: pd.Series, values: pd.Series) -> dict[str, float | None]:
    opening, end = t < OPENING, t >= t.iloc[-1] - OPENING
    facts = {"mean": values.mean(), "opening": values[opening].mean(), "end": values[end].mean(), "peak": values.max()}
    facts["at"] = t[values.idxmax()] if values.notna().any() else np.nan
    return {k: None if np.isnan(v) else round(float(v), 3) for k, v in facts.items()}


def _away(table: pd.DataFrame) -> list[tuple[float, float]]:
    share, least = AWAY
    edges = np.flatnonzero(np.diff(table["attention"] < share, prepend=False, append=False)).reshape(-1, 2)
    return [(a, b) for a, b in (edges * STEP).tolist() if b - a >= least]


def _sentence(cut: Cut, episode: Media, count: int) -> str:
    m, (start, end) = cut.moment, cut.seconds(episode.rate)
    who = f"{m.viewers} of {count} viewers moved" if count > 1 else "the viewer moved"
    sure = "" if m.p_value != m.p_value else ", beyond chance" if m.p_value < SIGNIFICANT else ", could be chance"
    return f"{m.emotion.capitalize()} at {clock(m.peak)} (shown {clock(start)} to {clock(end)}): {who}, score {m.score:.0f} of 100{sure}."
