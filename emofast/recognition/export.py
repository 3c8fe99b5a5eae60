"""A trained learner into the three files that are handed out: fastai learner, ONNX model, model card."""

import io
import json
import logging
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

import numpy as np
import torch
from fastai.learner import Learner
from fastai.optimizer import Adam
from torch import nn

from emofast.emotions import EMOTIONS, N
from emofast.errors import EmofastError
from emofast.machine import installed
from emofast.nets.spec import NetworkSpec
from emofast.nets.streams import Halved, Mirrored
from emofast.paths import atomic_write, sha256
from emofast.recognition.boxes import MARGIN
from emofast.recognition.card import write_card
from emofast.recognition.graph import FaceGraph
from emofast.recognition.model_files import Network, open_learner, open_onnx, unpickle

PARITY = 1e-3
"""Largest difference allowed between learner and ONNX model, in any probability and in valence-arousal."""

OWN = "the network's own output, trained on class centres; not verified against ratings"
DERIVED = "mean of the class centres of emofast.emotions weighted by the probabilities; not verified against ratings"
"""Where a card's valence and arousal come from."""


def export_model(
    learner: Path, to: Path, temperature: float = 1.0, factors: np.ndarray | None = None, facts: dict | None = None, margin: float = MARGIN,
    calibration: np.ndarray | None = None, measure: Callable[[Network], dict] | None = None, mirror: bool = False,
) -> Path:
    """Write emofast.pkl, emofast.onnx and emofast.json into `to` from a pickled learner that has a `spec`; returns the card's path.

    Its nine probabilities are those of the network times `factors` [9] (default: ones), tempered; `mirror`: of the network that looks at
    every face twice, mirrored too (`Mirrored`). Given faces for `calibration`, the ONNX
    model is in eight bits (`quantise`), once it has passed for the learner's twin; the card then says of it what `measure` finds.

    The card comes last: until then a new pickle does not fit the old card and is refused, so a killed export leaves nothing that misleads.
    Raises `EmofastError`, and leaves the old files, if learner and ONNX model differ by more than `PARITY`.
    """
    learn = unpickle(Path(learner))
    spec: NetworkSpec = learn.spec
    factors = np.ones(N) if factors is None else factors
    favour = np.log(factors)
    if spec.target == "va":  # the classes are the decoder's posterior, which no layer of the network computes
        learn.temperature = float(temperature)
        if getattr(learn, "decoder", None) is not None:
            learn.decoder.log_prior = learn.decoder.log_prior + favour
    else:
        _calibrate(learn.model, temperature, favour)
    learn.model = Halved(Mirrored(learn.model) if mirror else learn.model)
    _forget(learn)
    pkl, onnx = Path(to) / "emofast.pkl", Path(to) / "emofast.onnx"
    with atomic_write(pkl) as new_pkl, atomic_write(onnx) as new_onnx:
        learn.export(new_pkl.resolve())
        write_onnx(FaceGraph.of(learn).eval(), new_onnx, spec, margin)
        difference = parity(open_learner(new_pkl, trust=True), open_onnx(new_onnx))
        if not difference <= PARITY:  # also for NaN
            raise EmofastError(f"nothing was exported: ONNX model and learner of {learner} differ by {difference:.1g}, more than {PARITY}")
        eight_bits = {}
        if calibration is not None:
            quantise(new_onnx, new_onnx, calibration)
            eight_bits = {"onnx": {"bits": 8, **measure(open_onnx(new_onnx))}}
    card = {
        "architecture": spec.arch,
        "parameters": sum(p.numel() for p in learn.model.parameters()),
        "input": {"size": spec.size, "channels": spec.channels, "mean": list(spec.mean), "std": list(spec.std)},
        "crop_margin": margin,
        "target": spec.target,
        "mirrored": mirror,
        "emotions": list(EMOTIONS),
        "valence_arousal": OWN if "va" in spec.target else DERIVED,
        "class_factors": {e: round(float(f), 4) for e, f in zip(EMOTIONS, factors) if f != 1},
        "temperature": round(float(temperature), 4),
        **(facts or {}),
        **eight_bits,
        "exported": date.today().isoformat(),
        "versions": {p: v for p in ("emofast", "fastai", "torch", "timm", "onnx", "onnxruntime") if (v := installed(p))},
        "sha256": {path.name: sha256(path) for path in (pkl, onnx)},
    }
    write_card(pkl, card)
    return pkl.with_suffix(".json")


@torch.no_grad()
def _calibrate(model: nn.Module, temperature: float, favour: np.ndarray) -> None:
    """Add `favour` [9] to the nine logits and divide them by the temperature, in the last layer itself, so that fastai's own `predict`
    gives the calibrated probabilities."""
    *_, head = [None, *(m for m in model.modules() if isinstance(m, nn.Linear))]
    if head is None:
        raise EmofastError("the network ends in no linear layer, which export needs to calibrate it; take another network")
    head.bias[:N] += torch.from_numpy(favour).to(head.bias)
    for values in (head.weight, head.bias):
        values[:N] /= temperature


def _forget(learn: Learner) -> None:
    """What training left in the learner and a user of it must not carry: where it was trained, our optimizer and training callbacks,
    the metrics' last predictions and labels, the row numbers of the split, which fastai keeps in emptied DataLoaders too."""
    learn.path = learn.dls.path = Path()
    learn.metrics, learn.opt_func = [], Adam
    learn.remove_cbs([c for c in learn.cbs if type(c).__module__.startswith("emofast.training")])
    for dl in learn.dls.loaders:
        for pipeline in getattr(dl.dataset, "tls", ()):
            pipeline.splits = None


def write_onnx(graph: FaceGraph, path: Path, spec: NetworkSpec, margin: float) -> None:
    """Write `graph` as ONNX: `faces` uint8 [n, channels, size, size] to `probabilities` and `valence_arousal`, for any n.

    Its metadata says what a reader needs beside the shapes: class names, architecture, target and crop margin.
    """
    import onnx

    example = torch.zeros((2, spec.channels, spec.size, spec.size), dtype=torch.uint8)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph, (example,), dynamo=True, verbose=False, input_names=["faces"], output_names=["probabilities", "valence_arousal"],
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
        )  # fmt: skip
    model = program.model_proto
    facts = {"emotions": json.dumps(EMOTIONS), "arch": spec.arch, "target": spec.target, "crop_margin": str(margin)}
    onnx.helper.set_model_props(model, facts)
    g = model.graph
    for part in (g, *g.node, *g.value_info, *g.input, *g.output, *g.initializer):
        part.ClearField("metadata_props")  # the exporter's stack traces: paths of this machine, a third of the file
        part.ClearField("doc_string")
    onnx.save(model, path)


def quantise(model: Path, path: Path, faces: np.ndarray) -> None:
    """Write `model` with its convolutions in eight bits, all but the first two, which see every pixel: onnxruntime's static quantiser,
    weights by channel, activations calibrated on `faces` uint8 [n, channels, size, size]; seven bits of weights, because
    processors without VNNI overflow with eight. `path` may be `model` itself."""
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            size = min(64, len(faces))
            self.batches = iter([{"faces": faces[i : i + size]} for i in range(0, len(faces) - size + 1, size)])  # all of one size

        def get_next(self):
            return next(self.batches, None)

    logging.disable(logging.WARNING)  # on the root logger it advises what is done already
    try:
        with tempfile.TemporaryDirectory() as tmp, redirect_stdout(io.StringIO()):  # it tells of its histograms
            prepared = Path(tmp) / "prepared.onnx"
            quant_pre_process(model, prepared, skip_symbolic_shape=True)
            convolutions = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"]
            quantize_static(
                prepared, path, Reader(), per_channel=True, reduce_range=True, op_types_to_quantize=["Conv"], weight_type=QuantType.QInt8,
                activation_type=QuantType.QUInt8, nodes_to_exclude=convolutions[:2], calibrate_method=CalibrationMethod.Percentile,
            )  # fmt: skip
    finally:
        logging.disable(logging.NOTSET)


def parity(a: Network, b: Network) -> float:
    """The largest difference between two networks' outputs on eight random faces, together and one by one."""
    faces = np.random.default_rng(0).integers(0, 256, (8, a.channels, a.size, a.size), np.uint8)
    batches = [faces, faces[:1]]
    return max(float(np.abs(x - y).max()) for batch in batches for x, y in zip(a.run(batch), b.run(batch)))
