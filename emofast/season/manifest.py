"""The manifest: what was asked, what became of it and why not, in one sqlite file that people and scripts may read."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

_TABLE = """CREATE TABLE IF NOT EXISTS work (
    name TEXT PRIMARY KEY, kind TEXT, file TEXT, hash TEXT DEFAULT '', state TEXT DEFAULT 'asked', tries INTEGER DEFAULT 0,
    error TEXT DEFAULT '', seconds REAL DEFAULT 0, place TEXT DEFAULT '')"""
_ASK = "INSERT INTO work (name, kind, file) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET file = excluded.file, state = 'asked'"


class Manifest:
    """The table `work` in the file at `path`, a row for each recording and trailer; a change is on the disk when the call returns.

    hash: of what it is made from. state: asked, kept (made earlier, still right), done or failed. tries: the most that one of its
    pieces took. seconds: of computing, in the run that made it, on the hosts named in `place`. Raises `sqlite3.Error`.
    """

    def __init__(self, path: Path):
        self._db = sqlite3.connect(path)
        self._db.row_factory = sqlite3.Row
        self._db.execute(_TABLE)

    def ask(self, wanted: Iterable[tuple[str, str, Path]]) -> None:
        """Begin a run of (name, kind, file): nothing of it is settled yet, what is not in it is forgotten; hashes stay."""
        with self._db:
            self._db.execute("UPDATE work SET state = 'dropped'")
            self._db.executemany(_ASK, ((name, kind, str(file)) for name, kind, file in wanted))
            self._db.execute("DELETE FROM work WHERE state = 'dropped'")

    def settle(self, name: str, **facts) -> None:
        with self._db:
            self._db.execute(f"UPDATE work SET {', '.join(f'{k} = ?' for k in facts)} WHERE name = ?", (*facts.values(), name))

    def rows(self, kind: str) -> list[sqlite3.Row]:
        """All of a kind, in the order in which they were first asked for; values by column name."""
        return self._db.execute("SELECT * FROM work WHERE kind = ? ORDER BY rowid", (kind,)).fetchall()

    def hash(self, name: str) -> str:
        return self._db.execute("SELECT hash FROM work WHERE name = ?", (name,)).fetchone()[0]

    def close(self) -> None:
        self._db.close()
