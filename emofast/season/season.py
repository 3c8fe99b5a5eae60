"""A whole season: recordings to timelines, episodes to trailer folders, all of it written down, and one page about it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from emofast.console import console, warn
from emofast.errors import EmofastError
from emofast.season.calls import Call, Engine, Outcome, drive
from emofast.season.manifest import Manifest
from emofast.season.progress import Bar
from emofast.season.recordings import Recording, Recordings
from emofast.season.summary import write_summary
from emofast.season.table import Session, read_sessions
from emofast.season.work import Recipe, finished, make_trailer
from emofast.video.audience import timeline_path
from emofast.video.timeline import digest, made_from


@contextmanager
def open_engine(name: str, address: str | None = None, jobs: int | None = None) -> Iterator[Engine]:
    """The engine local or ray, ended with the block. jobs: processes on this machine, by default one a core."""
    if name == "ray":
        from emofast.season.cluster import Cluster

        engine = Cluster(address, jobs)
    elif address:
        raise EmofastError("--address is that of a Ray cluster: add --engine ray, or leave it out")
    else:
        from emofast.season.local import Local

        engine = Local(jobs or os.cpu_count() or 1)
    try:
        yield engine
    finally:
        engine.close()


def make_season(table: Path, out: Path, recipe: Recipe, engine: str = "local", address: str | None = None, jobs: int | None = None) -> int:
    """Bring the season folder `out` up to date with `table`; returns 1 if anything failed, else 0.

    `out` holds a trailer folder for each episode, `season.html`, and the manifest `season.sqlite`. Killed at any time, the same call
    goes on. Raises `EmofastError` for a table that cannot be used, before anything is started.
    """
    sessions, out = read_sessions(table), out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".season.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise EmofastError(f"another emofast season is at work in {out}; wait for it, or name another folder with --out") from None
    with lock, open_engine(engine, address, jobs) as chosen:
        season = _Season(sessions, out, recipe)
        with season.bar:
            drive(chosen, season.recordings.calls(), season.react, season.tell)
        return season.conclude(table.stem)


def watch_recording(file: Path, out: Path, recipe: Recipe, jobs: int | None = None) -> None:
    """Bring the timeline `out` of one recording up to date. Raises `EmofastError` where it cannot be read, or
    something else stands at `out`."""
    if out.exists() and not made_from(out):
        raise EmofastError(f"{out} is no timeline that can be read, and would be lost; name another file with --out, or move that one away")
    recording = Recording(file.name, file.absolute(), out.absolute())
    with Bar(1) as bar, open_engine("local", jobs=jobs) as engine:
        work = Recordings([recording], recipe, lambda _: (), lambda _, share: bar.advance(share))
        drive(engine, work.calls(), work.react, lambda: bar.tell(file.name))
    if recording.state == "failed":
        raise EmofastError(recording.error)
    console.print(f"{out}: " + ("up to date" if recording.state == "kept" else f"made from {file}"))


class _Season:
    """The episodes of a run: a trailer is begun when the last recording of its episode is settled."""

    def __init__(self, sessions: list[Session], out: Path, recipe: Recipe):
        self._out, self._recipe, self._episodes = out, recipe, {}
        for s in sessions:
            self._episodes.setdefault(s.name, []).append(s)
        made = [Recording(_key(s), s.file, timeline_path(out / s.name / "timelines", s.viewer)) for s in sessions]
        self._made = {r.name: r for r in made}
        films = {name: rows[0].episode for name, rows in self._episodes.items()}
        self._waiting = Counter(s.name for s in sessions)
        self._weight = {name: file.stat().st_size for name, file in [*films.items(), *((r.name, r.file) for r in made)]}
        self._states = Counter[str]()
        self.bar = Bar(sum(self._weight.values()))
        self.recordings = Recordings(made, recipe, self._recording_settled, lambda r, share: self.bar.advance(share * self._weight[r.name]))
        self._manifest = Manifest(out / "season.sqlite")
        self._manifest.ask([(r.name, "recording", r.file) for r in made] + [(name, "trailer", film) for name, film in films.items()])

    def react(self, outcome: Outcome) -> Iterable[Call]:
        return self._cut(outcome) if outcome.call.key[0] == "trailer" else self.recordings.react(outcome)

    def tell(self) -> None:
        settled = self._states["kept"] + self._states["done"] + self._states["failed"]
        failed = f", {self._states['failed']} failed" if self._states["failed"] else ""
        self.bar.tell(f"{settled} of {len(self._made)} recordings{failed}")

    def _recording_settled(self, r: Recording) -> Iterable[Call]:
        if not r.pieces:  # they were counted one by one
            self.bar.advance(self._weight[r.name], found=r.state == "kept")
        self._states[r.state] += 1
        self._write(r)
        episode = r.name.partition("/")[0]
        self._waiting[episode] -= 1
        return () if self._waiting[episode] else self._begin_trailer(episode)

    def _write(self, r: Recording) -> None:
        facts = {"hash": r.stamp.get("recording", ""), "state": r.state, "error": r.error}
        if r.state != "kept":
            facts |= {"tries": r.tries, "seconds": round(r.seconds, 2), "place": " ".join(sorted(r.places))}
        self._manifest.settle(r.name, **facts)

    def _begin_trailer(self, name: str) -> Iterable[Call]:
        usable = [s for s in self._episodes[name] if self._made[_key(s)].state in ("kept", "done")]
        first: dict[str, Session] = {}
        for s in list(usable):
            r = self._made[_key(s)]
            twin = first.setdefault(r.stamp["recording"], s)
            if twin is not s:
                usable.remove(s)
                r.state, r.error = "failed", f"{s.file} is the same recording as {twin.viewer}'s, {twin.file}; give this viewer's own"
                self._write(r)
        if not usable:
            return self._settle_trailer(name, state="failed", error="none of its recordings can be used")
        made_from = [digest(usable[0].episode), self._recipe.length]
        made_from += [[s.viewer, s.offset, s.group, self._made[_key(s)].stamp] for s in usable]
        wanted = sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
        if self._manifest.hash(name) == wanted and finished(self._out / name):
            return self._settle_trailer(name, state="kept")
        self._manifest.settle(name, hash="")
        films = [self._made[_key(s)].film for s in usable]
        return [Call(("trailer", name, wanted), make_trailer, (self._out / name, usable, films, self._recipe), here=True)]

    def _cut(self, outcome: Outcome) -> Iterable[Call]:
        _, name, wanted = outcome.call.key
        facts = {"tries": outcome.call.tries, "seconds": round(outcome.seconds, 2), "place": outcome.place, "error": outcome.error}
        return self._settle_trailer(name, state="failed" if outcome.error else "done", hash="" if outcome.error else wanted, **facts)

    def _settle_trailer(self, name: str, state: str, error: str = "", **facts) -> Iterable[Call]:
        self.bar.advance(self._weight[name], found=state == "kept")
        self._manifest.settle(name, state=state, error=error, **facts)
        return ()

    def conclude(self, title: str) -> int:
        """Write the page, name what failed, and count; 1 if anything failed."""
        recordings, trailers = self._manifest.rows("recording"), self._manifest.rows("trailer")
        self._manifest.close()
        page = write_summary(self._out, title, recordings, trailers)
        failed = [row for row in [*recordings, *trailers] if row["state"] == "failed"]
        for row in failed:
            warn(f"{row['name']}: {row['error']}")
        console.print(f"{page}  open it in a browser")
        console.print(f"{_counted('recordings', recordings)}; {_counted('trailers', trailers)}")
        return int(bool(failed))


def _key(s: Session) -> str:
    return f"{s.name}/{s.viewer}"


def _counted(what: str, rows: list) -> str:
    count = Counter(row["state"] for row in rows)
    return f"{len(rows)} {what} asked = {count['done']} done + {count['kept']} kept + {count['failed']} failed"
