"""Hairstyles: where the hair begins on the forehead, how far it stands out, and what of it hangs behind the head."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Style:
    """Lines run down the right half as (x, y): the hairline from the middle of the forehead, the outline behind the head from the crown."""

    line: tuple[tuple[float, float], ...]
    volume: float
    back: tuple[tuple[float, float], ...] = ()

    def on_top(self) -> np.ndarray:
        """Polygon [n, 2] of all that lies above the hairline."""
        half = np.array(self.line)
        end = half[-1, 1]
        return np.concatenate([half[::-1] * (-1, 1), half[1:], [[1.6, end], [1.6, -2.0], [-1.6, -2.0], [-1.6, end]]])


_RECEDING = ((0, -0.90), (0.3, -0.93), (0.55, -0.95), (0.72, -0.80), (0.80, -0.50), (0.86, -0.20), (0.90, 0.05))
_ROUND = ((0, -0.96), (0.25, -0.94), (0.5, -0.84), (0.70, -0.62), (0.80, -0.38), (0.87, -0.12), (0.91, 0.06))
_FRINGE = ((0, -0.50), (0.2, -0.47), (0.45, -0.50), (0.66, -0.42), (0.78, -0.30), (0.87, -0.05), (0.92, 0.1))
_PARTED = ((0, -1.0), (0.25, -0.93), (0.5, -0.76), (0.69, -0.50), (0.80, -0.15), (0.86, 0.3), (0.88, 0.75))

_TO_THE_CHIN = ((0.0, -1.5), (0.7, -1.3), (1.12, -0.6), (1.24, 0.2), (1.26, 0.8), (1.12, 1.25), (0.7, 1.3))
_TO_THE_SHOULDERS = ((0.0, -1.5), (0.7, -1.3), (1.10, -0.6), (1.18, 0.2), (1.24, 1.0), (1.32, 1.9), (1.15, 2.5), (0.7, 2.6))
_CLOUD = ((0.0, -1.72), (0.5, -1.62), (0.95, -1.3), (1.22, -0.8), (1.32, -0.2), (1.22, 0.35), (0.95, 0.6))

STYLES: dict[str, Style] = {
    "short": Style(_RECEDING, 0.13),
    "crop": Style(_RECEDING, 0.04),
    "fringe": Style(_FRINGE, 0.14),
    "bob": Style(_PARTED, 0.15, _TO_THE_CHIN),
    "long": Style(_PARTED, 0.13, _TO_THE_SHOULDERS),
    "tied": Style(_ROUND, 0.06),
    "curly": Style(_ROUND, 0.12, _CLOUD),
    "bald": Style((), 0.0),
}
