"""Recordings into timelines: each is looked at, watched in pieces wherever there is room, and joined here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.season.calls import Call, Outcome
from emofast.season.work import Recipe, look, piece
from emofast.video.analysis import Task, join, pending
from emofast.video.timeline import made_from


@dataclass
class Recording:
    """What is known of one recording on its way. state: asked, kept, done or failed; share: of it, watched in this run."""

    name: str
    file: Path
    out: Path
    state: str = "asked"
    error: str = ""
    stamp: dict = field(default_factory=dict)
    film: Media | None = None
    task: Task | None = None
    left: int = 0
    pieces: int = 0
    tries: int = 1
    seconds: float = 0.0
    places: set[str] = field(default_factory=set)


class Recordings:
    """The calls that bring timelines up to date, and what follows from their outcomes.

    `settled(recording)` is called when one is kept, done or failed, and may ask for more calls; `advanced(recording, share)` as it
    is watched.
    """

    def __init__(
        self,
        recordings: Iterable[Recording],
        recipe: Recipe,
        settled: Callable[[Recording], Iterable[Call]],
        advanced: Callable[[Recording, float], None],
    ):
        self._all = {r.name: r for r in recordings}
        self._recipe, self._settled, self._advanced = recipe, settled, advanced

    def calls(self) -> Iterator[Call]:
        """The first call of every recording."""
        for r in self._all.values():
            yield Call(("look", r.name), look, (r.file, r.out, self._recipe, made_from(r.out)))

    def react(self, outcome: Outcome) -> Iterable[Call]:
        step, name, *number = outcome.call.key
        r = self._all[name]
        r.seconds += outcome.seconds
        r.places |= {outcome.place} - {""}
        r.tries = max(r.tries, outcome.call.tries)
        r.error = r.error or outcome.error
        return {"look": self._looked, "piece": self._watched, "join": self._joined}[step](r, outcome.value, *number)

    def _looked(self, r: Recording, value: tuple[dict, Task | None] | None) -> Iterable[Call]:
        if r.error:
            return self._settle(r, "failed")
        r.stamp, r.task = value
        if r.task is None:
            return self._settle(r, "kept")
        r.film = r.task.media
        todo = [k for _, k in pending(r.task)]
        r.pieces = r.left = len(todo)
        return [Call(("piece", r.name, k), piece, (r.task, k, self._recipe)) for k in todo] or self._join(r)

    def _watched(self, r: Recording, value: bytes | None, k: int) -> Iterable[Call]:
        if value is not None:
            with atomic_write(r.task.parts / f"{k:05d}.parquet") as partial:
                partial.write_bytes(value)
        self._advanced(r, 1 / r.pieces)
        r.left -= 1
        return () if r.left else self._settle(r, "failed") if r.error else self._join(r)

    def _join(self, r: Recording) -> Iterable[Call]:
        return [Call(("join", r.name), join, (r.task,), here=True)]

    def _joined(self, r: Recording, value: None) -> Iterable[Call]:
        return self._settle(r, "failed" if r.error else "done")

    def _settle(self, r: Recording, state: str) -> Iterable[Call]:
        r.state, r.task = state, None
        return self._settled(r)
