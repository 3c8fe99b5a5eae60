"""A float picture in face units on which soft, anti-aliased shapes are painted."""

from __future__ import annotations

import cv2
import numpy as np

LEFT, RIGHT, TOP, BOTTOM = -1.3, 1.3, -1.75, 2.05
"""The part of the face's plane that canvases and reliefs cover, in face units."""

CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 25)[:-1]), np.sin(np.linspace(0, 2 * np.pi, 25)[:-1])], 1)
"""Points [24, 2] of the unit circle."""

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing


def grid(scale: float) -> tuple[np.ndarray, np.ndarray]:
    """x [w] and y [h] in face units of the pixels of a canvas with `scale` pixels per unit."""
    w, h = round((RIGHT - LEFT) * scale), round((BOTTOM - TOP) * scale)
    return (LEFT + (np.arange(w, dtype=np.float32) + 0.5) / scale), (TOP + (np.arange(h, dtype=np.float32) + 0.5) / scale)


class Canvas:
    """`image` is float32 [h, w, channels] or [h, w]; points are in face units, colours as in the image."""

    def __init__(self, image: np.ndarray, scale: float, origin: tuple[float, float] = (LEFT, TOP)) -> None:
        self.image, self.scale, self.origin = image, scale, np.asarray(origin)

    def fill(self, points: np.ndarray, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None) -> None:
        """Paint a polygon; `blur` is the softness of its edge in face units, `within` a second polygon that cuts it."""
        points = (points - self.origin) * self.scale - 0.5
        margin = 2.6 * blur * self.scale + 1.5
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
        x1, y1 = min(self.image.shape[1], int(right + margin) + 2), min(self.image.shape[0], int(bottom + margin) + 2)
        if alpha <= 0.004 or x1 <= x0 or y1 <= y0:
            return
        mask = self._mask(points, x0, y0, x1 - x0, y1 - y0)
        sigma = blur * self.scale
        if sigma > 1.5:  # two boxes are nearly a bell, at the same price for every width
            box = (2 * round(((6 * sigma * sigma + 1) ** 0.5 - 1) / 2) + 1,) * 2
            mask = cv2.blur(cv2.blur(mask, box), box)
        elif sigma > 0.6:
            mask = cv2.GaussianBlur(mask, (0, 0), sigma)
        if within is not None:
            cut = self._mask((within - self.origin) * self.scale - 0.5, x0, y0, x1 - x0, y1 - y0)
            mask = cv2.multiply(mask, cut, scale=1 / 255)
        part = self.image[y0:y1, x0:x1]
        weight = mask.astype(np.float32) * (alpha / 255)
        part += (weight if part.ndim == 2 else weight[..., None]) * (np.asarray(colour, np.float32) - part)

    def stroke(
        self, points: np.ndarray, width: float, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None
    ) -> None:
        """Paint a line of `width` face units that thins out towards both ends."""
        self.fill(ribbon(points, width / 2 * tapered(len(points))), colour, alpha, blur, within)

    def disc(self, centre, radius: float, colour, alpha: float = 1.0, blur: float = 0.0, within: np.ndarray | None = None) -> None:
        """Paint a circle."""
        self.fill(np.asarray(centre) + radius * CIRCLE, colour, alpha, blur, within)

    def _mask(self, points: np.ndarray, x0: int, y0: int, w: int, h: int) -> np.ndarray:
        mask = np.zeros((h, w), np.uint8)
        polygon(mask, points - (x0, y0), 255)
        return mask


def ribbon(line: np.ndarray, half_thickness: np.ndarray) -> np.ndarray:
    """Outline of a line with a thickness that varies along it: [2 n, 2]."""
    along = np.empty_like(line)
    along[1:-1] = line[2:] - line[:-2]
    along[0], along[-1] = line[1] - line[0], line[-1] - line[-2]
    along *= (np.asarray(half_thickness) / np.sqrt((along * along).sum(1) + 1e-12))[:, None]
    offset = along[:, ::-1] * (-1.0, 1.0)
    return np.concatenate([line + offset, (line - offset)[::-1]])


def moved(points: np.ndarray, x: float, y: float) -> np.ndarray:
    """The same points further to the right by `x` and further down by `y`."""
    return points + np.array((x, y))


def band(line: np.ndarray, half: float | np.ndarray) -> np.ndarray:
    """Outline of a mostly level line that is `half` thick upwards and downwards: [2 n, 2]."""
    up = np.stack([np.zeros(len(line)), np.broadcast_to(half, len(line))], 1)
    return np.concatenate([line - up, (line + up)[::-1]])


def rounded(points: np.ndarray, closed: bool = True) -> np.ndarray:
    """The same line with its corners cut twice (Chaikin)."""
    for _ in range(2):
        following = np.roll(points, -1, 0) if closed else points[1:]
        start = points[: len(following)]
        points = np.stack([0.75 * start + 0.25 * following, 0.25 * start + 0.75 * following], 1).reshape(-1, 2)
    return points


def tapered(n: int) -> np.ndarray:
    """Thickness [n] of a stroke that thins out towards both ends."""
    return np.sin(np.linspace(0.12, np.pi - 0.12, n))


def polygon(mask: np.ndarray, points: np.ndarray, value: int) -> None:
    """Fill an anti-aliased polygon, given in pixels, in a uint8 picture."""
    cv2.fillPoly(mask, [np.rint(points * (1 << _SHIFT)).astype(np.int32)], value, cv2.LINE_AA, _SHIFT)
