"""A model whose answers are known, and recordings of one drawn face whose brightness is its mood."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from films import episode, faces, write_film

from emofast.emotions import CENTRES, EMOTIONS


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """An ONNX model in the shipped format: a bright face is happy, a dark one sad, in between neutral."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    slope = np.array([[{"happy": 0.12, "sad": -0.12}.get(e, 0) for e in EMOTIONS]], np.float32)
    bias = np.array([[{"neutral": 0.0, "happy": -14.0, "sad": 10.0}.get(e, -5) for e in EMOTIONS]], np.float32)
    constants = {"slope": slope, "bias": bias, "axes": np.int64([1, 2, 3]), "centres": np.float32(CENTRES), "row": np.int64([-1, 1])}
    nodes = [
        helper.make_node("Cast", ["faces"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"]),
        helper.make_node("Reshape", ["mean", "row"], ["brightness"]),
        helper.make_node("Gemm", ["brightness", "slope", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("MatMul", ["probabilities", "centres"], ["valence_arousal"]),
    ]
    feed = [helper.make_tensor_value_info("faces", TensorProto.UINT8, ["n", 1, 48, 48])]
    results = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", k]) for n, k in (("probabilities", 9), ("valence_arousal", 2))]
    graph = helper.make_graph(nodes, "mood", feed, results, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(made, {"emotions": json.dumps(EMOTIONS), "arch": "mood", "target": "class", "crop_margin": "0.14"})
    path = tmp_path_factory.mktemp("model") / "mood.onnx"
    onnx.save(made, path)
    return path


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
        command = [sys.executable, str(project / "trailer.py"), *map(str, arguments), "--model", str(model)]
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
            start_new_session=True,
        )
        if not wait:
            return process
        out, err = process.communicate(timeout=180)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    return run
