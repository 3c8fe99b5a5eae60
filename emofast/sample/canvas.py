"""A float picture on which soft, anti-aliased shapes are painted, their points and sizes given in face units."""

from collections.abc import Callable

import cv2
import numpy as np

CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 25)[:-1]), np.sin(np.linspace(0, 2 * np.pi, 25)[:-1])], 1)
"""Points [24, 2] of the unit circle."""

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing


class Canvas:
    """`image` is float32 [h, w, 3], blue, green, red; `place` turns points [n, 2] into pixels, `unit` of which are a face unit."""

    def __init__(self, image: np.ndarray, unit: float, place: Callable[[np.ndarray], np.ndarray]) -> None:
        self.image, self.unit, self.place = image, unit, place

    def fill(self, points: np.ndarray, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None) -> None:
        """Paint a polygon; `blur` is the softness of its edge, `within` a second polygon that cuts it."""
        points = self.place(points)
        margin = 2.5 * blur * self.unit + 1.5
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
        x1, y1 = min(self.image.shape[1], int(right + margin) + 2), min(self.image.shape[0], int(bottom + margin) + 2)
        if alpha <= 0.004 or x1 <= x0 or y1 <= y0:
            return
        mask = polygon(np.zeros((y1 - y0, x1 - x0), np.uint8), points - (x0, y0))
        side = 2 * round(1.22 * blur * self.unit) + 1  # of boxes; two of them are nearly a bell with the deviation `blur`
        mask = cv2.blur(cv2.blur(mask, (side, side)), (side, side))
        if within is not None:
            mask = cv2.multiply(mask, polygon(np.zeros_like(mask), self.place(within) - (x0, y0)), scale=1 / 255)
        part = self.image[y0:y1, x0:x1]
        part += (mask.astype(np.float32) * (alpha / 255))[..., None] * (np.asarray(colour, np.float32) - part)

    def stroke(
        self, points: np.ndarray, width: float, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None
    ) -> None:
        """Paint a line of `width` that thins out towards both ends."""
        along = np.gradient(points, axis=0)
        half = width / 2 * np.sin(np.linspace(0.12, np.pi - 0.12, len(points)))
        offset = along[:, ::-1] * (-1, 1) * (half / (np.hypot(*along.T) + 1e-6))[:, None]
        self.fill(np.concatenate([points + offset, (points - offset)[::-1]]), colour, alpha, blur, within)

    def disc(self, centre, radius: float, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None) -> None:
        """Paint a circle."""
        self.fill(np.asarray(centre) + radius * CIRCLE, colour, alpha, blur, within)


def polygon(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Fill an anti-aliased polygon, given in pixels, with 255 in a uint8 picture, in place; returns the picture."""
    return cv2.fillPoly(mask, [np.rint(points * (1 << _SHIFT)).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)


def moved(points: np.ndarray, x: float, y: float) -> np.ndarray:
    """The same points further to the right by `x` and further down by `y`."""
    return points + np.array((x, y))


def band(line: np.ndarray, half: float | np.ndarray) -> np.ndarray:
    """Outline of a mostly level line that is `half` thick upwards and downwards: [2 n, 2]."""
    up = np.stack([np.zeros(len(line)), np.broadcast_to(half, len(line))], 1)
    return np.concatenate([line - up, (line + up)[::-1]])


def mirrored(half: np.ndarray) -> np.ndarray:
    """Closed outline of a shape given by the half of it that lies to the right, its corners cut twice (Chaikin)."""
    points = np.concatenate([half, half[::-1] * (-1, 1)])
    for _ in range(2):
        following = np.roll(points, -1, 0)
        points = np.stack([0.75 * points + 0.25 * following, 0.25 * points + 0.75 * following], 1).reshape(-1, 2)
    return points
