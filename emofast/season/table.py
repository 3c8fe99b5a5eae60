"""The season table: one line per recording, read whole or refused with everything that is wrong in it."""

import csv
import io
import math
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from emofast.errors import EmofastError

COLUMNS = ("episode", "viewer", "file", "offset", "group")
_NEEDED = ("episode", "viewer", "file")
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
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise EmofastError(f"{table} cannot be read ({e}); give a CSV file in UTF-8 with the columns {','.join(COLUMNS)}") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True)
    faults: list[str] = []
    folder = table.absolute().parent
    try:
        header = [(name or "").strip().lower() for name in rows.fieldnames or ()]
        rows.fieldnames = header
        if not set(_NEEDED) <= set(header) <= set(COLUMNS):
            raise EmofastError(f"{table} has the columns {','.join(header)}; it needs {','.join(_NEEDED)} and may have offset and group")
        read = [found for row in rows if any(row.values()) and (found := _session(folder, rows.line_num, row, faults))]
    except csv.Error as e:
        row = f"{table}: the row that begins in line {rows.line_num + 1}"
        raise EmofastError(f"{row} cannot be read ({e}); look for a quote in it that is not closed") from None
    faults += _doubles(read)
    if faults:
        listed = ". ".join(faults[:_LISTED] + [f"{len(faults) - _LISTED} more"] * (len(faults) > _LISTED))
        raise EmofastError(f"{table} wants mending, nothing was started. {listed}")
    if not read:
        raise EmofastError(f"{table} holds no recordings; it needs a line for each, as in: e01.mp4,anna,viewers/anna-e01.mp4,0")
    return _named([s for _, s in read], folder)


def _session(folder: Path, line: int, row: dict, faults: list[str]) -> tuple[int, Session] | None:
    """A line's number and session, without a folder name yet; what is wrong with it goes to `faults`."""
    cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
    wrong = [f"no {name}" for name in _NEEDED if not cell[name]]
    if None in row:
        wrong.append("more cells than the header has columns (a comma in a name wants quotes)")
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
    if wrong:
        faults.append(f"Line {line}: {', '.join(wrong)}")
        return None
    return line, Session("", paths[0], viewer, paths[1], offset, cell["group"])


def _doubles(read: list[tuple[int, Session]]) -> list[str]:
    """One recording counted twice would make an audience of one person."""
    faults, first = [], {}
    for line, s in read:
        for what, key in ((f"the viewer {s.viewer!r}", s.viewer.casefold()), (f"the recording {s.file}", s.file.resolve())):
            earlier = first.setdefault((s.episode.resolve(), key), line)
            if earlier != line:
                faults.append(f"Line {line}: {what} stands in line {earlier} already, for the same episode")
    return faults


def _named(sessions: list[Session], folder: Path) -> list[Session]:
    """Every episode's folder is its file's stem, or its whole path in one word where stems are alike."""
    episodes = {s.episode.resolve(): s.episode for s in sessions}
    alike = Counter(path.stem.casefold() for path in episodes.values())
    names = {}
    for real, path in episodes.items():
        inside = path.relative_to(folder) if path.is_relative_to(folder) else path
        whole = "-".join(part for part in inside.parts if part not in (inside.anchor, ".."))
        names[real] = path.stem if alike[path.stem.casefold()] == 1 else whole
    if len({name.casefold() for name in names.values()}) < len(names):
        raise EmofastError("two episodes would share a folder; give their files different names: " + ", ".join(map(str, episodes.values())))
    return [replace(s, name=names[s.episode.resolve()]) for s in sessions]
