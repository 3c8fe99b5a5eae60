"""The season command as a user starts it, and what it leaves behind."""

import csv
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from processes import PROJECT


def write_table(path: Path, rows, header=("episode", "viewer", "file", "offset")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([header, *rows])
    return path


def start(table: Path, out: Path, model: Path, *arguments) -> subprocess.Popen:
    """`emofast season` in a session of its own."""
    command = [sys.executable, "-m", "emofast", "season", table, "--out", out, "--model", model, "--jobs", 2, *arguments]
    return subprocess.Popen(
        [*map(str, command)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )


def season(*arguments) -> subprocess.CompletedProcess:
    process = start(*arguments)
    out, err = process.communicate(timeout=500)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def results(out: Path) -> dict[str, str]:
    """SHA-256 of every timeline and list of moments in a season."""
    files = [*out.glob("*/timelines/*.parquet"), *out.glob("*/moments.csv")]
    return {str(f.relative_to(out)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
