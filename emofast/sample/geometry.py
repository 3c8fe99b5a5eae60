"""Where the parts of a face lie, for a person and the intensities of the action units.

Face units: 1 is half the width of an average face, the origin lies between the eyes, x to the picture's right, y down,
z out of the face. Side 0 is the person's right (left in the picture), side 1 the left.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from emofast.sample.action_units import both_sides
from emofast.sample.identity import Identity

BOX_CENTRE, BOX_SIDE = 0.42, 2.1
"""The square that a face detector reports: y of its centre and its side, from the brows to the chin."""

_T = np.linspace(-1, 1, 21)  # along a lid or a lip
_ARCH = 1 - np.abs(_T) ** 2.2


class Eye(NamedTuple):
    """Centre, and the lids' edges, [n, 2] from left to right in the picture."""

    centre: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    @property
    def outline(self) -> np.ndarray:
        return np.concatenate([self.upper, self.lower[::-1]])


class Mouth(NamedTuple):
    """Four lines from the left to the right corner: outer and inner edge of the upper lip, inner and outer edge of the lower."""

    upper_outer: np.ndarray
    upper_inner: np.ndarray
    lower_inner: np.ndarray
    lower_outer: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        """[2, 2]: the corner on the left and on the right of the picture."""
        return self.upper_inner[[0, -1]]

    @property
    def gap(self) -> float:
        """How far the mouth is open in its middle."""
        mid = len(self.upper_inner) // 2
        return float(self.lower_inner[mid, 1] - self.upper_inner[mid, 1])


class Skull(NamedTuple):
    """The head without features: half width and half depth, [n] each, of its level cuts (ellipses) at heights `y` down to the chin."""

    y: np.ndarray
    wide: np.ndarray
    deep: np.ndarray

    @property
    def chin(self) -> float:
        return float(self.y[-1])

    def surface(self) -> np.ndarray:
        """Points [64, n, 3] all over it."""
        around = np.linspace(0, 2 * np.pi, 65)[:-1, None]
        return np.stack([np.cos(around) * self.wide, np.broadcast_to(self.y, (64, len(self.y))), np.sin(around) * self.deep], 2)


class Geometry(NamedTuple):
    """All lines of one face. Brows are (centre line [n, 2], half thickness [n]), from the inner to the outer end."""

    brows: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    eyes: tuple[Eye, Eye]
    mouth: Mouth
    nose: tuple[float, float]  # y of its base, half width
    skull: Skull

    def lifted(self, points: np.ndarray) -> np.ndarray:
        """Points [n, 2] of the face's plane where they lie on the head, [n, 3]; the nose stands out."""
        x, y = points.T
        wide, deep = (np.interp(y, self.skull.y, half) for half in (self.skull.wide, self.skull.deep))
        nose = 0.24 * np.exp(-((x / 0.16) ** 2) - ((y - self.nose[0] + 0.06) / 0.2) ** 2)
        return np.stack([x, y, deep * np.sqrt(np.clip(1 - (x / (wide + 1e-3)) ** 2, 0, 1)) + nose], 1)


def geometry(identity: Identity, aus: Mapping[int | str, float]) -> Geometry:
    """Lines of the face of `identity` moved by the action units `aus`; smooth in every intensity."""
    sides = both_sides(aus)
    both = {unit: (sides[0][unit] + sides[1][unit]) / 2 for unit in sides[0]}
    nose = 0.53 * identity.nose_length * identity.length - 0.03 * both[9], 0.2 * identity.nose_width + 0.02 * both[9] + 0.012 * both[12]
    return Geometry(
        brows=tuple(_brow(identity, au, sign) for au, sign in zip(sides, (-1, 1))),
        eyes=tuple(_eye(identity, au, sign) for au, sign in zip(sides, (-1, 1))),
        mouth=_mouth(identity, sides, both), nose=nose, skull=_skull(identity, both),
    )  # fmt: skip


def _brow(identity: Identity, au: dict[int, float], sign: int) -> tuple[np.ndarray, np.ndarray]:
    base = -0.26 - identity.brow_height
    arch = 0.075 * identity.brow_arch
    x = np.array([0.17 - 0.055 * au[4] + 0.01 * au[1], 0.46, 0.74]) * identity.eye_distance
    y = base + np.array([
        -0.15 * au[1] - 0.03 * au[2] + 0.13 * au[4] + 0.05 * au[9],
        -arch - 0.06 * au[1] - 0.13 * au[2] + 0.10 * au[4] + 0.03 * au[9],
        0.02 - 0.11 * au[2] + 0.035 * au[4] + 0.02 * au[1] + 0.01 * au[6],
    ])  # fmt: skip
    s = np.linspace(0, 1, 13)
    basis = np.stack([(1 - s) * (1 - 2 * s), 4 * s * (1 - s), s * (2 * s - 1)], 1)  # the parabola through three points
    line = np.stack([basis @ x * sign, basis @ y], 1)
    half = 0.043 * identity.brow_thickness * np.clip(1.0 - 0.75 * s**1.6, 0.2, 1) * np.clip(0.75 + 3 * s, 0, 1)
    return line, half


def _eye(identity: Identity, au: dict[int, float], sign: int) -> Eye:
    half = 0.225 * identity.eye_size
    centre = np.array([sign * 0.43 * identity.eye_distance, 0.0])
    up = 0.102 * identity.eye_size + 0.062 * au[5] - 0.018 * au[7] - 0.012 * au[4] - 0.008 * au[12]
    low = 0.062 * identity.eye_size + 0.008 * au[5] - 0.04 * au[7] - 0.036 * au[6] - 0.012 * au[12] - 0.01 * au[9]
    outward = _T * sign  # -1 at the inner corner, 1 at the outer
    tilt = (0.012 - identity.eye_tilt * half * 0.5) * outward
    sadness = 0.018 * max(0.0, au[1] - au[2]) * outward  # the inner brow pulls up the inner end of the lid
    upper = -up * _ARCH + tilt + sadness * _ARCH
    lower = low * (1 - np.abs(_T) ** 2.6) + tilt
    upper = upper + (lower - upper) * (0.97 * au[45])
    x = centre[0] + _T * half
    return Eye(centre, np.stack([x, centre[1] + upper], 1), np.stack([x, centre[1] + np.maximum(lower, upper)], 1))


def _mouth(identity: Identity, sides: list[dict[int, float]], both: dict[int, float]) -> Mouth:
    """The corners are moved side by side; what lies between them is bent towards them more and more."""
    centre = 0.85 * identity.length - 0.02 * both[9] - 0.015 * both[12] + 0.01 * both[14] + 0.02 * both[26]
    half, corner = [], []
    for au in sides:
        stretch = 0.095 * au[12] + 0.12 * au[20] + 0.025 * au[14] - 0.05 * au[23] - 0.03 * au[26] * (1 - au[20])
        half.append(0.375 * identity.mouth_width + stretch)
        corner.append(-0.145 * au[12] - 0.035 * au[14] + 0.13 * au[15] + 0.025 * au[20] + 0.09 * au[26] * (1 - 0.5 * au[12]))
    bend = np.abs(_T) ** 1.5
    x = np.where(_T < 0, _T * half[0], _T * half[1])
    line = centre + np.where(_T < 0, corner[0], corner[1]) * bend
    thin = (1 - 0.6 * both[23]) * (1 - 0.2 * both[12]) * (1 - 0.25 * both[20])
    up = 0.072 * identity.lips * thin * (1 + 0.1 * both[26])
    low = 0.098 * identity.lips * thin * (1 + 0.25 * both[16])
    smile_gap = 0.12 * both[25] * (0.4 + 0.6 * both[12])
    lift = (0.12 * smile_gap + 0.035 * both[9]) * _ARCH
    drop = (0.36 * both[26] + smile_gap) * (1 - _T**2) ** 0.75 + 0.07 * both[16] * (1 - _T**2)  # 16 bares the lower teeth
    bow = 1 - 0.22 * np.exp(-((_T / 0.13) ** 2))
    taper = (1 - np.abs(_T) ** 2.4) ** 0.8
    upper_inner = line - lift
    lower_inner = np.maximum(line + drop, upper_inner)
    upper_outer = upper_inner - up * taper * bow
    lower_outer = lower_inner + low * taper
    return Mouth(*(np.stack([x, y], 1) for y in (upper_outer, upper_inner, lower_inner, lower_outer)))


def _skull(identity: Identity, both: dict[int, float]) -> Skull:
    top, chin = -1.42, 1.40 * identity.length + 0.30 * both[26] + 0.03 * both[25]
    y = np.linspace(top, chin, 96)
    down, up = np.clip(y / chin, 0, 1), np.clip(y / top, 0, 1)
    wide = identity.width * np.sqrt(1 - down ** (2.15 * identity.jaw**2.5)) * np.sqrt(1 - up**2.5)
    smiling = 1 + 0.015 * both[12] * np.exp(-(((y - 0.55) / 0.3) ** 2))
    return Skull(y, wide * smiling, np.sqrt(1 - down**7) * (1 - 0.16 * down) * np.sqrt(1 - up**2.6))
