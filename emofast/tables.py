"""Tables of others: csv files, plain or in a zip, as programs and spreadsheets save them; nothing in them is guessed or passed over."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.archives import Archive
from emofast.errors import EmofastError


def find_table(folder: Path, name: str) -> Path | None:
    """`folder/name`, or `name.zip` as Kaggle serves it; None where neither is there. Raises `EmofastError` for a folder in its place."""
    path = next((p for p in (folder / name, folder / f"{name}.zip") if p.exists()), None)
    if path and not path.is_file():
        raise EmofastError(f"{path} is no file; put the table itself there, or remove it.")
    return path


def read_rows(path: Path, columns: Sequence[str], advice: str = "get it again") -> Iterator[tuple[int, dict[str, str]]]:
    """Line number (the header is line 1) and cells by column name, of every row of a csv file in UTF-8; empty rows are passed over.

    Semicolons may stand for commas. Raises `EmofastError`, which ends with `advice`, for what is no table, lacks one of `columns`, or has
    a row that is shorter or longer than the header.
    """
    try:
        with _open(path) as text:
            first = text.readline()
            separator = ";" if ";" in first else ","
            header = [cell.strip() for cell in next(csv.reader([first], delimiter=separator, strict=True), [])]
            if lacking := [c for c in columns if c not in header]:
                raise EmofastError(f"{path} lacks the column {lacking[0]!r} (it begins with {','.join(header)[:80]!r}); {advice}.")
            reader = csv.reader(text, delimiter=separator, strict=True)
            for cells in reader:
                if not any(cells):
                    continue
                line = reader.line_num + 1
                if len(cells) != len(header):
                    raise EmofastError(f"{path}, line {line} has {len(cells)} cells and the header {len(header)}; {advice}.")
                yield line, dict(zip(header, cells))
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise EmofastError(f"{path} cannot be read as a table ({getattr(e, 'strerror', None) or e}); {advice}.") from None


def _open(path: Path) -> io.TextIOBase:
    if path.exists() and not path.is_file():
        raise OSError("it is no file")  # a named pipe would be waited for
    if path.suffix != ".zip":
        return path.open(encoding="utf-8-sig", newline="")
    with closing(Archive(path)) as archive:
        if len(archive.infos) != 1:
            raise EmofastError(f"{path} holds {len(archive.infos)} files; a zipped table is alone in its archive.")
        return io.StringIO(archive.read(next(iter(archive.infos))).decode("utf-8-sig"), newline="")


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """The `columns` of a csv file as text; the first one is the rows' name. Raises `EmofastError` where `read_rows` does, where there is no
    row, for an empty cell, and for a name that occurs twice."""
    rows = {}
    for line, row in read_rows(path, columns):
        cells = [row[c] for c in columns]
        if not all(cells):
            raise EmofastError(f"{path} has an empty cell in line {line}; get it again.")
        if cells[0] in rows:
            raise EmofastError(f"{path} names {cells[0]} twice; every picture has one row.")
        rows[cells[0]] = cells
    if not rows:
        raise EmofastError(f"{path} has no rows; get it again.")
    return pd.DataFrame(list(rows.values()), columns=list(columns))


def numbers(path: Path, table: pd.DataFrame, columns: Sequence[str], low: float, high: float) -> np.ndarray:
    """The `columns` of a table from `path` as float64 [n, k]. Raises `EmofastError` for a cell that is no number from `low` to `high`."""
    values = table[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    bad = np.argwhere(~((values >= low) & (values <= high)))  # also what is not a number at all
    if len(bad):
        row, column = table.iloc[bad[0, 0]], columns[bad[0, 1]]
        raise EmofastError(
            f"{path} has {row[column]!r} as {column} of {row.iloc[0]}, which is no number from {low:g} to {high:g}; "
            "mend the row or remove the file."
        )
    return values
