"""A whole season: recordings to timelines, episodes to trailer folders, all of it written down, and one page about it."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from emofast.console import console, warn
from emofast.errors import EmofastError
from emofast.paths import atomic_write
from emofast.season.calls import Call, Outcome, drive, open_engine
from emofast.season.manifest import Manifest
from emofast.season.summary import write_summary
from emofast.season.table import Session, read_sessions
from emofast.season.work import Recipe, look, make_trailer, piece
from emofast.video.analysis import Task, join, pending
from emofast.video.audience import timeline_path
from emofast.video.folder import read_record
from emofast.video.listener import Bar
from emofast.video.timeline import digest, made_from


def make_season(table: Path, out: Path, recipe: Recipe, engine: str = "local", address: str | None = None, jobs: int | None = None) -> int:
    """Bring the season folder `out` up to date with `table`; returns 1 if anything failed, else 0.

    `out` holds a trailer folder for each episode, `season.html`, and the manifest `season.sqlite`. Killed at any time, the same call
    goes on. Raises `EmofastError` for a table that cannot be used, before anything is started.
    """
    sessions, out = read_sessions(table), out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".season.lock", timeout=0)
    try:
        held = lock.acquire()
    except Timeout:
        raise EmofastError(f"another emofast season is at work in {out}; wait for it, or name another folder with --out") from None
    try:
        with held, closing(open_engine(engine, address, jobs)) as chosen, closing(Manifest(out / "season.sqlite")) as manifest:
            season = _Season(sessions, out, recipe, manifest)
            with season.bar:
                drive(chosen, season.calls(), season.react, season.tell)
            return _conclude(out, table.stem, manifest)
    except sqlite3.Error as e:
        way = "close what else has it open, or move it away (timelines are kept, trailers are cut again)"
        raise EmofastError(f"{out / 'season.sqlite'} cannot be used ({e}); {way}, and start the same command again") from None


@dataclass
class _Recording:
    """What is known of one recording on its way. state: asked, kept, done or failed; left: pieces that are being watched."""

    session: Session
    name: str
    out: Path
    size: int
    state: str = "asked"
    error: str = ""
    stamp: dict = field(default_factory=dict)
    task: Task | None = None
    left: int = 0
    pieces: int = 0
    tries: int = 1
    seconds: float = 0.0
    places: set[str] = field(default_factory=set)


class _Season:
    """The calls that bring a season up to date, and what follows from their outcomes: each recording is looked at, watched in pieces
    wherever there is room, and joined here; when the last one of an episode is settled its trailer is begun."""

    def __init__(self, sessions: list[Session], out: Path, recipe: Recipe, manifest: Manifest):
        self._out, self._recipe, self._manifest = out, recipe, manifest
        self._recordings: dict[str, _Recording] = {}
        self._episodes: dict[str, list[_Recording]] = {}
        for s in sessions:
            r = _Recording(s, f"{s.name}/{s.viewer}", timeline_path(out / s.name / "timelines", s.viewer), s.file.stat().st_size)
            self._recordings[r.name] = r
            self._episodes.setdefault(s.name, []).append(r)
        films = {name: recordings[0].session.episode for name, recordings in self._episodes.items()}
        self._sizes = {name: film.stat().st_size for name, film in films.items()}
        self.bar = Bar(sum(self._sizes.values()) + sum(r.size for r in self._recordings.values()))
        asked = [(r.name, "recording", r.session.file) for r in self._recordings.values()]
        self._manifest.ask([*asked, *((name, "trailer", film) for name, film in films.items())])

    def calls(self) -> Iterator[Call]:
        for r in self._recordings.values():
            yield Call(("look", r.name), look, (r.session.file, r.out, self._recipe, made_from(r.out)))

    def react(self, outcome: Outcome) -> Iterable[Call]:
        step, name, *more = outcome.call.key
        if step == "trailer":
            facts = {"tries": outcome.call.tries, "seconds": round(outcome.seconds, 2), "place": outcome.place, "error": outcome.error}
            return self._settle_trailer(name, "failed" if outcome.error else "done", hash="" if outcome.error else more[0], **facts)
        r = self._recordings[name]
        r.seconds += outcome.seconds
        r.places |= {outcome.place} - {""}
        r.tries = max(r.tries, outcome.call.tries)
        r.error = r.error or outcome.error
        if step == "piece":
            if not outcome.error:
                with atomic_write(r.task.parts / f"{more[0]:05d}.parquet") as partial:
                    partial.write_bytes(outcome.value)
            self.bar.count(r.size / r.pieces)
            r.left -= 1
            if r.left:
                return ()
        if r.error or step == "join":
            return self._settle(r, "failed" if r.error else "done")
        if step == "look":
            r.stamp, r.task = outcome.value
            if r.task is None:
                return self._settle(r, "kept")
            todo = pending(r.task)
            r.pieces = r.left = len(todo)
            if todo:
                return [Call(("piece", name, k), piece, (r.task, k, self._recipe)) for k in todo]
        return [Call(("join", name), join, (r.task,), here=True)]

    def tell(self) -> None:
        states = Counter(r.state for r in self._recordings.values())
        failed = f", {states['failed']} failed" if states["failed"] else ""
        self.bar.tell(f"{len(self._recordings) - states['asked']} of {len(self._recordings)} recordings{failed}")

    def _settle(self, r: _Recording, state: str) -> Iterable[Call]:
        r.state = state
        if not r.pieces:  # they were counted one by one
            self.bar.count(r.size, found=state == "kept")
        facts = {} if state == "kept" else {"tries": r.tries, "seconds": round(r.seconds, 2), "place": " ".join(sorted(r.places))}
        self._manifest.settle(r.name, hash=r.stamp.get("recording", ""), state=state, error=r.error, **facts)
        name = r.session.name
        return () if any(other.state == "asked" for other in self._episodes[name]) else self._begin_trailer(name)

    def _begin_trailer(self, name: str) -> Iterable[Call]:
        first: dict[str, _Recording] = {}
        for r in self._episodes[name]:
            if r.state != "failed" and (twin := first.setdefault(r.stamp["recording"], r)) is not r:
                whose = f"{twin.session.viewer}'s, {twin.session.file}; give this viewer's own"
                r.state = "failed"
                self._manifest.settle(r.name, state=r.state, error=f"{r.session.file} is the same recording as {whose}")
        usable = list(first.values())
        if not usable:
            return self._settle_trailer(name, state="failed", error="none of its recordings can be used")
        sessions = [r.session for r in usable]
        try:
            made_from = [digest(sessions[0].episode), self._recipe.length]
        except EmofastError as e:
            return self._settle_trailer(name, state="failed", error=str(e))
        made_from += [[s.viewer, s.offset, s.group, r.stamp] for s, r in zip(sessions, usable)]
        wanted = sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        folder, record = self._out / name, read_record(self._out / name)
        whole = record.get("finished") and all((folder / made).exists() for made in record["made"])
        if whole and self._manifest.hash(name) == wanted:
            return self._settle_trailer(name, state="kept")
        self._manifest.settle(name, hash="")
        given = (folder, sessions, [r.task and r.task.media for r in usable], self._recipe)
        return [Call(("trailer", name, wanted), make_trailer, given, here=True)]

    def _settle_trailer(self, name: str, state: str, error: str = "", **facts) -> Iterable[Call]:
        self.bar.count(self._sizes[name], found=state == "kept")
        self._manifest.settle(name, state=state, error=error, **facts)
        return ()


def _conclude(out: Path, title: str, manifest: Manifest) -> int:
    """Write the page, name what failed, and count; 1 if anything failed."""
    recordings, trailers = manifest.rows("recording"), manifest.rows("trailer")
    page, failed = write_summary(out, title, recordings, trailers)
    for row in failed:
        warn(f"{row['name']}: {row['error']}")
    console.print(f"{page}  open it in a browser")
    console.print(f"{_counted('recordings', recordings)}; {_counted('trailers', trailers)}")
    return int(bool(failed))


def _counted(what: str, rows: list) -> str:
    count = Counter(row["state"] for row in rows)
    return f"{len(rows)} {what} asked = {count['done']} done + {count['kept']} kept + {count['failed']} failed"
