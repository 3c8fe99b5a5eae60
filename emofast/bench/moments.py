"""How many planted moments are found, how well they are ranked, and how often chance looks like one: drawn viewers, many seeds."""

import argparse
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from emofast.bench.record import show, write_record
from emofast.console import console
from emofast.sample.audience import Bump, plan_events, plan_viewers
from emofast.video.analysis import HZ
from emofast.video.group import STEP, Group
from emofast.video.moments import SIGNIFICANT, Moment, find_moments, score

GROUPS = (1, 2, 3, 4, 5, 8, 12)
DURATION, EVENTS = 600.0, 12
NEAR = 1.0
"""Seconds between a planted moment and a found peak that count as found."""
BEST = 5
"""The k of precision@k: about as many moments as half a minute of trailer holds."""
CLIP = 2.0
"""Seconds of the clips over which average precision is taken, as in QVHighlights (Lei et al. 2021)."""


def run(args: argparse.Namespace) -> None:
    """Print the table and write it to `artifacts/video/moments-study.csv`."""
    console.print(f"{args.seeds} drawn episodes of {DURATION:.0f} s with {EVENTS} planted events, and as many whose viewers never react")
    rows: list[dict] = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for n in GROUPS:
            rows.append(study(n, pool.map(_one_seed, [n] * args.seeds, range(args.seeds))))
            console.print(f"{n} viewers: recall {rows[-1]['recall']:.3f}, precision {rows[-1]['precision']}")
    show(rows)
    write_record("video/moments-study.csv", f"moments --seeds {args.seeds}", rows)


def study(n: int, seeds: Iterable[dict]) -> dict:
    """One row of the table, for `n` viewers. With one viewer there is no p-value and every moment listed counts as found."""
    each = pd.DataFrame(seeds)
    total, mean = each.drop(columns="errors").sum(), each[["best", "hit", "ap", "chance"]].mean().round(3)
    off = np.abs(np.concatenate(each["errors"]))
    return {
        "viewers": n,
        "seeds": len(each),
        "recall": round(total["found"] / (EVENTS * len(each)), 3),
        "precision": round(total["found"] / max(1, total["significant"]), 3) if n > 1 else "",
        "precision_listed": round(total["right"] / max(1, total["listed"]), 3),
        f"precision_at_{BEST}": mean["best"],
        "hit_at_1": mean["hit"],
        "map_2s": mean["ap"],
        "median_error_s": round(float(np.median(off)), 2) if len(off) else "",
        "chance": mean["chance"] if n > 1 else "",
    }


def matches(events: Iterable[Bump], moments: Iterable[Moment]) -> list[float]:
    """Seconds from each found planted event to its moment's peak; each moment counts for one event at most."""
    left, errors = list(moments), []
    for event in events:
        best = min(left, key=lambda m: abs(m.peak - event.peak), default=None)
        if best and abs(best.peak - event.peak) <= NEAR:
            left.remove(best)
            errors.append(best.peak - event.peak)
    return errors


def average_precision(events: Iterable[Bump], curve: np.ndarray) -> float:
    """Of the clips of `CLIP` seconds, ranked by the highest of the score `curve` [T] in each: the mean precision at each clip that shows
    a planted event at half its height."""
    size = round(CLIP / STEP)
    height = curve[: len(curve) // size * size].reshape(-1, size).max(1)
    begin = np.arange(len(height)) * CLIP
    planted = np.any([(begin < e.peak + e.width / 2) & (begin + CLIP > e.peak - e.width / 2) for e in events], axis=0)
    ranked = planted[np.argsort(-height, kind="stable")]
    return float((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())


def _one_seed(n: int, seed: int) -> dict:
    """What `study` adds up: of one episode with planted events, and of one whose viewers never react."""
    rng = np.random.default_rng([seed, n])
    events = plan_events(rng, DURATION, EVENTS)
    group = _audience(rng, events, n)
    listed = find_moments(group)
    significant = _significant(listed)
    errors = matches(events, significant)
    return {
        "found": len(errors), "significant": len(significant), "errors": errors,
        "listed": len(listed), "right": len(matches(events, listed)),
        "best": len(matches(events, listed[:BEST])) / BEST, "hit": len(matches(events, listed[:1])),
        "ap": average_precision(events, score(group.reactions, group.seen)),
        "chance": n > 1 and bool(_significant(find_moments(_audience(rng, (), n)))),
    }  # fmt: skip


def _significant(moments: list[Moment]) -> list[Moment]:
    return [m for m in moments if not m.p_value >= SIGNIFICANT]


def _audience(rng: np.random.Generator, events: tuple[Bump, ...], n: int) -> Group:
    audience = plan_viewers(rng, events, DURATION, n)
    return Group.of({v.name: (v.timeline(DURATION + 3, HZ), 0.0) for v in audience}, DURATION)
