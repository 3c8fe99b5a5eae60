"""What the face hides: shoulders, neck, ears and long hair. Painted once per person and light, then only moved."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from emofast.sample.canvas import CIRCLE, Canvas, polygon, rounded
from emofast.sample.geometry import Geometry
from emofast.sample.hair import STYLES
from emofast.sample.identity import Identity, Light, Pose
from emofast.sample.lighting import lamp_colour

_SCALE = 56.0  # pixels per face unit of a painted layer: shoulders are a little out of focus
_BODY = (-2.7, 0.5, 2.7, 5.0)  # left, top, right, bottom in face units
_BACK = (-1.6, -2.0, 1.6, 2.8)

_SHOULDER = np.array([(0.42, 1.72), (0.62, 1.86), (1.1, 2.02), (1.65, 2.2), (2.05, 2.5), (2.3, 3.1), (2.4, 4.2), (2.4, 9.0)])
_NECK = np.array([(0.58, 0.6), (0.53, 1.3), (0.53, 1.6), (0.66, 1.9), (0.30, 2.15), (0.0, 2.22)])
_NECK_SHADE = np.array([(0.25, 0.6), (0.7, 0.6), (0.8, 2.1), (0.3, 2.1)])
_COLLAR = np.array([(0.70, 1.885), (0.34, 2.165), (0.0, 2.265), (-0.34, 2.165), (-0.70, 1.885)])
_ARM = np.array([(0.9, 2.2), (1.8, 2.45), (2.3, 3.3), (2.2, 6), (1.4, 6), (1.5, 3.2)])
_SLEEVE = np.array([(1.25, 2.9), (1.3, 3.4), (1.42, 4.2), (1.45, 5.2)])


def draw_behind(frame: np.ndarray, identity: Identity, lines: Geometry, origin: np.ndarray, unit: float, pose: Pose, light: Light) -> None:
    """Draw into `frame` (uint8 BGR, in place) what lies behind the head whose centre is the pixel `origin`."""
    style = STYLES[identity.hairstyle]
    level = lamp_colour(light) * (light.ambient + 0.45 * light.key)
    sin, cos = np.sin(np.radians(pose.roll)), np.cos(np.radians(pose.roll))
    turn = np.array([[cos, -sin], [sin, cos]])
    if style.back:
        aside = np.array([-0.35 * np.sin(np.radians(pose.yaw)), 0.0])
        _blit(frame, _back(identity), _BACK, turn * unit, origin + turn @ aside * unit, level)
    lean = np.array([0.12 * sin, 0.0])
    _blit(frame, _body(identity, 1 if light.azimuth > 0 else -1), _BODY, np.eye(2) * unit, origin + lean * unit, level)
    if style.ears:
        _ears(frame, identity, level, pose, origin, turn * unit)
    chin = lines.profile.chin
    shade = _mirrored(np.array([(0.75, 0.7), (0.62, chin - 0.15), (0.3, chin + 0.17), (0.0, chin + 0.24)])) @ turn.T
    _shadow(frame, origin, unit, shade, np.array(identity.skin) * level * 0.36, _mirrored(_NECK) + lean)


def _mirrored(half: np.ndarray) -> np.ndarray:
    return rounded(np.concatenate([half, half[::-1] * (-1, 1)]))


def _new_layer(extent: tuple[float, ...], colour: np.ndarray) -> Canvas:
    """A canvas of one colour whose fourth channel, coverage, is 0."""
    left, top, right, bottom = extent
    image = np.empty((round((bottom - top) * _SCALE), round((right - left) * _SCALE), 4), np.float32)
    image[:] = (*colour, 0.0)
    return Canvas(image, _SCALE, (left, top))


@lru_cache(maxsize=8)
def _body(identity: Identity, lit: int) -> np.ndarray:
    """Shoulders and neck with the lamp on the side `lit`, uint8 [h, w, 4]: blue, green, red, coverage."""
    cloth, skin = np.array(identity.clothes), np.array(identity.skin)
    layer = _new_layer(_BODY, cloth * 0.85)
    layer.fill(_mirrored(_SHOULDER), (*(cloth * 0.85), 1.0), 1.0, 0.015)
    for sign in (-1, 1):
        tone = 1.08 if sign == lit else 0.6
        layer.fill(_ARM * (sign, 1), (*(cloth * tone), 1.0), 0.5, 0.22, within=_mirrored(_SHOULDER))
        layer.stroke(_SLEEVE * (sign, 1), 0.12, (*(cloth * 0.45), 1.0), 0.5, 0.05)
    layer.fill(_mirrored(_NECK), (*(skin * 0.74), 1.0), 1.0, 0.012)
    layer.fill(_NECK_SHADE * (-lit, 1), (*(skin * 0.45), 1.0), 0.5, 0.12, within=_mirrored(_NECK))
    layer.stroke(rounded(_COLLAR, closed=False), 0.11, (*(cloth * 0.62), 1.0), 0.9, 0.012)
    return cv2.convertScaleAbs(layer.image, alpha=255)


@lru_cache(maxsize=8)
def _back(identity: Identity) -> np.ndarray:
    """Hair behind the head, as `_body`."""
    hair = np.array(identity.hair)
    layer = _new_layer(_BACK, hair * 0.6)
    outline = _mirrored(np.array(STYLES[identity.hairstyle].back))
    layer.fill(outline, (*(hair * (0.85 if identity.hairstyle == "curly" else 0.65)), 1.0), 1.0, 0.03)
    rng = np.random.default_rng(identity.seed)
    for x in rng.uniform(-1.25, 1.25, 36):  # strands
        y = np.linspace(-1.3, 2.4, 9)
        strand = np.stack([x * (0.9 + 0.06 * y) + 0.03 * np.sin(3 * y + 9 * x), y], 1)
        layer.stroke(strand, 0.09, (*(hair * rng.uniform(0.4, 1.0)), 1.0), 0.45, 0.012, within=outline)
    return cv2.convertScaleAbs(layer.image, alpha=255)


def _blit(
    frame: np.ndarray, layer: np.ndarray, extent: tuple[float, ...], matrix: np.ndarray, origin: np.ndarray, level: np.ndarray
) -> None:
    """Lay a layer, its colours times `level`, over the frame: its point p (face units) comes to `matrix @ p + origin` (pixels)."""
    left, top, right, bottom = extent
    corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)]) @ matrix.T + origin
    (x0, y0), (x1, y1) = np.clip([corners.min(0).astype(int), corners.max(0).astype(int) + 1], 0, frame.shape[1::-1])
    y1 = frame.shape[0] if extent is _BODY else y1  # the borders are repeated: a body has no lower end
    if x1 <= x0 or y1 <= y0:
        return
    shift = matrix @ (left + 0.5 / _SCALE, top + 0.5 / _SCALE) + origin - (x0 + 0.5, y0 + 0.5)
    placed = cv2.warpAffine(layer, np.column_stack([matrix / _SCALE, shift]), (int(x1 - x0), int(y1 - y0)), borderMode=cv2.BORDER_REPLICATE)
    part = frame[y0:y1, x0:x1]
    cover = cv2.extractChannel(placed, 3).astype(np.float32) * np.float32(1 / 255)
    colour = cv2.multiply(cv2.cvtColor(placed, cv2.COLOR_BGRA2BGR), tuple(float(x) for x in level))
    part[:] = cv2.blendLinear(part, colour, 1 - cover, cover)


def _ears(frame: np.ndarray, identity: Identity, level: np.ndarray, pose: Pose, origin: np.ndarray, matrix: np.ndarray) -> None:
    yaw, pitch = np.radians(pose.yaw), np.radians(pose.pitch)
    skin = np.array(identity.skin) * level * 255
    for sign in (-1, 1):
        centre = np.array([sign * 0.985 * identity.width * np.cos(yaw) - 0.12 * np.sin(yaw), 0.12 + 0.12 * np.sin(pitch)])
        shape = CIRCLE * (0.13, 0.26)
        shape[:, 0] -= 0.09 * sign * shape[:, 1]
        for size, tone in ((1.0, 0.80), (0.72, 0.58), (0.5, 0.45)):
            polygon(frame, (centre + shape * size) @ matrix.T + origin - 0.5, tuple(float(c) for c in np.clip(skin * tone, 0, 255)))


def _shadow(frame: np.ndarray, origin: np.ndarray, unit: float, shape: np.ndarray, colour: np.ndarray, within: np.ndarray) -> None:
    """The shadow of the chin on the neck."""
    corners = origin + unit * np.array([shape.min(0) - 0.2, shape.max(0) + 0.2])
    (x0, y0), (x1, y1) = np.clip(corners.astype(int), 0, frame.shape[1::-1])
    if x1 <= x0 or y1 <= y0:
        return
    part = frame[y0:y1, x0:x1].astype(np.float32)
    Canvas(part, unit, tuple((np.array([x0, y0]) - origin) / unit)).fill(shape, colour * 255, 0.8, 0.07, within=within)
    frame[y0:y1, x0:x1] = cv2.convertScaleAbs(part)
