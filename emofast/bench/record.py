"""Where measurements go: a csv file whose first line says by which command, when and on what they were made."""

from datetime import date
from pathlib import Path

import pandas as pd
from rich.table import Table

from emofast.console import console
from emofast.machine import machine
from emofast.paths import artifacts, atomic_write


def show(rows: list[dict]) -> None:
    """Print rows as a table."""
    table = Table(*(name.replace("_", " ") for name in rows[0]), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table)


def write_record(name: str, command: str, rows: list[dict]) -> Path:
    """Write `rows` to `artifacts()/name` and say where; returns the file's path. `command` follows "python -m emofast bench"."""
    path = artifacts() / name
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as f:
        f.write(f"# python -m emofast bench {command}; {date.today().isoformat()}; {machine()}\n")
        pd.DataFrame(rows).to_csv(f, index=False, lineterminator="\r\n")
    console.print(str(path))
    return path
