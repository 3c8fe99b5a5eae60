"""The trained network as a person wants it: faces in, emotions out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.faces import prepare_face
from emofast.paths import SHIPPED, artifacts
from emofast.recognition.hub import PREFIX, fetch
from emofast.recognition.model_files import open_learner, open_onnx


@dataclass(frozen=True)
class Prediction:
    """What the network says about one face."""

    emotion: str
    """The likeliest of `EMOTIONS`."""
    confidence: float
    """Its probability, 0 to 1."""
    probabilities: np.ndarray = field(repr=False)
    """float32 [9] in the order of `EMOTIONS`; sums to 1."""
    valence: float
    """Unpleasant -1 to pleasant 1."""
    arousal: float
    """Calm -1 to excited 1."""


class EmotionRecognizer:
    """Emotions of prepared faces, by an exported fastai learner (`.pkl`), its ONNX twin (`.onnx`, no torch needed), or one on the
    Hugging Face Hub (`hf:ORG/NAME`).

        recognizer = EmotionRecognizer()
        recognizer.predict(cv2.imread("face.jpg")).emotion

    A face is a crop such as `crop_face(frame, box, recognizer.margin)` gives: uint8 (or uint16), grey [h, w], BGR [h, w, 3] or BGRA, of any
    size. `threads` is the number of CPU threads of one call. The first call is as fast as the others: loading warms up.

    margin: of `crop_face`, at which faces look like those the network was trained on. size: side of the network's input in pixels.
    channels: 1 for a network on grey faces, 3 for one on colour.
    Raises `EmofastError` where there is no such model file, where it is damaged or made by other versions, and where the model card
    beside it does not vouch for it, unless `trust=True`: loading a pickle runs the code in it.
    """

    def __init__(self, weights: str | Path = "artifacts/emofast.pkl", *, threads: int = 1, trust: bool = False):
        self.path = find_model(weights)
        self._network = (open_onnx if self.path.suffix == ".onnx" else open_learner)(self.path, threads, trust)
        self.margin, self.size, self.channels = self._network.margin, self._network.size, self._network.channels
        self.predict_arrays([np.zeros((64, 64), np.uint8)])

    def __repr__(self) -> str:
        return f"EmotionRecognizer({str(self.path)!r}: {self.size} px, {'grey' if self.channels == 1 else 'colour'})"

    def predict(self, face: np.ndarray) -> Prediction:
        """The emotion of one face."""
        return self.predict_batch([face])[0]

    def predict_batch(self, faces: Sequence[np.ndarray]) -> list[Prediction]:
        """The emotions of several faces, of any sizes, in one run of the network."""
        return [
            Prediction(EMOTIONS[p.argmax()], float(p.max()), p, float(valence), float(arousal))
            for p, (valence, arousal) in zip(*self.predict_arrays(faces))
        ]

    def probabilities(self, faces: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities of the classes in the order of `EMOTIONS`: float32 [n, 9]."""
        return self.predict_arrays(faces)[0]

    def predict_arrays(self, faces: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities float32 [n, 9] and valence-arousal float32 [n, 2] of n faces, n = 0 included.

        Raises `EmofastError` for a face that `emofast.faces.check_picture` refuses, and for one face where a list of faces belongs.
        """
        one = isinstance(faces, np.ndarray) and (faces.ndim < 3 or (faces.ndim == 3 and faces.shape[2] in (1, 3, 4)))
        if one or not isinstance(faces, Sequence | np.ndarray):
            raise EmofastError(f"{'one face' if one else type(faces).__name__} is no list of faces: use predict(face), or give [face, ...]")
        if not len(faces):
            return np.empty((0, len(EMOTIONS)), np.float32), np.empty((0, 2), np.float32)
        return self._network.run(np.stack([prepare_face(f, self.size, self.channels) for f in faces]))


def find_model(weights: str | Path | None = None) -> Path:
    """The model file: as given, or below the project's results, or in the package, if the path begins with `artifacts/`; fetched, if it
    is `hf:ORG/NAME`; for None the shipped one: ONNX, which starts in a second, else the learner. Raises `EmofastError` where there is none.
    """
    path = None if weights is None else Path(weights)
    if path is None:
        places = [folder / name for folder in (artifacts(), SHIPPED) for name in ("emofast.onnx", "emofast.pkl")]
    elif path.as_posix().startswith(PREFIX):
        return fetch(path.as_posix())
    else:
        below = path.parts[:1] == ("artifacts",)
        places = [path, *(folder.joinpath(*path.parts[1:]) for folder in (artifacts(), SHIPPED) if below)]
    found = next(filter(Path.is_file, places), None)
    if not found:
        lacking = f"file {path}" if path else f"yet, neither {places[0]} nor {places[1].name}; get the project with its artifacts folder"
        raise EmofastError(
            f"there is no model {lacking}; make one from a trained experiment with: python -m emofast export EXPERIMENT --data NAME, "
            "or name one with --model: a FILE, or hf:ORG/NAME on the Hugging Face Hub"
        )
    if found.suffix not in (".pkl", ".onnx"):
        raise EmofastError(f"{found} is no model: give an exported learner (.pkl) or an ONNX model (.onnx)")
    return found
