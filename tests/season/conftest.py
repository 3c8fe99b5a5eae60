"""Seasons of short films, and the command as a user starts it."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_VIDEO = Path(__file__).parents[1] / "video"
sys.path.insert(0, str(_VIDEO))  # its films
_spec = importlib.util.spec_from_file_location("video_conftest", _VIDEO / "conftest.py")
_video = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_video)
model = _video.model  # its model whose answers are known

from films import episode, faces, write_film  # noqa: E402


@pytest.fixture(scope="session")
def films(tmp_path_factory) -> Path:
    """Two episodes of 8 s with three and two viewers each, who are happy at 4 s; anna's of the first has two pieces."""
    folder = tmp_path_factory.mktemp("Сезон 1")
    rows = []
    for e, viewers in (("e1", ("anna", "boris", "чжан")), ("e2", ("anna", "boris"))):
        (folder / e).mkdir()
        episode(folder / f"{e}.mp4", 8)
        for k, viewer in enumerate(viewers):
            seconds = 34 if (e, viewer) == ("e1", "anna") else 8
            write_film(folder / e / f"{viewer}.mp4", faces(seconds, (4.8 + 0.2 * k,), seed=10 * int(e[1]) + k), 5)
            rows.append((f"{e}.mp4", viewer, f"{e}/{viewer}.mp4", "0"))
    write_table(folder / "sessions.csv", rows)
    return folder


@pytest.fixture
def films_copy(films, tmp_path) -> Path:
    """A copy of the films to change."""
    return Path(shutil.copytree(films, tmp_path / "films"))


@pytest.fixture(scope="session")
def undisturbed(films, model, tmp_path_factory) -> Path:
    """The season that nobody disturbed, made by processes of this machine."""
    out = tmp_path_factory.mktemp("undisturbed") / "season"
    done = season(films / "sessions.csv", out, model)
    assert done.returncode == 0, done.stderr
    return out


def write_table(path: Path, rows, header=("episode", "viewer", "file", "offset")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([header, *rows])
    return path


def start(table: Path, out: Path, model: Path, *arguments) -> subprocess.Popen:
    """`emofast season` in a session of its own."""
    command = [sys.executable, "-m", "emofast", "season", table, "--out", out, "--model", model, "--jobs", 2, *arguments]
    return subprocess.Popen(
        [*map(str, command)],
        cwd=Path(__file__).parents[2],
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
