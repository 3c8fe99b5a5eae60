"""dlib's frontal face detector on a frame of any size, depth and kind."""

from __future__ import annotations

import cv2
import numpy as np

from emofast.errors import EmofastError
from emofast.faces import to_channels
from emofast.recognition.boxes import Box

__all__ = ["FaceDetector"]

# dlib's window is 80 px and a scan costs 24 ms for 640x480 grey pixels, so a frame is scanned 640 px wide: faces from an eighth of
# the frame's width are found at any resolution, at one price. Each upsampling halves the smallest face and costs four times as much.
SCAN_SIDE = 640


class FaceDetector:
    """Frontal faces by dlib's HOG detector.

    Finds upright faces from about 1/8 of the frame's longer side (`upsample=1`: 1/16, four times slower; `upsample=2`: 1/32). Faces
    turned or tilted by more than about 30 degrees are not found; `FaceTracker` bridges them. An instance serves one thread at a time.
    """

    def __init__(self, upsample: int = 0):
        try:
            import dlib
        except ImportError as e:
            raise EmofastError(f"faces cannot be found because dlib does not load ({e}): pip install dlib-bin") from None
        if not 0 <= upsample <= 3:
            raise EmofastError(f"upsample={upsample} is out of range: 0 (faces from 1/8 of the frame) to 3 (from 1/64, 64 times slower)")
        self.upsample = upsample
        self._dlib = dlib.get_frontal_face_detector()

    def detect(self, frame: np.ndarray) -> list[Box]:
        """Boxes of the faces in `frame`, largest first.

        `frame` is uint8 or uint16; grey [h, w], BGR [h, w, 3] or BGRA. Boxes are square and moved inside the frame where dlib's leave it.
        """
        height, width = frame.shape[:2]
        grey, scale = self.working(frame)
        boxes = [Box(round(x / scale), round(y / scale), round(s / scale), round(s / scale)) for x, y, s, _ in self.scan(grey)]
        return sorted((b.inside(width, height) for b in boxes), key=lambda b: -b.w)

    def working(self, frame: np.ndarray) -> tuple[np.ndarray, float]:
        """The grey picture that is scanned, uint8 [h, w], and its scale: a pixel of it is `1 / scale` pixels of the frame."""
        height, width = frame.shape[:2]
        scale = min(1.0, SCAN_SIDE / max(height, width)) * 2**self.upsample
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        grey = to_channels(frame, channels=1)
        if grey.shape[::-1] != size:
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        return np.ascontiguousarray(grey), scale

    def scan(self, grey: np.ndarray, leniency: float = 0.0) -> list[tuple[float, float, float, float]]:
        """(x, y, side, score) of every face in a grey picture, in its own pixels; `leniency` lowers the bar below dlib's own zero.

        dlib releases the interpreter's lock meanwhile: a scan in another thread costs this one nothing on a second core.
        """
        rects, scores, _ = self._dlib.run(grey, 0, -leniency)
        return [(r.left(), r.top(), r.width(), s) for r, s in zip(rects, scores)]
