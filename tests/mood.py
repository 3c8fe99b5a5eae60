"""A network whose answers are known."""

import json
from pathlib import Path

import numpy as np

from emofast.emotions import CENTRES, EMOTIONS

__all__ = ["mood_model"]


def mood_model(folder: Path) -> Path:
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
    path = folder / "mood.onnx"
    onnx.save(made, path)
    return path
