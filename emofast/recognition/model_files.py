"""A model file, ONNX or fastai learner, as one kind of object: uint8 faces in, probabilities and valence-arousal out."""

import json
import os
import pathlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError, first_line
from emofast.recognition.boxes import MARGIN
from emofast.recognition.card import crop_margin, read_card, refuse_unvouched


class Network(NamedTuple):
    """A loaded model. `run(faces)` turns uint8 [n, channels, size, size] into float32 [n, 9] and [n, 2]."""

    run: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    size: int
    channels: int
    margin: float


def open_onnx(path: Path, threads: int = 1, trust: bool = False) -> Network:
    """Load an `.onnx` file made by `emofast export`; needs onnxruntime only.

    Raises `EmofastError` for any other or damaged file, and for one that its card does not vouch for (unless `trust`).
    """
    try:
        import onnxruntime as ort
    except ImportError as e:
        raise EmofastError(f"{path} cannot be loaded because onnxruntime does not import ({e}): pip install onnxruntime") from None
    if not trust:
        refuse_unvouched(path)
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        meta = session.get_modelmeta().custom_metadata_map
        if json.loads(meta["emotions"]) != list(EMOTIONS):
            raise ValueError("its classes are others")
        feed = session.get_inputs()[0]
        _, channels, size, width = feed.shape
        if channels not in (1, 3) or not 1 <= size == width <= 1024:
            raise ValueError(f"its input has the shape {feed.shape}")

        def run(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return tuple(session.run(["probabilities", "valence_arousal"], {feed.name: faces}))

        probabilities, points = run(np.zeros((1, channels, size, size), np.uint8))
        if probabilities.shape != (1, len(EMOTIONS)) or points.shape != (1, 2) or not abs(probabilities.sum() - 1) < 1e-3:
            raise ValueError("what it gives are no probabilities")
        return Network(run, size, channels, crop_margin(meta["crop_margin"]))
    except Exception as e:  # onnxruntime raises a dozen classes of its own, and metadata may be of any kind
        way = "fetch it again, or export it anew with: python -m emofast export"
        raise EmofastError(f"{path} is no usable ONNX model of emofast ({_reason(e)}); {way}") from None


def open_learner(path: Path, threads: int = 1, trust: bool = False) -> Network:
    """Load an exported fastai Learner that carries a `NetworkSpec` as `learn.spec`; `learn.temperature` and `learn.decoder` if it has them.

    Raises `EmofastError` for a pickle that its card does not vouch for (unless `trust`), and for one that these versions cannot load.
    """
    if not trust:
        refuse_unvouched(path)
    learn = unpickle(path)
    spec = getattr(learn, "spec", None)
    if spec is None:
        raise EmofastError(f"{path} is a fastai learner without emofast's network description; give one made by: python -m emofast export")
    import torch

    from emofast.recognition.graph import FaceGraph

    learn.model.float().to(memory_format=torch.contiguous_format)  # trained in channels last or half precision on a GPU
    graph = FaceGraph.of(learn).eval()

    def run(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        before = torch.get_num_threads()  # the setting is the whole process's: it is only borrowed
        torch.set_num_threads(threads)
        try:
            with torch.inference_mode():
                return tuple(t.numpy() for t in graph(torch.from_numpy(faces)))
        finally:
            torch.set_num_threads(before)

    return Network(run, spec.size, spec.channels, (read_card(path) or {}).get("crop_margin", MARGIN))


def unpickle(path: Path):
    """`load_learner` with one clear sentence for each way it fails; fastai's own messages name the wrong thing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's and fastai's notes to developers
        try:
            import torch
            from fastai.learner import Learner
        except ImportError as e:
            way = "pip install -r requirements.txt, or use the .onnx model"
            raise EmofastError(f"{path} needs fastai, which does not import ({e}): {way}") from None
        try:  # not fastai's load_learner: it hides the reason of a failed unpickling behind an UnboundLocalError
            with _paths_of_any_system():
                learn = torch.load(path, map_location="cpu", weights_only=False)
        except ModuleNotFoundError as e:
            way = "install it or use the .onnx model"
            raise EmofastError(f"{path} was made with the package {e.name!r}, which is not installed here; {way}") from None
        except Exception as e:  # what torch and pickle raise on damage, and whatever a pickle's classes do when they have changed since
            made = (read_card(path) or {}).get("versions", {})
            names = f"fastai {made['fastai']}, torch {made.get('torch')}" if made.get("fastai") else "none"
            raise EmofastError(
                f"{path} cannot be loaded ({_reason(e)}): it is damaged, no exported learner, or of other versions than are installed here "
                f"(fastai {version('fastai')}, torch {version('torch')}; its card names {names}); "
                "fetch or export it again, or use the .onnx model, which depends on neither"
            ) from None
    if not isinstance(learn, Learner):
        raise EmofastError(
            f"{path} holds a {type(learn).__name__}, not an exported fastai learner; give one made by: python -m emofast export"
        )
    learn.dls.cpu()  # `map_location` moves tensors only
    return learn


@contextmanager
def _paths_of_any_system() -> Iterator[None]:
    """A learner holds a path of the kind of the system that exported it; no system makes those of another. Python 3.13 names their module
    otherwise than all before and after it."""
    foreign = "PosixPath" if os.name == "nt" else "WindowsPath"
    theirs = getattr(pathlib, foreign)
    modules = pathlib, sys.modules.setdefault("pathlib._local", pathlib)
    for module in modules:
        setattr(module, foreign, type(Path()))
    try:
        yield
    finally:
        for module in modules:
            setattr(module, foreign, theirs)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {first_line(error)}"
