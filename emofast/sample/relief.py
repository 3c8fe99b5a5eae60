"""How far the skin stands out from the smooth head: nose, sockets, cheeks, lips, chin, and the folds that emotions press into it."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from emofast.sample.action_units import both_sides
from emofast.sample.canvas import LEFT, TOP, grid, moved, polygon, ribbon, tapered
from emofast.sample.geometry import Geometry
from emofast.sample.identity import Identity

SCALE = 50.0
"""Pixels per face unit of a relief: fine enough for a fold, coarse enough for a video."""


def relief(identity: Identity, geometry: Geometry, aus: Mapping[int | str, float]) -> np.ndarray:
    """Height in face units, float32 [h, w], on the grid of `canvas.grid(SCALE)`."""
    x, y = grid(SCALE)
    bumps = _mouth_bumps(geometry)
    sides = both_sides(aus)
    for i, (sign, au) in enumerate(zip((-1, 1), sides)):
        ex, ey = geometry.eyes[i].centre
        cx, cy = geometry.mouth.corners[i]
        up = au[6] + au[12]
        bumps += (
            (-0.085, ex - 0.03 * sign, ey, 0.25, 0.14),  # socket
            (0.075, ex, ey, 0.15, 0.085),  # eyeball under the lids
            (0.05, ex, ey - 0.27, 0.30, 0.10),  # brow ridge
            (0.05 * identity.cheeks + 0.05 * up, ex + 0.09 * sign, 0.40 - 0.05 * up, 0.24, 0.17),  # cheek
            (0.03 * au[12], cx + 0.10 * sign, cy - 0.05, 0.08, 0.13),  # cheek pushed outwards by the corner
            (-0.045 * au[14] - 0.025 * au[12], cx + 0.035 * sign, cy, 0.035, 0.05),  # dimple
            (0.04 * au[15], cx + 0.02 * sign, cy + 0.10, 0.08, 0.06),
            (-0.04, 0.78 * sign, 0.62, 0.16, 0.30),  # hollow of the cheek
            (0.09, sign * geometry.nose[1] * 0.80, geometry.nose[0] - 0.055, 0.065, 0.065),  # wing of the nose
        )
    return _nose(x, y, geometry) + _sum_of_bumps(x, y, bumps) + _folds(x, y, identity, geometry, sides)


def _sum_of_bumps(x: np.ndarray, y: np.ndarray, bumps: list[tuple[float, ...]]) -> np.ndarray:
    """Sum of bells, each (height, x, y, width, height of the bell's foot): one matrix product, since bells are separable."""
    amplitude, cx, cy, sx, sy = np.array(bumps, np.float32).T[:, :, None]
    return (amplitude * np.exp(-(((y - cy) / sy) ** 2))).T @ np.exp(-(((x - cx) / sx) ** 2))


def _nose(x: np.ndarray, y: np.ndarray, geometry: Geometry) -> np.ndarray:
    base, half = geometry.nose
    along = np.clip((y + 0.10) / (base + 0.04), 0, 1)  # 0 at the root, 1 at the tip
    ridge = (0.05 + 0.19 * along**1.3) / (1 + np.exp(-(y + 0.08) / 0.06)) / (1 + np.exp((y - base + 0.03) / 0.032))
    width = 0.095 + 0.35 * half * along**2
    return (ridge[:, None] * np.exp(-((x[None] / width[:, None]) ** 2))).astype(np.float32)


def _mouth_bumps(geometry: Geometry) -> list[tuple[float, ...]]:
    mouth = geometry.mouth
    mid = len(mouth.upper_inner) // 2
    half = float(mouth.corners[1, 0] - mouth.corners[0, 0]) / 2
    top, bottom = float(mouth.upper_inner[mid, 1]), float(mouth.lower_inner[mid, 1])
    upper, lower = top - float(mouth.upper_outer[mid, 1]), float(mouth.lower_outer[mid, 1]) - bottom
    return [
        (0.06, 0.0, (top + bottom) / 2, 1.3 * half, 0.26),  # the teeth carry the lips
        (0.035, 0.0, top - upper * 0.5, 0.8 * half, max(upper, 0.03)),
        (0.055, 0.0, bottom + lower * 0.5, 0.7 * half, max(lower * 0.8, 0.03)),
        (-0.05, 0.0, bottom + lower + 0.06, 0.6 * half, 0.06),  # groove under the lower lip
        (0.075, 0.0, geometry.profile.chin - 0.22, 0.26, 0.14),  # chin
        (-0.02, 0.0, (geometry.nose[0] + top - upper) / 2, 0.05, 0.09),  # philtrum
    ]


def _folds(x: np.ndarray, y: np.ndarray, identity: Identity, geometry: Geometry, sides: list[dict[int, float]]) -> np.ndarray:
    """Lines pressed in by action units, partly permanent with age: heights <= 0, [h, w]."""
    image = np.zeros((len(y), len(x)), np.uint8)

    def press(points: np.ndarray, width: float, depth: float) -> None:
        if depth > 0.02:
            outline = ribbon(np.asarray(points, float), width / 2 * tapered(len(points)))
            polygon(image, (outline - (LEFT, TOP)) * SCALE - 0.5, round(255 * min(1.0, depth)))

    lined = identity.age**2
    raised = sum(au[unit] for au in sides for unit in (1, 2)) / 4
    across = np.linspace(-1, 1, 13)
    for k, py in enumerate((-0.50, -0.61, -0.72)):
        wave = py - 0.03 * np.cos(across * np.pi * 1.3) - 0.04 * raised
        press(np.stack([across * (0.5 - 0.05 * k), wave], 1), 0.035, 0.45 * raised + 0.25 * lined)
    for i, (sign, au) in enumerate(zip((-1, 1), sides)):
        inner = geometry.brows[i][0][0]
        press([(sign * 0.065, inner[1] + dy) for dy in (-0.12, -0.06, 0.0, 0.05, 0.10)], 0.035, 0.6 * au[4] + 0.15 * lined)
        for py in (-0.02, 0.06):
            press([(0.0, py), (sign * 0.05, py - 0.012), (sign * 0.11, py - 0.045)], 0.035, 0.7 * au[9])
        drawn = 0.5 * au[12] + 0.65 * au[9] + 0.2 * au[15] + 0.25 * au[20]
        press(_nasolabial(geometry, i, sign, au), 0.05, 0.08 + drawn + 0.35 * identity.age)
        eye = geometry.eyes[i]
        outer = moved(eye.centre, sign * (eye.half_width + 0.05), 0.01)
        for angle in (-0.45, 0.0, 0.45):
            way = np.array([sign * np.cos(angle), np.sin(angle)])
            press(outer + np.linspace(0, 0.17, 5)[:, None] * way, 0.022, 0.45 * au[6] + 0.25 * lined)
        bag = np.stack([eye.lower[:, 0], eye.lower[:, 1] * 0.6 + 0.105 - 0.02 * au[6]], 1)
        press(bag, 0.03, 0.1 + 0.35 * au[6] + 0.25 * identity.age)
    return cv2.GaussianBlur(image, (0, 0), 0.013 * SCALE).astype(np.float32) * np.float32(-0.05 / 255)


def _nasolabial(geometry: Geometry, i: int, sign: int, au: Mapping[int, float]) -> np.ndarray:
    """The fold from the wing of the nose past the corner of the mouth, [9, 2]."""
    start = np.array([sign * (geometry.nose[1] + 0.05), geometry.nose[0] - 0.09])
    end = geometry.mouth.corners[i] + (sign * 0.09, 0.02 + 0.03 * au[15])
    bulge = (start + end) / 2 + (sign * (0.05 + 0.05 * au[12]), -0.03)
    t = np.linspace(0, 1, 9)[:, None]
    return (1 - t) ** 2 * start + 2 * t * (1 - t) * bulge + t**2 * end
