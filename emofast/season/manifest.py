"""The manifest: what was asked, what became of it and why not, in one sqlite file that people and scripts may read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Entry", "Manifest"]

_COLUMNS = """
    name TEXT PRIMARY KEY, kind TEXT, file TEXT, hash TEXT DEFAULT '', state TEXT DEFAULT 'asked', tries INTEGER DEFAULT 0,
    error TEXT DEFAULT '', seconds REAL DEFAULT 0, place TEXT DEFAULT ''"""


@dataclass(frozen=True)
class Entry:
    """A recording or a trailer. hash: of what it is made from. state: asked, kept (made earlier, still right), done or failed.
    tries: the most that one of its pieces took. seconds: of computing, on `place`, host names."""

    name: str
    kind: str
    file: str
    hash: str = ""
    state: str = "asked"
    tries: int = 0
    error: str = ""
    seconds: float = 0.0
    place: str = ""


class Manifest:
    """The table `work` in the file at `path`; every change is on the disk when the call returns."""

    def __init__(self, path: Path):
        self._db = sqlite3.connect(path)
        self._db.execute(f"CREATE TABLE IF NOT EXISTS work ({_COLUMNS})")

    def ask(self, wanted: Iterable[tuple[str, str, str]]) -> None:
        """Begin a run of (name, kind, file): nothing of it is done yet, what is not in it is forgotten; hashes stay."""
        with self._db:
            self._db.execute("UPDATE work SET state = 'dropped'")
            self._db.executemany(
                "INSERT INTO work (name, kind, file) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET file = excluded.file, state = 'asked'",
                wanted,
            )
            self._db.execute("DELETE FROM work WHERE state = 'dropped'")

    def settle(self, name: str, **facts) -> None:
        """Set columns of one entry."""
        with self._db:
            self._db.execute(f"UPDATE work SET {', '.join(f'{k} = ?' for k in facts)} WHERE name = ?", (*facts.values(), name))

    def entry(self, name: str) -> Entry:
        return Entry(*self._db.execute("SELECT * FROM work WHERE name = ?", (name,)).fetchone())

    def entries(self, kind: str) -> list[Entry]:
        """All of a kind, in the order in which they were first asked for."""
        return [Entry(*row) for row in self._db.execute("SELECT * FROM work WHERE kind = ? ORDER BY rowid", (kind,))]

    def close(self) -> None:
        self._db.close()
