"""Whether a face can be read at all: how sharp and bright its picture is, and how far the head is turned."""

from dataclasses import dataclass

import cv2
import numpy as np

from emofast.faces import prepare_face

SIDE = 48  # px: blur is judged at the shipped network's own size, so that a large soft face counts as sharp as it looks to the network
# Of 1,020 ferplus9 validation photographs these call none bad; of the same ones out of focus by 2 px (14 points of accuracy lost) all,
# by 1 px (3 points) 27 %, at a quarter of the light 94 %, overexposed 1.8 times 34 %. The rates are those of emofast.bench.disturbances.
BLURRED, DARK, BRIGHT = 0.25, 45.0, 215.0

FACING = 0.5
"""Frontality from which a face counts as turned to the camera. Below lie 1.5 % of 2,229 ferplus9 validation photographs; the student
of experiment 10 reads 76 % of them right and 88 % of the others."""


@dataclass(frozen=True)
class Quality:
    """What a face crop is worth, however sure a network is about it."""

    sharpness: float
    """Standard deviation of the Laplacian over that of the grey levels, at 48 px: about 1 for a sharp photograph, 0 for a blank one."""
    brightness: float
    """Mean grey level, 0 to 255."""

    @property
    def bad(self) -> bool:
        """Too blurred, too dark or too bright to be read."""
        return self.sharpness < BLURRED or not DARK <= self.brightness <= BRIGHT


def quality(crop: np.ndarray) -> Quality:
    """The quality of a face crop, of any size and kind that `EmotionRecognizer` takes."""
    grey = prepare_face(crop, SIDE, channels=1)[0].astype(np.float32)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    middle = slice(SIDE // 12, -SIDE // 12)  # without the rim, where a crop repeats the frame's edge
    sharpness = float(edges[middle, middle].std()) / max(float(grey[middle, middle].std()), 1.0)
    return Quality(sharpness, float(grey.mean()))


def frontality(landmarks: np.ndarray | None) -> float:
    """Distance of the eyes over that from eyes to mouth: 1 from the front, 0.8 turned by 30 degrees, 0 in profile; NaN without landmarks.

    Looking down or up makes it larger; it says nothing about that.
    """
    if landmarks is None:
        return float("nan")
    left, right, _, *mouth = landmarks
    height = np.linalg.norm(np.mean(mouth, axis=0) - (left + right) / 2)
    return float(np.linalg.norm(right - left) / max(height, 1e-3))


def roll(landmarks: np.ndarray | None) -> float:
    """Degrees by which the head is tilted clockwise in the picture; 0 without landmarks."""
    if landmarks is None:
        return 0.0
    dx, dy = landmarks[1] - landmarks[0]
    return float(np.degrees(np.arctan2(dy, dx)))
