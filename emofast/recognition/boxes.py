"""A face's place in a frame, and the one way to cut the face out that the webcam and the videos share."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from emofast.errors import EmofastError
from emofast.faces import check_picture

# dlib's box reaches from the brows to the chin; photographs of faces, the training data, show more and sit higher. Median of the
# 905 of 1,200 FER2013 photographs in which dlib finds one face: side 1.28 times the box, centre 0.09 of the box above its centre.
MARGIN = 0.14
"""Added on each side of dlib's box, as a share of its side, to look like a training photograph."""
LIFT = 0.09
"""How far the crop's centre lies above the box's centre, as a share of the box's side."""

ROLL = 10.0
"""Degrees of tilt that are left in a crop: they cost the network under a point of accuracy, 20 degrees three (`bench robustness`). A
fixed remainder instead of a threshold, so that a head that trembles about it is not turned to and fro."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the frame; `x`, `y` is its upper left corner."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return self.x + self.w / 2, self.y + self.h / 2

    def inside(self, width: int, height: int) -> "Box":
        """The box moved (not cut, so that a square stays square) into a frame of that size; cut only where it is larger than it."""
        w, h = min(self.w, width), min(self.h, height)
        return Box(min(max(self.x, 0), width - w), min(max(self.y, 0), height - h), w, h)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (a.w * a.h + b.w * b.h - w * h)


def crop_square(box: Box, margin: float = MARGIN) -> Box:
    """What `crop_face` cuts out: the box squared about its centre, lifted by `LIFT` and widened by `margin` on each side.

    Both are shares of the box's side; a model's own margin is `EmotionRecognizer.margin`.
    """
    side = max(box.w, box.h)
    half = side * (0.5 + margin)
    cx, cy = box.centre
    return Box(round(cx - half), round(cy - LIFT * side - half), round(2 * half), round(2 * half))


def crop_face(frame: np.ndarray, box: Box, margin: float = MARGIN, roll: float = 0.0) -> np.ndarray:
    """The face in `box` as a square uint8 picture, grey [s, s] or BGR [s, s, 3] as the frame is.

    The square is `crop_square`'s. Where it leaves the frame, the frame's edge pixels are repeated, so that a face at the border keeps its
    size and place. A 16-bit frame is brought to 8 bits, alpha is dropped. `roll`: degrees by which the head is tilted clockwise in the
    picture; what goes beyond `ROLL` is turned back.

    Raises `EmofastError` for a frame that is no picture, an empty box, and one that does not touch the frame.
    """
    check_picture(frame)
    height, width = frame.shape[:2]
    if not isinstance(box, Box) or not all(map(math.isfinite, (box.x, box.y, box.w, box.h))) or box.w <= 0 or box.h <= 0:
        raise EmofastError(f"{box!r} is no box of a face; boxes come from a Detector or from FaceTracker.track")
    square = crop_square(box, margin)
    left, top, right, bottom = square.x, square.y, square.x + square.w, square.y + square.h
    x0, x1, y0, y1 = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
    if x0 >= x1 or y0 >= y1:
        raise EmofastError(
            f"the box {box} lies outside the frame of {width} x {height} pixels; boxes belong to the frame they were found in"
        )
    if abs(roll) > ROLL:
        turn = cv2.getRotationMatrix2D(square.centre, roll - math.copysign(ROLL, roll), 1.0)
        turn[:, 2] -= left, top
        face = cv2.warpAffine(frame, turn, (square.w, square.h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    else:
        pads = (y0 - top, bottom - y1, x0 - left, right - x1)
        face = cv2.copyMakeBorder(frame[y0:y1, x0:x1], *pads, cv2.BORDER_REPLICATE)
    if face.dtype == np.uint16:
        face = (face >> 8).astype(np.uint8)
    return np.ascontiguousarray(face[..., :3]) if face.ndim == 3 else face  # OpenCV has dropped the axis of a single channel
