"""A face painted part by part: skin, folds, nose, beard, mouth, eyes, brows, hair, glasses."""

from collections.abc import Mapping

import numpy as np

from emofast.sample.action_units import both_sides
from emofast.sample.canvas import Canvas, band, moved
from emofast.sample.geometry import Eye, Geometry
from emofast.sample.identity import STYLES, Identity

_BLACK = (0.03, 0.03, 0.03)


def paint_face(canvas: Canvas, identity: Identity, lines: Geometry, aus: Mapping[int | str, float]) -> None:
    """Paint the face of `identity`, moved by `aus` into `lines`, over a canvas of its skin's colour."""
    skin, sides = np.array(identity.skin), both_sides(aus)
    for sign in (-1, 1):
        canvas.disc((sign * 0.52, 0.42), 0.2, skin * (0.84, 0.84, 1.0), 0.6, 0.12)  # cheek
        canvas.disc((sign * 0.40 * identity.eye_distance, 0.0), 0.2, skin * (0.76, 0.74, 0.80), 0.6, 0.08)  # socket
    _folds(canvas, skin, identity, lines, sides)
    _nose(canvas, skin, lines)
    if identity.beard:
        _beard(canvas, identity, lines)
    _mouth(canvas, skin, identity, lines)
    for eye, brow, au in zip(lines.eyes, lines.brows, sides):
        _eye(canvas, skin, identity, eye, au[5])
        canvas.fill(band(*brow), np.minimum(np.array(identity.hair) * 0.75, skin * 0.5), 0.9, 0.012)
    _hair(canvas, skin, identity)
    if identity.glasses:
        _glasses(canvas, identity, lines)


def _folds(canvas: Canvas, skin: np.ndarray, identity: Identity, lines: Geometry, sides: list[dict[int, float]]) -> None:
    """Creases that action units press in, some of them permanent with age."""

    def crease(points: np.ndarray, depth: float, width: float = 0.03) -> None:
        canvas.stroke(points, width, skin * 0.55, min(0.75, depth), 0.01)

    lined = 0.3 * identity.age**2
    raised = sum(au[1] + au[2] for au in sides) / 4
    across = np.linspace(-1, 1, 13)
    for k, y in enumerate((-0.52, -0.63, -0.74)):
        crease(np.stack([across * (0.5 - 0.05 * k), y - 0.03 * np.cos(4 * across) - 0.04 * raised], 1), 0.6 * raised + lined)
    for sign, au, eye, brow, corner in zip((-1, 1), sides, lines.eyes, lines.brows, lines.mouth.corners):
        side = np.array([sign, 1])
        crease(side * [(0.065, -0.1), (0.055, 0.0), (0.06, 0.1)] + (0, brow[0][0, 1]), 0.8 * au[4] + lined)
        for y in (-0.02, 0.06):
            crease(side * [(0.0, y), (0.05, y - 0.012), (0.11, y - 0.045)], 0.8 * au[9])
        wing, beside = np.array([lines.nose[1] + 0.05, lines.nose[0] - 0.09]) * side, corner + side * (0.09, 0.02)
        cheek = (wing + beside) / 2 + side * (0.04 + 0.04 * au[12], -0.03)
        t = np.linspace(0, 1, 9)[:, None]
        smile = (1 - t) ** 2 * wing + 2 * t * (1 - t) * cheek + t**2 * beside
        crease(smile, 0.5 * au[12] + 0.7 * au[9] + 0.2 * au[15] + 0.25 * au[20] + 0.25 * identity.age, 0.04)
        crease(corner + side * [(0.045, -0.07), (0.07, 0.0), (0.045, 0.07)], 0.8 * au[14], 0.04)
        outer = eye.upper[-1 if sign > 0 else 0] + side * (0.05, 0.01)
        for slope in (-0.07, 0.0, 0.07):
            crease(outer + side * [(0, 0), (0.08, slope), (0.15, 2 * slope)], 0.4 * au[6] + lined, 0.022)


def _nose(canvas: Canvas, skin: np.ndarray, lines: Geometry) -> None:
    base, half = lines.nose
    light = np.minimum(skin * 1.2 + 0.04, 1)
    for sign in (-1, 1):
        flank = np.array([[0.13, -0.14], [0.085, 0.05], [0.1, 0.5 * base], [half, base - 0.05]]) * (sign, 1)
        canvas.stroke(flank, 0.12, skin * 0.62, 0.5, 0.035)
    canvas.stroke(np.array([[0, -0.08], [0, 0.5 * base], [0, base - 0.02]]), 0.09, light, 0.55, 0.03)
    canvas.disc((0, base - 0.09), 0.07, light, 0.45, 0.04)
    canvas.stroke(np.array([[-half, base], [0, base + 0.05], [half, base]]), 0.06, skin * 0.6, 0.6, 0.02)
    for sign in (-1, 1):
        canvas.disc((sign * half * 0.5, base - 0.005), 0.042, skin * 0.25, 0.85, 0.018)
        wing = np.array([[half + 0.015, base - 0.11], [half + 0.02, base - 0.04], [half * 0.8, base + 0.015]]) * (sign, 1)
        canvas.stroke(wing, 0.04, skin * 0.5, 0.6, 0.015)


def _beard(canvas: Canvas, identity: Identity, lines: Geometry) -> None:
    mouth, chin, top = lines.mouth, lines.skull.chin, lines.nose[0] + 0.06
    (lx, ly), (rx, ry) = mouth.corners
    colour = np.minimum(np.array(identity.hair) * 0.9, np.array(identity.skin) * 0.75)
    over = [(rx + 0.07, ry + 0.05), (0.2, top + 0.02), (0, top + 0.03), (-0.2, top + 0.02), (lx - 0.07, ly + 0.05)]
    canvas.fill(np.concatenate([moved(mouth.upper_outer[::4], 0, 0.01), over]), colour, identity.beard, 0.022)
    cheek = np.array([[-1.15, 0.05], [-0.88, 0.1], [-0.80, 0.55], [lx - 0.12, ly - 0.02], [lx - 0.03, ly + 0.03]])
    below = moved(mouth.lower_outer[2:-2:4], 0, 0.07)
    outline = np.concatenate([cheek, below, cheek[::-1] * (-1, 1), [[1.15, chin + 0.2], [-1.15, chin + 0.2]]])
    canvas.fill(outline, colour, identity.beard, 0.05)


def _mouth(canvas: Canvas, skin: np.ndarray, identity: Identity, lines: Geometry) -> None:
    mouth, gap = lines.mouth, lines.mouth.gap
    painted = np.array((0.28, 0.24, 0.62)) * (0.45 + 0.55 * skin[2])
    lip = skin * (0.66, 0.62, 0.86) * (1 - identity.lip_colour) + painted * identity.lip_colour
    canvas.stroke(moved(mouth.lower_outer[5:-5], 0, 0.035), 0.05, skin * 0.6, 0.6, 0.022)
    canvas.fill(np.concatenate([mouth.lower_inner, mouth.lower_outer[::-1]]), lip, 0.92, 0.014)
    canvas.fill(np.concatenate([mouth.upper_outer, mouth.upper_inner[::-1]]), lip * 0.82, 0.92, 0.014)
    if gap > 0.004:
        opening = np.concatenate([mouth.upper_inner, mouth.lower_inner[::-1]])
        canvas.fill(opening, (0.06, 0.05, 0.13), 1.0, 0.006)
        if gap > 0.16:  # the tongue lies behind the lower teeth
            canvas.disc((0, mouth.lower_inner[10, 1] + 0.02), 0.5 * gap, (0.30, 0.27, 0.55), 0.8, 0.04, within=opening)
        canvas.fill(band(moved(mouth.upper_inner[2:-2], 0, 0.015), 0.065), (0.84, 0.90, 0.94), 0.95, 0.012, within=opening)
        if gap < 0.3:
            canvas.fill(band(mouth.lower_inner[4:-4], 0.033), (0.70, 0.76, 0.80), 0.75, 0.012, within=opening)
    canvas.stroke(mouth.upper_inner, 0.032, lip * 0.28, 0.85, 0.009)
    for corner in mouth.corners:
        canvas.disc(corner, 0.025, skin * 0.4, 0.6, 0.02)


def _eye(canvas: Canvas, skin: np.ndarray, identity: Identity, eye: Eye, raised: float) -> None:
    outline, centre, radius = eye.outline, moved(eye.centre, 0, -0.012), 0.108 * identity.eye_size
    canvas.stroke(moved(eye.upper, 0, -0.045), 0.035, skin * 0.5, 0.65 * (1 - 0.6 * raised), 0.014)
    canvas.fill(outline, (0.90, 0.92, 0.93), 1.0, 0.006)
    canvas.disc(centre, radius, np.array(identity.iris) * 0.45, 1.0, 0.008, within=outline)
    canvas.disc(centre, radius * 0.8, identity.iris, 1.0, 0.02, within=outline)
    canvas.disc(centre, radius * 0.45, _BLACK, 1.0, 0.006, within=outline)
    canvas.fill(band(eye.upper, 0.03), (0.12, 0.12, 0.15), 0.5, 0.02, within=outline)  # the lid throws a shadow on the eye
    canvas.disc(moved(centre, -0.035, -0.035), 0.022, (1.0, 1.0, 1.0), 0.95, 0.006, within=outline)
    canvas.stroke(eye.lower, 0.018, skin * 0.22, 0.5, 0.008)
    canvas.stroke(eye.upper - (0, 0.006), 0.042, skin * 0.13, 0.95, 0.007)


def _hair(canvas: Canvas, skin: np.ndarray, identity: Identity) -> None:
    style, hair = STYLES[identity.hairstyle], np.array(identity.hair)
    if not style.line:
        return
    outline = style.on_top()
    canvas.fill(moved(outline, 0, 0.05), skin * 0.6, 0.35, 0.06)  # its shadow on the skin
    canvas.fill(outline, hair, 1.0, 0.015)
    shine = np.stack([np.linspace(-0.75, 0.75, 13), -1.1 + 0.25 * np.linspace(-1, 1, 13) ** 2], 1)
    canvas.stroke(shine, 0.2, hair * 1.5 + 0.06, 0.5, 0.06, within=outline)


def _glasses(canvas: Canvas, identity: Identity, lines: Geometry) -> None:
    angle = np.linspace(0, 2 * np.pi, 41)
    shape = np.stack([0.3 * np.cos(angle), 0.235 * np.sin(angle)], 1)
    for sign, eye in zip((-1, 1), lines.eyes):
        rim = moved(eye.centre, 0.01 * sign, 0.03) + np.concatenate([shape, 0.9 * shape[::-1]])
        canvas.fill(rim, _BLACK, 0.9, 0.006)
        arm = eye.centre + np.array([[0.30 * sign, -0.02], [0.62 * sign, -0.03]])
        canvas.fill(band(arm, 0.02), _BLACK, 0.9, 0.006)
    (lx, _), (rx, _) = lines.eyes[0].centre, lines.eyes[1].centre
    canvas.fill(band(np.array([[lx + 0.29, 0.0], [0.0, -0.045], [rx - 0.29, 0.0]]), 0.02), _BLACK, 0.9, 0.006)
