"""Where measurements go: a csv file whose first line says by which command, when and on what they were made."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from emofast.console import console
from emofast.machine import machine
from emofast.paths import artifacts, atomic_write

__all__ = ["write_record"]


def write_record(name: str, command: str, rows: list[dict]) -> Path:
    """Write `rows` to `artifacts()/name` and say where; returns the file's path. `command` follows "python -m emofast bench"."""
    path = artifacts() / name
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as f:
        f.write(f"# python -m emofast bench {command}; {date.today().isoformat()}; {machine()}\n")
        out = csv.DictWriter(f, rows[0])
        out.writeheader()
        out.writerows(rows)
    console.print(str(path))
    return path
