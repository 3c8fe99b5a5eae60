"""A model whose answers are known, and recordings of one drawn face whose brightness is its mood."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from films import episode, faces, write_film
from mood import mood_model
from processes import run_python


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return mood_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def material(tmp_path_factory) -> Path:
    """Folder with a 24 s episode and three viewers who are happy at 8 and 17 s, 1 s late; the third is filmed from 3 s on."""
    folder = tmp_path_factory.mktemp("Серия первая")
    episode(folder / "episode.mp4", timecode="10:00:00:00")
    write_film(folder / "anna.mp4", faces(24, (8.8, 18.0), seed=1), 10)
    write_film(folder / "борис иванов.mp4", faces(24, (9.2, 17.8), away=((2, 5),), seed=2), 10)
    write_film(folder / "carla.mp4", faces(21, (6.0, 15.1), seed=3), 10)
    return folder


@pytest.fixture
def trailer(project, tmp_path, model):
    """`trailer(*arguments)`: run trailer.py with the known model; the finished process."""

    def run(*arguments, wait: bool = True, **env):
        watches = [] if "--from-moments" in arguments else ["--model", str(model)]
        command = [str(project / "trailer.py"), *map(str, arguments), *watches]
        if wait:
            return run_python(*command, cwd=tmp_path, env={**os.environ, **env})
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
            start_new_session=True,
        )

    return run
