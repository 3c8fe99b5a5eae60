"""Calls that may run anywhere, what comes back of them, the loop that keeps an engine busy, and the engines: this machine's, or Ray's."""

import os
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from emofast.errors import EmofastError
from emofast.video.children import Workers

TRIES = 4
"""A call whose worker dies this often is given up: it is the call that kills them."""


class UnfitMachine(EmofastError):
    """A machine cannot do what others can. The work stops: given more, one that fails fast would soon have failed it all."""


@dataclass(frozen=True)
class Call:
    """`function` of some module with `arguments`, both small enough to be sent. key: what the caller knows it by.
    here: needs files that only this machine has. alone: wants a whole GPU or, where there is none, a whole machine."""

    key: tuple
    function: Callable
    arguments: tuple = ()
    here: bool = False
    alone: bool = False
    tries: int = 1


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its value, or one sentence; seconds of computing at a place, a host's name. unfit: that place must not go on.
    died: the worker was ended, which says nothing about the call yet."""

    call: Call
    value: Any = None
    error: str = ""
    seconds: float = 0.0
    place: str = ""
    unfit: bool = False
    died: bool = False


class Engine(Protocol):
    """Where calls run, `capacity` of them at once. `wait` blocks until something came of a call, or a second has passed."""

    capacity: int

    def submit(self, call: Call) -> None: ...

    def wait(self) -> list[Outcome]: ...

    def close(self) -> None: ...


def open_engine(name: str, address: str | None = None, jobs: int | None = None, talkative: bool = False) -> Engine:
    """The engine local or ray. jobs: processes on this machine, by default one a core. talkative: what a worker on another machine
    prints is printed here."""
    if name == "ray":
        from emofast.season.cluster import Cluster

        return Cluster(address, jobs, talkative)
    if address:
        raise EmofastError("--address is that of a Ray cluster: add --engine ray, or leave it out")
    return Local(jobs or os.cpu_count() or 1)


def perform(function: Callable, arguments: tuple) -> tuple[Any, str, float, str, bool]:
    """Run in a worker: value, error, seconds, place and unfitness. An exception is a sentence: one bad file must not cost the others."""
    started, value, error, unfit = time.perf_counter(), None, "", False
    try:
        value = function(*arguments)
    except EmofastError as e:
        error, unfit = str(e), isinstance(e, UnfitMachine)
    except Exception as e:
        at = traceback.extract_tb(e.__traceback__)[-1]
        error = f"{type(e).__name__}: {e} ({Path(at.filename).name}, line {at.lineno}; please report it)"
    return value, error, time.perf_counter() - started, socket.gethostname(), unfit


def drive(
    engine: Engine, calls: Iterable[Call], react: Callable[[Outcome], Iterable[Call]], beat: Callable[[], None] = lambda: None
) -> None:
    """Run `calls` and those that `react` makes of their outcomes, which go first; `beat` is called about every second.

    `calls` are drawn as they are needed, so that the memory taken does not grow with them.
    """
    todo, ready, running = iter(calls), deque[Call](), 0
    while True:
        while running < engine.capacity and (call := ready.popleft() if ready else next(todo, None)):
            engine.submit(call)
            running += 1
        if not running:
            return
        for outcome in engine.wait():
            running -= 1
            if outcome.unfit:
                raise EmofastError(outcome.error)
            if outcome.died and outcome.call.tries < TRIES:
                ready.append(replace(outcome.call, tries=outcome.call.tries + 1))
                continue
            for call in react(outcome):
                (ready.appendleft if call.here else ready.append)(call)  # what ends something begun goes first
        beat()


class Local:
    """`jobs` processes, each a pool of its own: one that dies takes no other call with it. They are started as they are needed, and end
    with this one, even where it is killed."""

    def __init__(self, jobs: int):
        self.capacity = jobs
        self._idle: list[Workers] = []
        self._busy: dict[Future, tuple[Workers, Call]] = {}

    def submit(self, call: Call) -> None:
        pool = self._idle.pop() if self._idle else Workers(1)
        try:
            self._busy[pool.submit(perform, call.function, call.arguments)] = pool, call
        except BrokenExecutor:  # it died while it was idle
            self.submit(call)

    def wait(self) -> list[Outcome]:
        """What the next processes answer, or that they died."""
        return [self._outcome(future) for future in wait(self._busy, timeout=1, return_when=FIRST_COMPLETED).done]

    def close(self) -> None:
        """End all processes; what they were doing is lost."""
        for pool in [*self._idle, *(pool for pool, _ in self._busy.values())]:
            pool.end()

    def _outcome(self, future: Future) -> Outcome:
        pool, call = self._busy.pop(future)
        try:
            answer = future.result()
        except BrokenExecutor:
            return Outcome(call, error=f"the process that worked on it was ended (out of memory?), {call.tries} times", died=True)
        self._idle.append(pool)
        return Outcome(call, *answer)
