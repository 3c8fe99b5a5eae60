"""Seasons of short films."""

import shutil
import sys
from pathlib import Path

import pytest
from mood import mood_model

sys.path.insert(0, str(Path(__file__).parents[1] / "video"))  # its films

from films import episode, faces, write_film
from seasons import season, write_table


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """An ONNX model whose answers are known."""
    return mood_model(tmp_path_factory.mktemp("model"))


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
