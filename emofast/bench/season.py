"""How a season scales: what a piece, a join and a trailer cost here, and the schedule of 10,000 sessions with those costs, simulated."""

import argparse
import heapq
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from emofast.bench.inference import models
from emofast.bench.record import show, write_record
from emofast.bench.video import _looped, _webcam
from emofast.console import console
from emofast.film import write_film
from emofast.film.media import probe
from emofast.sample.audience import plan_events, plan_viewers
from emofast.season.calls import Call, Outcome, drive, open_engine
from emofast.season.table import Session
from emofast.season.work import Recipe, look, make_trailer, piece
from emofast.video.analysis import CHUNK, HZ, join
from emofast.video.timeline import write_timeline

EPISODES, VIEWERS, LENGTH = 250, 40, 3600.0
"""The season that is simulated: 10,000 hours of viewers."""
_MACHINES = ((2, 2), (20, 2), (64, 2), (200, 2), (200, 16))
"""Workers, and how many of them are on the machine that hands out, joins and cuts trailers."""


@dataclass(frozen=True)
class Costs:
    """Processor seconds. look: of an hour's recording; pieces: of several pieces; join: of an hour; trailer: of an episode of `LENGTH`
    with `VIEWERS`; answer: of the one process that hands out calls and writes what comes back, for each call."""

    look: float
    pieces: tuple[float, ...]
    join: float
    trailer: float
    answer: float


def run(args: argparse.Namespace) -> None:
    """Measure, simulate, print, and write both to `artifacts/season/`."""
    with tempfile.TemporaryDirectory() as tmp:
        model, _ = models(args.model)
        costs, facts = measure(Path(tmp), Recipe.of(model))
    engines = ("local", "ray") if find_spec("ray") else ("local",)
    for engine in engines:
        each, here = _overhead(engine)
        facts |= {f"ms from one empty task to the next, {engine}": 1000 * each, f"of it processor ms here, {engine}": 1000 * here}
    costs = replace(costs, answer=costs.answer + here)
    rows = [simulate(costs, workers, home) for workers, home in _MACHINES]
    for text, value in facts.items():
        console.print(f"{value:10.2f}  {text}")
    show(rows)
    command = f"season; {model.name}; answers as with the {engines[-1]} engine"
    write_record("season/costs.csv", command, [{"what": text, "value": round(value, 3)} for text, value in facts.items()])
    write_record("season/schedule.csv", command, rows)


def measure(folder: Path, recipe: Recipe) -> tuple[Costs, dict[str, float]]:
    """What the parts of a season cost in processor time, on a drawn viewer before a webcam and simulated viewers' timelines."""
    film = _looped(write_film(folder / "piece.mp4", _webcam(500), rate=25), int(LENGTH))
    out = folder / "timelines" / "v.parquet"
    (_, task), looked = _timed(look, film, out, recipe, {})
    piece(task, 0, recipe)  # loads the model
    answers, pieces, kept = [], [], b""
    for k in range(10):
        kept, seconds = _timed(piece, task, k, recipe)
        pieces.append(seconds)
    task.parts.mkdir(parents=True)
    for k in range(int(LENGTH / CHUNK)):
        answers.append(_timed((task.parts / f"{k:05d}.parquet").write_bytes, kept)[1])
    _, joined = _timed(join, task)
    rng, media = np.random.default_rng(0), probe(film)
    audience = plan_viewers(rng, plan_events(rng, LENGTH, 60), LENGTH, VIEWERS)
    facts = {"width": media.width, "height": media.height, "duration": media.duration, "damaged": 0}
    for viewer in audience:
        write_timeline(folder / "e" / "timelines" / f"{viewer.name}.parquet", viewer.timeline(LENGTH, HZ), task.stamp | facts)
    sessions = [Session("e", film, viewer.name, film, 0.0) for viewer in audience]
    _, trailer = _timed(make_trailer, folder / "e", sessions, [media] * VIEWERS, recipe)
    costs = Costs(looked, tuple(pieces), joined, trailer, float(np.mean(answers)))
    each = float(np.mean(pieces))
    return costs, {
        "processor s for an hour of a viewer": LENGTH / CHUNK * each + looked + joined,
        "of it s to look into the file": looked,
        "of it s to join the pieces": joined,
        "processor s for a piece of 30 s": each,
        f"processor s for a trailer of {VIEWERS} viewers and an hour": trailer,
        "MB for an hour's timeline": float(np.mean([p.stat().st_size for p in (folder / "e" / "timelines").iterdir()])) / 1e6,
        "kB that come back of a piece": len(kept) / 1e3,
        "processor ms to write a piece": 1000 * costs.answer,
    }


def _timed(function: Callable, *arguments) -> tuple:
    """The value and the processor seconds, of this process and those that it starts: others may be busy beside."""
    before = sum(os.times()[:4])
    value = function(*arguments)
    return value, sum(os.times()[:4]) - before


def _overhead(engine: str, n: int = 50) -> tuple[float, float]:
    """Seconds from call to call with one worker that does nothing, the best of eight times, as others may be busy beside; and the
    processor seconds that each takes here."""
    best, spent = math.inf, math.inf
    with closing(open_engine(engine, jobs=1)) as chosen:
        for _ in range(9):  # the first starts the worker
            started = time.perf_counter()
            calls = (Call((k,), abs, (1,)) for k in range(n))
            spent = min(spent, _timed(drive, chosen, calls, lambda outcome: ())[1] / n)
            best = min(best, (time.perf_counter() - started) / n)
    return best, spent


class _Simulated:
    """An engine whose clock jumps: `workers` processors, `home` of them on the machine that hands out, which takes `answer` seconds for
    every call."""

    def __init__(self, workers: int, home: int, seconds: Callable[[Call], float], answer: float):
        self.capacity, self.now, self.worked = 2 * workers, 0.0, 0.0
        self._seconds, self._answer, self._n = seconds, answer, 0
        self._free = {True: [0.0] * home, False: [0.0] * (workers - home)}
        self._running: list[tuple[float, int, Call]] = []

    def submit(self, call: Call) -> None:
        here = call.here or not self._free[False]
        free, seconds = self._free[here], self._seconds(call)
        if not here and self._free[True][0] < free[0]:  # the machine that hands out works like the others
            free = self._free[True]
        end = max(self.now, free[0]) + seconds
        heapq.heapreplace(free, end)
        self._n += 1
        self.worked += seconds
        heapq.heappush(self._running, (end, self._n, call))

    def wait(self) -> list[Outcome]:
        end, _, call = heapq.heappop(self._running)
        self.now = max(self.now + self._answer, end)
        return [Outcome(call)]


def simulate(costs: Costs, workers: int, home: int, episodes: int = EPISODES) -> dict[str, float]:
    """The schedule of a season as `drive` makes it. Recordings last half to one and a half times `LENGTH`, pieces what was measured."""
    rng = np.random.default_rng(0)
    lengths = rng.uniform(0.5, 1.5, (episodes, VIEWERS))
    draws = rng.choice(costs.pieces, 100_003).tolist()
    left = {(e, v): round(lengths[e, v] * LENGTH / CHUNK) for e in range(episodes) for v in range(VIEWERS)}
    waiting = dict.fromkeys(range(episodes), VIEWERS)

    def seconds(call: Call) -> float:
        kind, e, v, k = call.key
        return {"look": costs.look, "join": costs.join, "trailer": costs.trailer}.get(kind) or draws[(e * 7919 + v * 131 + k) % len(draws)]

    def react(outcome: Outcome) -> Iterator[Call]:
        kind, e, v, _ = outcome.call.key
        if kind == "look":
            yield from (Call(("piece", e, v, k), piece) for k in range(left[e, v]))
        elif kind == "piece":
            left[e, v] -= 1
            if not left[e, v]:
                yield Call(("join", e, v, 0), join, here=True)
        elif kind == "join":
            waiting[e] -= 1
            if not waiting[e]:
                yield Call(("trailer", e, 0, 0), make_trailer, here=True)

    engine = _Simulated(workers, home, seconds, costs.answer)
    drive(engine, (Call(("look", e, v, 0), look) for e in range(episodes) for v in range(VIEWERS)), react)
    speed_up = float(engine.worked / engine.now)
    return {
        "workers": workers, "of them here": home, "sessions": episodes * VIEWERS, "hours of work": round(float(engine.worked) / 3600, 1),
        "hours it takes": round(float(engine.now) / 3600, 2), "speed-up": round(speed_up, 1),
        "share of ideal": round(speed_up / workers, 3),
    }  # fmt: skip
