"""A model whose answers are known, drawn films, and a virtual display."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from mood import mood_model

from emofast.film import write_film
from emofast.sample.episode import drawn_frames


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """An ONNX model that calls a bright face happy and a dark one sad."""
    return mood_model(tmp_path_factory.mktemp("model"))


def brighter(frame: np.ndarray, by: int) -> np.ndarray:
    return cv2.add(frame, (by, by, by, 0)) if by >= 0 else cv2.subtract(frame, (-by, -by, -by, 0))


@pytest.fixture(scope="session")
def film(tmp_path_factory) -> Path:
    """640 x 480, 40 frames at 25 per second: one face, bright in the first half and dark in the second."""
    frames = [brighter(f, 70 if i < 20 else -70) for i, f in enumerate(drawn_frames(40, seed=5))]
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", frames, rate=25)


@pytest.fixture(scope="session")
def wall(tmp_path_factory) -> Path:
    """A film of a wall: no face in any of its 10 frames."""
    return write_film(tmp_path_factory.mktemp("wall") / "wall.mp4", drawn_frames(10, faces=0))


@pytest.fixture
def webcam(project, tmp_path):
    """`webcam(*arguments, env=None)`: run webcam.py in the test's own folder; the finished process."""

    def run(*arguments, **env) -> subprocess.CompletedProcess:
        command = [sys.executable, str(project / "webcam.py"), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, env={**os.environ, **env})

    return run


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """The name of a virtual display of its own. Without Xvfb the test is skipped, but not on a build server."""
    if not (shutil.which("Xvfb") and shutil.which("xdotool")):
        assert not os.environ.get("CI"), "a build server must have Xvfb and xdotool: apt-get install xvfb xdotool"
        pytest.skip("no Xvfb or xdotool: apt-get install xvfb xdotool")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", "1280x1024x24"], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as number:
        yield f":{number.readline().strip()}"
    server.terminate()
    server.wait()
