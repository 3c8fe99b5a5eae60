"""The smooth head without features: where each pixel's line of sight meets it, and which way its surface faces there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from emofast.sample.geometry import Geometry
from emofast.sample.hair import STYLES
from emofast.sample.identity import Identity, Pose

_ROWS = 2048  # of the table of the outline


@dataclass(frozen=True)
class Turn:
    """A pose as a matrix (picture = matrix @ head, in face units) and as sines and cosines of its angles."""

    matrix: np.ndarray
    yaw: tuple[float, float]
    pitch: tuple[float, float]
    roll: tuple[float, float]

    @classmethod
    def of(cls, pose: Pose) -> Turn:
        (sy, cy), (sp, cp), (sr, cr) = ((float(np.sin(a)), float(np.cos(a))) for a in np.radians([pose.yaw, pose.pitch, pose.roll]))
        yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        return cls(roll @ pitch @ yaw, (sy, cy), (sp, cp), (sr, cr))

    def project(self, point: tuple[float, float, float]) -> np.ndarray:
        """Head coordinates to picture coordinates."""
        return (self.matrix @ np.asarray(point))[:2]


@dataclass(frozen=True)
class Outline:
    """Half width, half depth and their slopes at heights from `top` to `chin`: float32 [rows] each, the hair included."""

    top: float
    chin: float
    wide: np.ndarray
    deep: np.ndarray
    wide_slope: np.ndarray
    deep_slope: np.ndarray

    @classmethod
    def of(cls, identity: Identity, lines: Geometry) -> Outline:
        style, profile = STYLES[identity.hairstyle], lines.profile
        top, chin = profile.top - style.volume, profile.chin
        y = np.linspace(top, chin, _ROWS)
        own = np.linspace(profile.top, profile.chin, len(profile.half_width))
        squeezed = np.where(y < -0.3, -0.3 + (y + 0.3) * (-0.3 - profile.top) / (-0.3 - top), y)  # the hair lifts the crown
        wide, deep = np.interp(squeezed, own, profile.half_width), np.interp(squeezed, own, profile.half_depth)
        wide *= 1 + 0.55 * style.volume / (1 + np.exp((y - min(style.sides, 0.3) + 0.15) / 0.07))
        step = (chin - top) / (_ROWS - 1)
        return cls(top, chin, *(np.float32(a) for a in (wide, deep, np.gradient(wide, step), np.gradient(deep, step))))


@dataclass(frozen=True)
class Surface:
    """Float32 [h, w] each: place on the head, unit normal, coverage in [0, 1], and the way around the head (-1 and 1 at the sides)."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    normal: tuple[np.ndarray, np.ndarray, np.ndarray]
    cover: np.ndarray
    around: np.ndarray


def meet(x: np.ndarray, y: np.ndarray, outline: Outline, turn: Turn, unit: float) -> Surface:
    """Surface seen at the picture coordinates x, y (float32 [h, w], roll undone); `unit` is in pixels.

    A horizontal cut of the head is an ellipse, so a line of sight at a given height meets it in closed form. A pitched line
    changes its height on the way: a few rounds, all but the last two on a coarse grid, settle depth and height together.
    """
    (s, c), (sp, cp) = turn.yaw, turn.pitch
    depth: np.ndarray | np.float32 = np.float32(0.6)
    if sp != 0.0:
        size = x.shape[::-1]
        coarse = [cv2.resize(a, (max(1, size[0] // 4), max(1, size[1] // 4)), interpolation=cv2.INTER_AREA) for a in (x, y)]
        for _ in range(4):
            depth = _cut(coarse[0], (coarse[1] + depth * sp) / cp, outline, s, c)[0]
        depth = cv2.resize(depth, size, interpolation=cv2.INTER_LINEAR)
        depth = _cut(x, (y + depth * sp) / cp, outline, s, c)[0]
    height = (y + depth * sp) / cp
    depth, row, wide, deep, reach2 = _cut(x, height, outline, s, c)
    across, along = x * c - depth * s, x * s + depth * c
    wide_slope, deep_slope = wide * outline.wide_slope.take(row, mode="clip"), deep * outline.deep_slope.take(row, mode="clip")
    nx, nz = across / (wide * wide + 1e-4), along / (deep * deep + 1e-4)
    ny = -(nx * nx * wide_slope + nz * nz * deep_slope)
    reach = np.sqrt(reach2)
    slope = (wide_slope * (c * c) + deep_slope * (s * s)) / reach
    cover = np.minimum(np.maximum((reach - np.abs(x)) * np.float32(unit) / np.sqrt(1 + slope * slope) + np.float32(0.5), 0), 1)
    cover[(outline.top > height) | (outline.chin < height)] = 0
    size = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-9)
    around = across / (wide + 1e-3)
    around = np.where(along < 0, np.copysign(2, around) - around, around)
    return Surface(across, height, along, (nx * size, ny * size, nz * size), cover, around)


def _cut(x: np.ndarray, height: np.ndarray, outline: Outline, s: float, c: float) -> tuple[np.ndarray, ...]:
    """Depth towards the viewer at `x` of the ellipse at `height`, the row of the outline, its half axes, its squared half width as seen."""
    row = ((height - outline.top) * ((_ROWS - 1) / (outline.chin - outline.top))).astype(np.intp)
    wide, deep = outline.wide.take(row, mode="clip"), outline.deep.take(row, mode="clip")
    w2, d2 = wide * wide, deep * deep
    reach2 = w2 * (c * c) + d2 * (s * s) + 1e-9
    depth = (x * (s * c) * (d2 - w2) + wide * deep * np.sqrt(np.maximum(reach2 - x * x, 0))) / reach2
    return depth, row, wide, deep, reach2
