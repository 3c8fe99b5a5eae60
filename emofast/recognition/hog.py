"""dlib's frontal face detector on a frame of any size, depth and kind."""

import cv2
import numpy as np

from emofast.errors import EmofastError
from emofast.faces import check_picture, to_channels
from emofast.recognition.boxes import Box
from emofast.recognition.detector import BoxStatistics, Face

# dlib's window is 80 px and a scan costs 24 ms for 640x480 grey pixels, so a frame is scanned 640 px wide: faces from an eighth of
# the frame's width are found at any resolution, at one price. Each upsampling halves the smallest face and costs four times as much.
SCAN_SIDE = 640


class HogDetector:
    """Upright frontal faces; those turned or tilted by more than about 30 degrees are not found. No landmarks."""

    name = "dlib"
    statistics = BoxStatistics()  # its boxes are the reference
    pace = 8

    def __init__(self, upsample: int = 0):
        try:
            import dlib
        except ImportError as e:
            raise EmofastError(f"faces cannot be found because dlib does not load ({e}): pip install dlib-bin") from None
        self.upsample, self.smallest = upsample, 1 / 8 / 2**upsample
        self._dlib = dlib.get_frontal_face_detector()

    def detect(self, frame: np.ndarray) -> list[Face]:
        """As `Detector.detect` says; no landmarks."""
        check_picture(frame)
        height, width = frame.shape[:2]
        scale = min(1.0, SCAN_SIDE / max(height, width)) * 2**self.upsample
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        grey = to_channels(frame, channels=1)
        if grey.shape[::-1] != size:
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        rects, scores, _ = self._dlib.run(np.ascontiguousarray(grey), 0, 0.0)
        boxes = (Box(*(round(v / scale) for v in (r.left(), r.top(), r.width(), r.width()))) for r in rects)
        faces = [Face(box.inside(width, height), score) for box, score in zip(boxes, scores)]
        return sorted(faces, key=lambda f: -f.box.w)
