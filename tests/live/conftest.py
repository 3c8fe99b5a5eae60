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

from emofast.film import write_film
from emofast.sample.episode import drawn_frames


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """An ONNX model that calls a bright face happy and a dark one sad, the surer the further from middle grey.

    Put together by hand, in the format that `emofast export` writes: no torch, so it is there at once.
    """
    import json

    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from emofast.emotions import CENTRES, EMOTIONS

    weights = np.array([[{"happy": 20 / 255, "sad": -20 / 255}.get(e, 0) for e in EMOTIONS]], np.float32)
    constants = {
        "middle": np.float32([115]),
        "weights": weights,
        "axes": np.int64([1, 2, 3]),
        "centres": np.float32(CENTRES),
        "row": np.int64([-1, 1]),
    }
    nodes = [
        helper.make_node("Cast", ["faces"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"]),
        helper.make_node("Reshape", ["mean", "row"], ["brightness"]),
        helper.make_node("Sub", ["brightness", "middle"], ["signed"]),
        helper.make_node("MatMul", ["signed", "weights"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("MatMul", ["probabilities", "centres"], ["valence_arousal"]),
    ]
    feed = [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 1, 48, 48])]
    results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", k]) for n, k in (("probabilities", 9), ("valence_arousal", 2))]
    graph = helper.make_graph(nodes, "brightness", feed, results, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(made, {"emotions": json.dumps(EMOTIONS), "arch": "brightness", "target": "class", "crop_margin": "0.14"})
    path = tmp_path_factory.mktemp("model") / "brightness.onnx"
    onnx.save(made, path)
    return path


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
