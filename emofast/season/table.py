"""The season table: one line per recording, read whole or refused with everything that is wrong in it."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from emofast.errors import EmofastError
from emofast.tables import read_rows

_NEEDED = ("episode", "viewer", "file")
_MORE = ("offset", "group")
_LISTED = 20  # faults named one by one; the rest are counted


@dataclass(frozen=True)
class Session:
    """One recording of one viewer. `name`: the episode's folder. `offset`: episode second at which the recording starts,
    None: as its sound says."""

    name: str
    episode: Path
    viewer: str
    file: Path
    offset: float | None = None
    group: str = ""


def read_sessions(table: Path) -> list[Session]:
    """The lines of `sessions.csv` in their order, paths relative to the table; also as spreadsheets save it (semicolons, decimal commas).

    Raises `EmofastError` naming every line that cannot be used: nothing is started on half a table.
    """
    folder, sessions, faults, first = table.absolute().parent, [], [], {}
    advice = f"give a CSV file in UTF-8 with the columns {','.join(_NEEDED)}; it may also have {' and '.join(_MORE)}"
    for line, row in read_rows(table, _NEEDED, advice):
        if unknown := row.keys() - {*_NEEDED, *_MORE}:
            raise EmofastError(f"{table} has a column {min(unknown)!r}; {advice}")
        s, wrong = _session(folder, row)
        # one recording counted twice would make an audience of one person
        for what, key in ((f"the viewer {s.viewer!r}", s.viewer.casefold()), (f"the recording {s.file}", s.file.resolve())):
            earlier = first.setdefault((s.episode.resolve(), key), line)
            if earlier != line:
                wrong.append(f"{what} stands in line {earlier} already, for the same episode")
        sessions.append(s)
        faults += [f"Line {line}: {', '.join(wrong)}"] * bool(wrong)
    if faults:
        listed = ". ".join(faults[:_LISTED] + [f"{len(faults) - _LISTED} more"] * (len(faults) > _LISTED))
        raise EmofastError(f"{table} wants mending, nothing was started. {listed}")
    if not sessions:
        raise EmofastError(f"{table} holds no recordings; it needs a line for each, as in: e01.mp4,anna,viewers/anna-e01.mp4")
    return _named(sessions, folder)


def _session(folder: Path, row: dict[str, str]) -> tuple[Session, list[str]]:
    """A line's session, without a folder name yet, and what is wrong with it."""
    cell = {name: row.get(name, "").strip() for name in (*_NEEDED, *_MORE)}
    wrong = [f"no {name}" for name in _NEEDED if not cell[name]]
    viewer = cell["viewer"]
    if viewer.startswith(".") or set('/\\:*?"<>|') & set(viewer) or not viewer.isprintable() or len(viewer.encode()) > 120:
        wrong.append(f"the viewer {viewer!r} cannot be a file's name")
    try:
        offset = float(cell["offset"].replace(",", ".")) if cell["offset"] else None
    except ValueError:
        offset = math.nan
    if offset is not None and not math.isfinite(offset):
        wrong.append(f"the offset {cell['offset']!r} is no number of seconds")
    paths = [folder / cell[name] for name in ("episode", "file")]
    wrong += [f"there is no file {path}" for name, path in zip(("episode", "file"), paths) if cell[name] and not path.is_file()]
    return Session("", paths[0], viewer, paths[1], offset, cell["group"]), wrong


def _named(sessions: list[Session], folder: Path) -> list[Session]:
    """Every episode's folder is its file's stem, or its whole path in one word where an episode before has that: lines that are added
    give no folder of an earlier one another name."""
    episodes = {s.episode.resolve(): s.episode for s in sessions}
    names: dict[Path, str] = {}
    for real, path in episodes.items():
        inside = path.relative_to(folder) if path.is_relative_to(folder) else path
        whole = "-".join(part for part in inside.parts if part not in (inside.anchor, ".."))
        taken = path.stem.casefold() in (name.casefold() for name in names.values())
        names[real] = whole if taken else path.stem
    if len({name.casefold() for name in names.values()}) < len(names):
        raise EmofastError("two episodes would share a folder; give their files different names: " + ", ".join(map(str, episodes.values())))
    return [replace(s, name=names[s.episode.resolve()]) for s in sessions]
