"""The colours of a face before any light falls on it: skin, brows, eyes, lips, teeth, beard, glasses, hair."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np

from emofast.sample.action_units import both_sides
from emofast.sample.canvas import Canvas, band, grid, moved
from emofast.sample.geometry import Eye, Geometry
from emofast.sample.hair import STYLES
from emofast.sample.identity import Identity


def paint_face(identity: Identity, geometry: Geometry, aus: Mapping[int | str, float], scale: float) -> np.ndarray:
    """Float32 [h, w, 4] on `canvas.grid(scale)`: blue, green, red, and how much of the pixel is hair."""
    canvas = Canvas(_still(identity, scale).copy(), scale)
    skin = np.array(identity.skin)
    _nose(canvas, skin, geometry)
    _beard(canvas, identity, geometry)
    _mouth(canvas, skin, identity, geometry)
    for sign, eye, brow, au in zip((-1, 1), geometry.eyes, geometry.brows, both_sides(aus)):
        _eye(canvas, skin, identity, eye, sign, au[5])
        _brow(canvas, skin, identity, *brow)
    if identity.glasses != "none":
        _glasses(canvas, identity, geometry)
    return canvas.image


@lru_cache(maxsize=16)
def _still(identity: Identity, scale: float) -> np.ndarray:
    """What no muscle moves: mottled skin with its tints, and the hair. All soft, hence painted at half of the scale."""
    (x, y), (fine_x, fine_y) = grid(scale / 2), grid(scale)
    w, h = len(x), len(y)
    rng = np.random.default_rng(identity.seed)
    blots = cv2.resize(rng.standard_normal((h // 4, w // 4), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    image = np.empty((h, w, 4), np.float32)
    image[:] = (*identity.skin, 0.0)
    image[..., :3] *= (1 + 0.02 * rng.standard_normal((h, w), np.float32) + 0.02 * blots)[..., None]
    canvas = Canvas(image, scale / 2)
    skin = np.array(identity.skin)
    for sign in (-1, 1):
        canvas.disc((sign * 0.52, 0.42), 0.2, (*(skin * (0.86, 0.86, 1.0)), 0.0), 0.5, 0.13)
        canvas.disc((sign * 0.40 * identity.eye_distance, 0.02), 0.19, (*(skin * (0.78, 0.76, 0.82)), 0.0), 0.55, 0.08)
    style = STYLES[identity.hairstyle]
    if style.line:
        line = style.hairline(identity.hairline)
        canvas.fill(moved(line, 0, 0.05), (*(skin * 0.6), 0.0), 0.35, 0.06)  # shadow of the hair on the skin
        canvas.fill(line, (*identity.hair, 1.0), 1.0, 0.028)
    return cv2.resize(image, (len(fine_x), len(fine_y)), interpolation=cv2.INTER_LINEAR)


def _brow(canvas: Canvas, skin: np.ndarray, identity: Identity, line: np.ndarray, half: np.ndarray) -> None:
    hair = np.minimum(np.array(identity.hair) * 0.75, skin * 0.55)
    outline = band(line, half)
    canvas.fill(outline, (*hair, 0.5), 0.35, 0.03)
    canvas.fill(outline, (*hair, 0.6), 0.85, 0.011)


def _nose(canvas: Canvas, skin: np.ndarray, geometry: Geometry) -> None:
    base, half = geometry.nose
    canvas.disc((0, base - 0.08), 0.1, (*(skin * (0.86, 0.86, 1.0)), 0.0), 0.5, 0.06)
    for sign in (-1, 1):
        canvas.disc((sign * half * 0.5, base - 0.005), 0.042, (*(skin * 0.25), 0.0), 0.85, 0.018)
        wing = np.array([[half + 0.015, base - 0.11], [half + 0.02, base - 0.04], [half * 0.8, base + 0.015]]) * (sign, 1)
        canvas.stroke(wing, 0.04, (*(skin * 0.55), 0.0), 0.5, 0.015)


def _beard(canvas: Canvas, identity: Identity, geometry: Geometry) -> None:
    if identity.beard == "none":
        return
    mouth, chin = geometry.mouth, geometry.profile.chin
    (lx, ly), (rx, ry) = mouth.corners
    colour = np.minimum(np.array(identity.hair) * 0.9, np.array(identity.skin) * 0.75)
    alpha, hair = {"stubble": (0.32, 0.15), "moustache": (0.85, 0.7), "full": (0.88, 0.8)}[identity.beard]
    upper = mouth.upper_outer
    top = geometry.nose[0] + 0.06
    over = [(rx + 0.07, ry + 0.05), (0.2, top + 0.02), (0, top + 0.03), (-0.2, top + 0.02), (lx - 0.07, ly + 0.05)]
    moustache = np.concatenate([moved(upper[::4], 0, 0.01), over])
    canvas.fill(moustache, (*colour, hair), alpha, 0.022)
    if identity.beard == "moustache":
        return
    cheek = np.array([[-1.15, 0.05], [-0.88, 0.1], [-0.80, 0.55], [lx - 0.12, ly - 0.02], [lx - 0.03, ly + 0.03]])
    below = moved(mouth.lower_outer[2:-2:4], 0, 0.07)
    line = np.concatenate([cheek, below, cheek[::-1] * (-1, 1), [[1.15, chin + 0.2], [-1.15, chin + 0.2]]])
    canvas.fill(line, (*colour, hair), alpha, 0.05)


def _mouth(canvas: Canvas, skin: np.ndarray, identity: Identity, geometry: Geometry) -> None:
    mouth = geometry.mouth
    painted = np.array((0.28, 0.24, 0.62)) * (0.45 + 0.55 * skin[2])
    lip = skin * (0.66, 0.62, 0.86) * (1 - identity.lip_colour) + painted * identity.lip_colour
    upper = np.concatenate([mouth.upper_outer, mouth.upper_inner[::-1]])
    lower = np.concatenate([mouth.lower_inner, mouth.lower_outer[::-1]])
    canvas.fill(lower, (*lip, 0.0), 0.92, 0.014)
    canvas.fill(upper, (*(lip * 0.82), 0.0), 0.92, 0.014)
    opening = np.concatenate([mouth.upper_inner, mouth.lower_inner[::-1]])
    gap = mouth.gap
    if gap > 0.004:
        canvas.fill(opening, (0.06, 0.05, 0.13, 0.0), 1.0, 0.006)
        mid = len(mouth.upper_inner) // 2
        half = mouth.corners[1, 0]
        bottom = mouth.lower_inner[mid, 1]
        if gap > 0.16:  # the tongue lies behind the lower teeth
            canvas.disc((0, bottom + 0.02), 0.5 * gap, (0.30, 0.27, 0.55, 0.0), 0.8, 0.04, within=opening)
        arc = np.linspace(-0.8, 0.8, 13)
        edge = np.stack([arc * half, np.interp(arc * half, mouth.upper_inner[:, 0], mouth.upper_inner[:, 1])], 1)
        row = np.concatenate([edge - (0, 0.05), (edge + np.stack([0 * arc, 0.085 - 0.03 * arc**2], 1))[::-1]])
        canvas.fill(row, (0.78, 0.84, 0.88, 0.0), 0.92, 0.012, within=opening)
        if gap < 0.3:
            low = np.stack([arc * half * 0.8, np.interp(arc * half * 0.8, mouth.lower_inner[:, 0], mouth.lower_inner[:, 1])], 1)
            canvas.fill(band(low, 0.033), (0.66, 0.72, 0.76, 0.0), 0.75, 0.012, within=opening)
        canvas.stroke(mouth.upper_inner, 0.03, (0.05, 0.05, 0.16, 0.0), 0.5, 0.012)
    canvas.stroke(mouth.upper_inner, 0.032, (*(lip * 0.28), 0.0), 0.85, 0.009)
    for i, sign in enumerate((-1, 1)):
        canvas.disc(mouth.corners[i] - (0.012 * sign, 0), 0.025, (*(skin * 0.4), 0.0), 0.6, 0.02)
    below = moved(mouth.lower_outer[5:-5], 0, 0.035)
    canvas.stroke(below, 0.05, (*(skin * 0.62), 0.0), 0.6, 0.022)


def _eye(canvas: Canvas, skin: np.ndarray, identity: Identity, eye: Eye, sign: int, raised: float) -> None:
    outline = eye.outline
    dark = skin * 0.22
    canvas.stroke(moved(eye.upper, 0, -0.045), 0.035, (*(skin * 0.5), 0.0), 0.65 * (1 - 0.6 * raised), 0.014)
    canvas.fill(outline, (0.80, 0.82, 0.84, 0.0), 1.0, 0.006)
    radius = 0.108 * identity.eye_size
    centre = moved(eye.centre, 0, -0.012)
    canvas.disc(centre, radius, (*(np.array(identity.iris) * 0.45), 0.0), 1.0, 0.008, within=outline)
    canvas.disc(centre, radius * 0.8, (*identity.iris, 0.0), 1.0, 0.02, within=outline)
    canvas.disc(centre, radius * 0.45, (0.03, 0.03, 0.03, 0.0), 1.0, 0.006, within=outline)
    canvas.fill(band(eye.upper, 0.03), (0.12, 0.12, 0.15, 0.0), 0.6, 0.02, within=outline)  # the lid throws a shadow on the eye
    canvas.disc(moved(centre, -0.035, -0.035), 0.02, (1.7, 1.7, 1.7, 0.0), 0.95, 0.006, within=outline)
    inner = eye.lower[1 if sign > 0 else -2]
    canvas.disc(inner, 0.022, (0.50, 0.52, 0.75, 0.0), 0.7, 0.01)
    canvas.stroke(eye.lower, 0.018, (*dark, 0.0), 0.5, 0.008)
    canvas.stroke(eye.upper - (0, 0.006), 0.042, (*(dark * 0.6), 0.0), 0.95, 0.007)


def _glasses(canvas: Canvas, identity: Identity, geometry: Geometry) -> None:
    frame = (0.10, 0.09, 0.09, 0.0) if identity.seed % 3 else (0.35, 0.45, 0.55, 0.0)
    power = 2.0 if identity.glasses == "round" else 5.0
    angle = np.linspace(0, 2 * np.pi, 41)
    cos, sin = np.cos(angle), np.sin(angle)
    shape = np.stack([np.sign(cos) * np.abs(cos) ** (2 / power) * 0.30, np.sign(sin) * np.abs(sin) ** (2 / power) * 0.235], 1)
    for sign, eye in zip((-1, 1), geometry.eyes):
        rim = moved(eye.centre + shape, 0.01 * sign, 0.03)
        canvas.fill(rim, (0.9, 0.9, 0.9, 0.0), 0.05, 0.01)
        for start in range(0, 40, 10):  # quarters, since a stroke thins out at its ends
            part = rim[start : start + 11]
            canvas.fill(np.concatenate([part, (part - (part - eye.centre) * 0.10)[::-1]]), frame, 0.9, 0.006)
        arm = eye.centre + np.array([[0.30 * sign, -0.02], [0.62 * sign, -0.03]])
        canvas.fill(band(arm, 0.02), frame, 0.9, 0.006)
    (lx, _), (rx, _) = geometry.eyes[0].centre, geometry.eyes[1].centre
    bridge = np.array([[lx + 0.29, 0.0], [0.0, -0.045], [rx - 0.29, 0.0]])
    canvas.fill(band(bridge, 0.02), frame, 0.9, 0.006)
