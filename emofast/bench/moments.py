"""How many planted moments are found, and how often chance looks like one: drawn viewers, many seeds, 1 to 12 viewers."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import numpy as np
from rich.table import Table

from emofast.console import console
from emofast.machine import machine
from emofast.paths import artifacts, atomic_write
from emofast.sample.audience import Bump, plan_events, plan_viewers
from emofast.video.group import Group
from emofast.video.moments import SIGNIFICANT, Moment, find_moments

__all__ = ["GROUPS", "matches", "run", "study"]

GROUPS = (1, 2, 3, 4, 5, 8, 12)
DURATION, EVENTS = 600.0, 12
NEAR = 1.0
"""Seconds between a planted moment and a found peak that count as found."""


def run(args: argparse.Namespace) -> None:
    """Print the table and write it to `artifacts/video/moments-study.csv`."""
    console.print(f"{args.seeds} drawn episodes of {DURATION:.0f} s with {EVENTS} planted events, and as many whose viewers never react")
    rows = []
    table = Table("viewers", "recall", "precision", "peak off by s", "significant by chance", box=None, pad_edge=False)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for n in GROUPS:
            row = study(n, pool.map(_one_seed, [n] * args.seeds, range(args.seeds)))
            rows.append(row)
            console.print(f"{n} viewers: recall {row['recall']:.3f}, precision {row['precision']:.3f}")
            table.add_row(*(str(row[k]) for k in ("viewers", "recall", "precision", "median_error_s", "chance")))
    console.print(table)
    path = artifacts() / "video" / "moments-study.csv"
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as f:
        f.write(f"# python -m emofast bench moments --seeds {args.seeds}; {date.today().isoformat()}; {machine()}\n")
        out = csv.DictWriter(f, rows[0])
        out.writeheader()
        out.writerows(rows)
    console.print(str(path))


def study(n: int, seeds: Iterable[tuple[int, int, list[float], bool]]) -> dict:
    """One row of the table, for `n` viewers. With one viewer there is no p-value and every moment counts as found."""
    found, reported, errors, chance = zip(*seeds)
    off = [abs(e) for one in errors for e in one]
    return {
        "viewers": n,
        "seeds": len(found),
        "recall": round(sum(found) / (EVENTS * len(found)), 3),
        "precision": round(sum(found) / max(1, sum(reported)), 3),
        "median_error_s": round(float(np.median(off)), 2) if off else "",
        "chance": round(float(np.mean(chance)), 3) if n > 1 else "",
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


def _one_seed(n: int, seed: int) -> tuple[int, int, list[float], bool]:
    """Events found, moments reported, the found ones' errors, and whether viewers who never react gave a significant moment."""
    rng = np.random.default_rng([seed, n])
    events = plan_events(rng, DURATION, EVENTS)
    reported = _significant(rng, events, n)
    errors = matches(events, reported)
    return len(errors), len(reported), errors, n > 1 and bool(_significant(rng, (), n))


def _significant(rng: np.random.Generator, events: tuple[Bump, ...], n: int) -> list[Moment]:
    audience = plan_viewers(rng, events, DURATION, n)
    group = Group.of({v.name: (v.timeline(DURATION + 3), 0.0) for v in audience}, DURATION)
    return [m for m in find_moments(group) if not m.p_value >= SIGNIFICANT]
