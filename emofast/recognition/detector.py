"""What every face detector gives, whoever made it."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from emofast.recognition.boxes import Box


@dataclass(frozen=True)
class Face:
    """One face of a frame."""

    box: Box
    """Square, in the frame's pixels, inside the frame, and from the brows to the chin whichever detector found it (`BoxStatistics`)."""
    score: float
    """How sure the detector is, on its own scale."""
    landmarks: np.ndarray | None = field(default=None, compare=False)
    """float32 [5, 2], x and y in the frame's pixels: the eyes left and right in the picture, nose, mouth corners left and right."""


@dataclass(frozen=True)
class BoxStatistics:
    """How a detector's own boxes lie against the reference, dlib's, at which model cards state their crop margin: medians over faces
    that both find. With them every detector gives reference boxes, and a card's margin is right for all."""

    side: float = 1.0
    """Side of the detector's own box over the reference's."""
    lift: float = 0.0
    """How far its centre lies above the reference's, as a share of the reference's side."""

    def reference(self, cx: float, cy: float, side: float, scale: float) -> Box:
        """The reference box, in frame pixels, of an own box of that centre and side in pixels that are `1 / scale` frame pixels each."""
        side /= self.side
        left, top = cx - side / 2, cy + self.lift * side - side / 2
        return Box(round(left / scale), round(top / scale), round(side / scale), round(side / scale))


class Detector(Protocol):
    """A face detector; an instance serves one thread at a time."""

    name: str
    smallest: float
    """Side of the smallest face that is found reliably, as a share of the frame's longer side."""
    statistics: BoxStatistics
    pace: int
    """Frames of a live view from one scan to the next; the dearer a scan, the longer a tracker carries the faces on."""

    def detect(self, frame: np.ndarray) -> list[Face]:
        """The faces in `frame`, largest first.

        `frame` is uint8 or uint16; grey [h, w], BGR [h, w, 3] or BGRA. Raises `EmofastError` for anything else.
        """
