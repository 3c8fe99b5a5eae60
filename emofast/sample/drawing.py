"""A head in a picture: the painted face is laid over its relief, turned, lit and set before shoulders and hair."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from emofast.sample.body import draw_behind
from emofast.sample.geometry import BOX_CENTRE, BOX_SIDE, Geometry, geometry
from emofast.sample.head import Outline, Turn, meet
from emofast.sample.identity import FRONTAL, LAMP, Identity, Light, Pose
from emofast.sample.lighting import shade
from emofast.sample.relief import relief
from emofast.sample.skin import paint_face

_SMALLEST = 120  # pixels; smaller faces are drawn at this size and shrunk, or their lids and lips would flicker
_SCALES = (50.0, 65.0, 85.0, 110.0, 145.0, 190.0, 250.0)  # of painted faces: few, so that a clip reuses what does not change


def draw_into(
    frame: np.ndarray, identity: Identity, aus: Mapping[int | str, float], centre: tuple[float, float], face_size: float,
    pose: Pose = FRONTAL, light: Light = LAMP,
) -> np.ndarray:  # fmt: skip
    """Draw head, hair, neck and shoulders into `frame` (uint8 BGR [h, w, 3]) in place; returns `frame`.

    `centre` (x, y) and `face_size` in pixels are those of the square that a face detector reports. What lies outside the
    frame is cut. Every value may vary continuously from frame to frame.
    """
    unit = face_size / BOX_SIDE
    lines = geometry(identity, aus)
    turn = Turn.of(pose)
    origin = np.asarray(centre, float) - unit * turn.project((0.0, BOX_CENTRE, 0.85))
    draw_behind(frame, identity, lines, origin, unit, pose, light)
    _draw_head(frame, identity, lines, aus, origin, unit, turn, light)
    return frame


def draw_face(
    identity: Identity, aus: Mapping[int | str, float], size: int, pose: Pose = FRONTAL, light: Light = LAMP,
    background: np.ndarray | tuple[int, int, int] = (150, 145, 140), margin: float = 0.08,
) -> np.ndarray:  # fmt: skip
    """A tight square face crop as a detector's box gives: uint8 BGR [size, size, 3].

    `background` is a BGR colour or a picture (stretched to fit); `margin` is added on each side, as a share of the box.
    """
    large = max(size, _SMALLEST)
    if isinstance(background, np.ndarray):
        frame = cv2.resize(background, (large, large), interpolation=cv2.INTER_LINEAR)
    else:
        frame = np.full((large, large, 3), background, np.uint8)
    draw_into(frame, identity, aus, (large / 2, large / 2), large / (1 + 2 * margin), pose, light)
    return frame if large == size else cv2.resize(frame, (size, size), interpolation=cv2.INTER_AREA)


def _draw_head(
    frame: np.ndarray, identity: Identity, lines: Geometry, aus: Mapping[int | str, float], origin: np.ndarray, unit: float, turn: Turn,
    light: Light,
) -> None:  # fmt: skip
    outline = Outline.of(identity, lines)
    x0, y0, x1, y1 = _extent(outline, turn, origin, unit, frame.shape)
    if x1 <= x0 or y1 <= y0:
        return
    u = (np.arange(x0, x1) + 0.5 - origin[0]) / unit
    v = (np.arange(y0, y1) + 0.5 - origin[1])[:, None] / unit
    sin, cos = turn.roll
    surface = meet((cos * u + sin * v).astype(np.float32), (cos * v - sin * u).astype(np.float32), outline, turn, unit)
    scale = next((s for s in _SCALES if s >= 0.85 * unit), _SCALES[-1])
    colour = shade(identity, paint_face(identity, lines, aus, scale), scale, relief(identity, lines, aus), surface, turn, light)
    part = frame[y0:y1, x0:x1]
    part[:] = cv2.blendLinear(part, colour, 1 - surface.cover, surface.cover)


def _extent(outline: Outline, turn: Turn, origin: np.ndarray, unit: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Box of pixels (left, top, right, bottom) within a frame of `shape` that the head cannot leave."""
    wide = float(outline.wide.max() if turn.yaw[0] == 0 else max(outline.wide.max(), outline.deep.max()))
    pitched, rolled = 0.9 * abs(turn.pitch[0]), abs(turn.roll[0])
    up, down = pitched - outline.top, pitched + outline.chin
    left_right, up, down = wide + rolled * max(up, down), up + 0.3 * rolled * wide, down + 0.3 * rolled * wide
    box = origin[0] - left_right * unit, origin[1] - up * unit, origin[0] + left_right * unit + 1, origin[1] + down * unit + 1
    return tuple(int(np.clip(edge, 0, shape[1 - i % 2])) for i, edge in enumerate(box))
