"""The seam to the film room: a session's form into the calls that `trailer.py` makes, and their files into what the page draws."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import atomic_write
from emofast.video.bounds import shot_changes
from emofast.video.media import Media, probe
from emofast.video.pipeline import Order, make_trailer
from emofast.video.render import render
from emofast.video.selection import COLUMNS, Wish, choose, read_moments

__all__ = ["Session", "Viewer", "analyse", "media", "preview", "trailer"]

Progress = Callable[..., None]


@dataclass(frozen=True)
class Viewer:
    """A recording. offset: episode second at which it starts, None where its sound shall tell."""

    file: Path
    offset: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Session:
    """A trailer folder with the form it came from, `session.json`; paths in it are relative to the folder."""

    folder: Path
    episode: Path
    viewers: tuple[Viewer, ...] = ()
    length: float = 30.0
    lag: float = 1.0
    model: Path | None = None

    @classmethod
    def read(cls, folder: Path) -> Session:
        """Raises `EmofastError` where there is none or it is damaged."""
        try:
            form = json.loads((folder / "session.json").read_text(encoding="utf-8"))
            viewers = tuple(Viewer(_there(folder, v["file"]), v["offset"], v["group"]) for v in form["viewers"])
            model = Path(form["model"]) if form["model"] else None
            return cls(folder, _there(folder, form["episode"]), viewers, form["length"], form["lag"], model)
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise EmofastError(f"{folder} is no session ({type(e).__name__}: {e}); make a new one") from None

    def write(self) -> None:
        """Write the form."""
        form = {
            "episode": _from(self.folder, self.episode),
            "viewers": [{"file": _from(self.folder, v.file), "offset": v.offset, "group": v.group} for v in self.viewers],
            "length": self.length, "lag": self.lag, "model": str(self.model) if self.model else None,
        }  # fmt: skip
        with atomic_write(self.folder / "session.json") as partial:
            partial.write_text(json.dumps(form, ensure_ascii=False, indent=1), encoding="utf-8")

    def order(self, **changes) -> Order:
        """What `trailer.py` would be asked for."""
        offsets = {v.file.name: v.offset for v in self.viewers if v.offset is not None}
        return Order(
            self.episode, tuple(v.file for v in self.viewers), self.folder, self.model, lag=self.lag, offsets=offsets,
            wish=Wish(self.length), overwrite=True, jobs=os.cpu_count() or 1, **changes,
        )  # fmt: skip


def analyse(folder: Path, progress: Progress) -> None:
    """Watch the recordings, find the moments, make the trailer; then find the shots, to which the page snaps."""
    session = Session.read(folder)
    progress("watch")
    make_trailer(session.order())
    progress("shots")
    shots = shot_changes(session.episode, 0.0, media(session.episode).duration)
    with atomic_write(folder / "shots.json") as partial:
        partial.write_text(json.dumps(shots), encoding="utf-8")


def trailer(folder: Path, progress: Progress) -> None:
    """Cut again from `moments.csv`, as `trailer.py --from-moments` does."""
    progress("cut")
    make_trailer(Session.read(folder).order(from_moments=folder / "moments.csv"))


def preview(folder: Path, progress: Progress, name: str) -> None:
    """A film that every browser plays, for one whose codec it lacks: `preview-NAME.mp4`."""
    session = Session.read(folder)
    film = media(next(f for f in (session.episode, *(v.file for v in session.viewers)) if f.name == name))
    progress("preview")
    render(film, [(0, film.frames)], preview_of(folder, film.path), height=min(360, film.height), crf=27, fade=False)


def preview_of(folder: Path, film: Path) -> Path:
    """Where the preview of a film lies."""
    return folder / f"preview-{film.stem}.mp4"


def media(path: Path) -> Media:
    """`probe`, remembered until the file changes."""
    return _probed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _probed(path: Path, changed: int) -> Media:
    return probe(path)


def timeline(session: Session) -> dict:
    """What the page draws under the film: curves a quarter of a second apart, people, shots; seconds of the episode."""
    film, table, shots = media(session.episode), session.folder / "group.parquet", session.folder / "shots.json"
    curves: dict[str, list] = {}
    if table.is_file():
        group = pd.read_parquet(table)
        curves = {name: _plain(group[name].to_numpy(float)) for name in group}
    return {
        "duration": film.duration,
        "rate": [film.rate.numerator, film.rate.denominator],
        "frames": film.frames,
        "curves": curves,
        "shots": json.loads(shots.read_text(encoding="utf-8")) if shots.is_file() else [],
    }


def moments(session: Session) -> dict:
    """`moments.csv` as rows in its order, each with whether the trailer would show it, and a version to save against."""
    path = session.folder / "moments.csv"
    if not path.is_file():
        return {"version": "", "rows": []}
    film, text = media(session.episode), path.read_bytes()
    found = read_moments(path, film)
    chosen = {id(m) for m in choose(found, film, Wish(session.length))}
    names = [row.get("name") or "" for row in csv.DictReader(text.decode("utf-8-sig").splitlines())]
    rows = [
        {
            "start": m.start, "end": m.end, "peak": m.peak, "score": m.score, "emotion": m.emotion, "viewers": m.viewers,
            "p_value": None if math.isnan(m.p_value) else m.p_value, "name": name, "chosen": id(m) in chosen,
        }
        for m, name in zip(found, names)
    ]  # fmt: skip
    return {"version": hashlib.sha256(text).hexdigest()[:16], "rows": rows}


def write_moments(session: Session, rows: list[dict]) -> None:
    """Save rows as `moments.csv`, best first, whole or not at all. Raises `EmofastError` for what cannot be cut."""
    path, film = session.folder / "moments.csv", media(session.episode)
    with atomic_write(path) as partial:
        with partial.open("w", newline="", encoding="utf-8") as f:
            out = csv.DictWriter(f, [*COLUMNS, "name"])
            out.writeheader()
            out.writerows(_row(rank, row) for rank, row in enumerate(rows, start=1))
        try:
            read_moments(partial, film) if rows else None
        except EmofastError as e:
            raise EmofastError(str(e).replace(str(partial), path.name)) from None


def _row(rank: int, row: dict) -> dict:
    try:
        numbers = {k: f"{float(row[k]):.{d}f}" for k, d in (("start", 4), ("end", 4), ("peak", 3), ("score", 1))}
        p = "" if row.get("p_value") is None else f"{float(row['p_value']):.4f}"
        name = " ".join(str(row.get("name") or "").split())[:120]
        emotion = row["emotion"] if row["emotion"] in EMOTIONS else "uncertain"
        return {"rank": rank, **numbers, "emotion": emotion, "viewers": int(row["viewers"]), "p_value": p, "name": name}
    except (KeyError, TypeError, ValueError, OverflowError) as e:
        raise EmofastError(f"moment {rank} is not complete ({type(e).__name__}: {e})") from None


def _plain(values: np.ndarray) -> list:
    return [None if math.isnan(v) else round(v, 3) for v in values.tolist()]


def _there(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))


def _from(folder: Path, path: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
