"""Drawing on a BGR frame: translucent rounded panels, smooth lines and text in any alphabet, in microseconds each."""

from functools import lru_cache

import cv2
import numpy as np

Colour = tuple[int, int, int]
SHIFT = 4  # OpenCV draws at sixteenths of a pixel: shapes glide instead of jumping


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")  # built into OpenCV 5; has Cyrillic


@lru_cache(maxsize=256)
def _rounded(w: int, h: int, radius: int) -> np.ndarray:
    """The outline of a rectangle with round corners at the origin, int32 [n, 2] in sixteenths of a pixel."""
    r, turn = min(radius, w // 2, h // 2), np.linspace(0, np.pi / 2, 8)
    corners = ((w - r, h - r), (r, h - r), (r, r), (w - r, r))
    points = [(x + r * np.cos(turn + k * np.pi / 2), y + r * np.sin(turn + k * np.pi / 2)) for k, (x, y) in enumerate(corners)]
    return np.rint(np.hstack(points).T * (1 << SHIFT)).astype(np.int32)


def _fixed(*values: float) -> tuple[int, ...]:
    return tuple(round(v * (1 << SHIFT)) for v in values)


class Canvas:
    """Draws into `image` (uint8 BGR [h, w, 3], changed in place). Colours are (R, G, B), lengths in units that grow with the frame.

    One unit is one pixel of a 640 x 480 frame; `px(units)` converts. Coordinates are pixels. The frame may end before the image does:
    what lies right of `width` is the column beside it, `side` pixels wide.
    """

    def __init__(self, image: np.ndarray, width: int | None = None):
        self.image = image
        self.height, self.width = image.shape[0], width or image.shape[1]
        self.side = image.shape[1] - self.width
        self.unit = max(min(self.height / 480, self.width / 640), 0.5) ** 0.85

    def px(self, units: float) -> int:
        """Units in whole pixels, at least one."""
        return max(round(units * self.unit), 1)

    def panel(self, x: int, y: int, w: int, h: int, radius: int, colour: Colour, opacity: float = 1.0) -> None:
        """A filled rectangle with smooth round corners; parts outside the image are left out."""
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, self.width + self.side), min(y + h, self.height)
        if x0 >= x1 or y0 >= y1:
            return
        area = self.image[y0:y1, x0:x1]
        outline = _rounded(w - 1, h - 1, radius) + np.int32(_fixed(x - x0, y - y0))
        filled = cv2.fillPoly(area.copy(), [outline], colour[::-1], cv2.LINE_AA, SHIFT)
        cv2.addWeighted(area, 1 - opacity, filled, opacity, 0, dst=area)

    def text(self, text: str, x: float, y: float, size: int, colour: Colour, weight: int = 400, align: str = "left") -> int:
        """Text whose line is centred at height `y`; returns its width in pixels. `align`: where `x` is (left, centre, right)."""
        width = self.text_width(text, size, weight)
        left = x - {"left": 0, "centre": width / 2, "right": width}[align]
        cv2.putText(self.image, text, (round(left), round(y + 0.36 * size)), colour[::-1], _font(), size, weight)
        return width

    @staticmethod
    @lru_cache(maxsize=512)
    def text_width(text: str, size: int, weight: int = 400) -> int:
        return cv2.getTextSize((1, 1), text, (0, 0), _font(), size, weight)[2]

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, thickness: int = 1) -> None:
        """A smooth line with round ends."""
        cv2.line(self.image, _fixed(x0, y0), _fixed(x1, y1), colour[::-1], thickness, cv2.LINE_AA, SHIFT)

    def path(self, points: np.ndarray, colours: np.ndarray, thickness: np.ndarray) -> None:
        """Smooth lines from each of n points [n, 2] to the next, in colours [n, 3] and with thicknesses [n] of their starts."""
        fixed, bgr = np.rint(points * (1 << SHIFT)).astype(int).tolist(), colours[:, ::-1].astype(int).tolist()
        for a, b, colour, thick in zip(fixed, fixed[1:], bgr, np.maximum(np.rint(thickness), 1).astype(int).tolist()):
            cv2.line(self.image, a, b, colour, thick, cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour, thickness: int = -1) -> None:
        """A smooth disc, or a ring of that `thickness`."""
        cv2.circle(self.image, _fixed(x, y), _fixed(radius)[0], colour[::-1], thickness, cv2.LINE_AA, SHIFT)

    def frame(self, x: int, y: int, w: int, h: int, radius: int, colour: Colour, thickness: int) -> None:
        """The outline of a rounded rectangle."""
        outline = _rounded(w, h, radius) + np.int32(_fixed(x, y))
        cv2.polylines(self.image, [outline], True, colour[::-1], thickness, cv2.LINE_AA, SHIFT)
