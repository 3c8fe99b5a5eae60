"""The seam to the film room: a session's form into the calls that `trailer.py` makes, and their files into what the page draws."""

import csv
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path

import pandas as pd

from emofast.errors import EmofastError
from emofast.film.media import Media, probe
from emofast.paths import atomic_write
from emofast.tables import read_rows
from emofast.video.audience import timeline_path
from emofast.video.folder import read_record
from emofast.video.listener import Listener
from emofast.video.listing import COLUMNS, rows_to_cuts
from emofast.video.pipeline import Order, make_trailer, read_table
from emofast.video.render import render
from emofast.video.selection import Wish, choose, shot_changes

_EDITED = (*COLUMNS, "group", "name")  # columns of `moments.csv` that mean something here
_PIECE = 30.0  # seconds between two signs of progress where the work itself gives none


@dataclass(frozen=True)
class Viewer:
    """A recording. offset: episode second at which it starts, None where its sound shall tell."""

    file: Path
    offset: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Session:
    """A trailer folder with the form it came from, `session.json`; paths in it are relative to the folder. order: one of `ORDERS`.
    vertical: an upright trailer."""

    folder: Path
    episode: Path
    viewers: tuple[Viewer, ...] = ()
    length: float = 30.0
    lag: float = 1.0
    order: str = "episode"
    vertical: bool = False

    @classmethod
    def read(cls, folder: Path) -> "Session":
        """Raises `EmofastError` where there is none or it is damaged."""
        try:
            form = json.loads((folder / "session.json").read_text(encoding="utf-8"))
            viewers = tuple(Viewer(_there(folder, v["file"]), v["offset"], v["group"]) for v in form["viewers"])
            episode, vertical = _there(folder, form["episode"]), bool(form.get("vertical"))
            return cls(folder, episode, viewers, form["length"], form["lag"], form["order"], vertical)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as e:
            raise EmofastError(f"{folder} is no session ({type(e).__name__}: {e}); make a new one") from None

    def write(self) -> None:
        form = asdict(self) | {
            "episode": _from(self.folder, self.episode),
            "viewers": [asdict(v) | {"file": _from(self.folder, v.file)} for v in self.viewers],
        }
        del form["folder"]
        with atomic_write(self.folder / "session.json") as partial:
            partial.write_text(json.dumps(form, ensure_ascii=False, indent=1), encoding="utf-8")

    @property
    def films(self) -> dict[str, Path]:
        """The episode and the recordings by file name; with folders, as far as they differ, where two share one."""
        paths = (self.episode, *(v.file for v in self.viewers))
        names = [p.name for p in paths]

        def apart(path: Path) -> str:
            try:
                return path.relative_to(os.path.commonpath([p.parent for p in paths])).as_posix()
            except ValueError:  # they lie on two drives
                return path.as_posix().replace(":", "")

        return {p.name if names.count(p.name) == 1 else apart(p): p for p in paths}

    def order_of(self, **more) -> Order:
        """What `trailer.py` would be asked for, and `more`."""
        groups: dict[str, tuple[str, ...]] = {}
        for v in self.viewers:
            if v.group:
                groups[v.group] = (*groups.get(v.group, ()), str(v.file))
        return Order(
            self.episode, tuple(v.file for v in self.viewers), self.folder, lag=self.lag, wish=Wish(self.length, order=self.order),
            offsets={str(v.file): v.offset for v in self.viewers if v.offset is not None}, groups=groups,
            overwrite=True, jobs=os.cpu_count() or 1, vertical=self.vertical, **more,
        )  # fmt: skip


def analyse(folder: Path, listener: Listener, model: str, trust: str = "") -> None:
    """Watch the recordings, find the moments, make the trailer; then find the shots, to which the page snaps. trust: not empty where the
    model may be a pickle that no card vouches for. Both are the command line's, no part of the form, which others may have written."""
    session = Session.read(folder)
    record = read_record(folder)
    if not record.get("finished"):
        listed = folder / "moments.csv" if "moments.csv" in record.get("made", ()) else None  # and edited, it may be, since
        make_trailer(session.order_of(model=Path(model), trust=bool(trust), from_moments=listed), listener)
    duration = media(session.episode).duration
    shots: list[float] = []
    for k in range(math.ceil(duration / _PIECE)):
        listener.progress("finding shots", k * _PIECE, duration, "s")
        start, end = k * _PIECE, min((k + 1) * _PIECE, duration)
        shots += [t for t in shot_changes(session.episode, max(start - 1, 0.0), end) if t >= start]
    listener.progress("finding shots", duration, duration, "s")
    with atomic_write(folder / "shots.json") as partial:
        partial.write_text(json.dumps(shots), encoding="utf-8")


def trailer(folder: Path, listener: Listener) -> None:
    """Cut again from `moments.csv`, as `trailer.py --from-moments` does."""
    make_trailer(Session.read(folder).order_of(from_moments=folder / "moments.csv"), listener)


def preview(folder: Path, listener: Listener, name: str) -> None:
    """A film that every browser plays, for one whose codec it lacks: `preview-NAME.mp4`. name: as `Session.films` has it."""
    films = Session.read(folder).films
    if name not in films:
        raise EmofastError(f"{name} is no film of this session")
    film = media(films[name])
    step = round(_PIECE * film.rate)
    spans = [(a, min(a + step, film.frames)) for a in range(0, film.frames, step)]
    tell = partial(listener.progress, "making a preview")
    render(film, spans, preview_of(folder, name), height=min(360, film.height), crf=27, tell=tell)


def preview_of(folder: Path, name: str) -> Path:
    """Where the preview of a film lies; a long name is cut as that of a timeline."""
    return timeline_path(folder, f"preview-{name.replace('/', ' ')}").with_suffix(".mp4")


def media(path: Path) -> Media:
    """`probe`, remembered until the file changes. Raises `EmofastError` for a file that is no film."""
    return _kept(probe, path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=16)
def _kept(read: Callable, path: Path, changed: int, *more):
    return read(path, *more)


def timeline(session: Session) -> dict:
    """What the page draws under the film: curves, shots, and where each recording starts; seconds of the episode. begin: when its first
    picture comes to a browser."""
    film, shots, table = media(session.episode), session.folder / "shots.json", _table(session)
    shown = [] if table is None else [c for c in table if not c.startswith(("rise_", "valence", "arousal"))]
    record, home = read_record(session.folder), session.episode.parent
    before = Path(record["episode"]["file"]).parent if record.get("viewers") else home  # the series may have moved since
    known = {_from(before, Path(v["file"])): {key: v[key] for key in ("start", "rate", "how")} for v in record.get("viewers", [])}
    return {
        "duration": film.duration, "begin": film.begin, "rate": [film.rate.numerator, film.rate.denominator], "frames": film.frames,
        "curves": {name: [None if math.isnan(v) else round(v, 3) for v in table[name].to_numpy(float).tolist()] for name in shown},
        "shots": json.loads(shots.read_text(encoding="utf-8")) if shots.is_file() else [],
        "starts": {name: known[_from(home, path)] for name, path in session.films.items() if _from(home, path) in known},
    }  # fmt: skip


def moments(session: Session) -> dict:
    """`moments.csv` as rows in its order, each with whether the trailer would show it, and a version to save against, of what the editor
    changes: rows, length, order and shape. more: the cells of columns that somebody has added, as they stand."""
    path, film = session.folder / "moments.csv", media(session.episode)
    data = path.read_bytes() if path.is_file() else b""
    version = hashlib.sha256(data + repr((session.length, session.order, session.vertical)).encode()).hexdigest()[:16]
    if not path.is_file():
        return {"version": version, "rows": []}
    found = list(read_rows(path, ("start", "end"), "mend it, or move it away and make the trailer again"))
    cuts = rows_to_cuts(found, film, _table(session), str(path)) if found else []
    chosen = {id(c) for c in choose(cuts, film, session.order_of().wish)}
    rows = [
        {"start": float(c.first / film.rate), "end": float(c.last / film.rate), "peak": m.peak, "score": m.score, "emotion": m.emotion,
         "viewers": m.viewers, "p_value": None if math.isnan(m.p_value) else m.p_value, "group": "; ".join(m.groups), "name": c.label,
         "chosen": id(c) in chosen, "more": {k: v for k, v in row.items() if k not in _EDITED}}
        for (_, row), c, m in zip(found, cuts, [c.moment for c in cuts])
    ]  # fmt: skip
    return {"version": version, "rows": rows}


def write_moments(session: Session, rows: Iterable[dict]) -> None:
    """Save rows as `moments.csv`, best first; peak, score, emotion and viewers that are None become what the curves say.

    Raises `EmofastError` for what cannot be cut; the file then stays as it was.
    """
    lines, added = [], {}
    for rank, row in enumerate(rows, start=1):
        more = row.get("more") or {}
        if not isinstance(more, dict) or not all(isinstance(v, str) for v in more.values()):
            raise EmofastError(f"moment {rank}: more is no object of texts by column; leave it as it was read")
        added |= dict.fromkeys(more)
        lines.append(more | {k: _text(row.get(k)) for k in _EDITED} | {"rank": str(rank)})
    if lines:
        cuts = rows_to_cuts(enumerate(lines, start=2), media(session.episode), _table(session), "moments.csv")
        for line, m in zip(lines, (c.moment for c in cuts)):
            line |= {"peak": f"{m.peak:.3f}", "score": f"{m.score:.1f}", "emotion": m.emotion, "viewers": str(m.viewers)}
    with atomic_write(session.folder / "moments.csv") as partial, partial.open("w", newline="", encoding="utf-8") as f:
        labelled = any(line["group"] for line in lines)
        out = csv.DictWriter(f, [*COLUMNS, *["group"] * labelled, "name", *(k for k in added if k not in _EDITED)], extrasaction="ignore")
        out.writeheader()
        out.writerows(lines)


def _text(value: object) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.4f}"
    return " ".join(("" if value is None else str(value)).split())[:120]


def _table(session: Session) -> pd.DataFrame | None:
    path = session.folder / "group.parquet"
    try:
        return _kept(read_table, path, path.stat().st_mtime_ns, media(session.episode)) if path.is_file() else None
    except EmofastError as e:
        raise EmofastError(f"{e}; delete it and make the trailer again") from None


def _there(folder: Path, path: str) -> Path:
    return Path(os.path.normpath(folder / path))


def _from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # on another drive
        return path.as_posix()
