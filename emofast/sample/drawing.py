"""A person in a picture: the face is painted on a sheet, bent over the turned head, cut out and set before shoulders and hair."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from emofast.sample.canvas import CIRCLE, Canvas, mirrored, polygon
from emofast.sample.geometry import BOX_CENTRE, BOX_SIDE, geometry
from emofast.sample.identity import FRONTAL, STYLES, Identity, Pose
from emofast.sample.skin import paint_face

LAMP = -0.4
"""From where light falls unless said otherwise: -1 is the left of the picture, 1 the right."""

# Right halves of outlines, as (x, y) in face units.
_SHOULDERS = mirrored(np.array([(0.42, 1.72), (0.62, 1.86), (1.1, 2.02), (1.65, 2.2), (2.05, 2.5), (2.3, 3.1), (2.4, 4.2), (2.4, 30.0)]))
_COLLAR = mirrored(np.array([(0.60, 1.7), (0.72, 1.86), (0.36, 2.22), (0.0, 2.34)]))
_NECK = mirrored(np.array([(0.58, 0.6), (0.53, 1.3), (0.53, 1.6), (0.66, 1.8), (0.30, 2.13), (0.0, 2.22)]))


def draw_into(
    frame: np.ndarray, identity: Identity, aus: Mapping[int | str, float], centre: tuple[float, float], face_size: float,
    pose: Pose = FRONTAL, light: float = LAMP,
) -> np.ndarray:  # fmt: skip
    """Draw head, hair, neck and shoulders into `frame` (uint8 BGR [h, w, 3]) in place; returns `frame`.

    `centre` (x, y) and `face_size` in pixels are those of the square that a face detector reports. What lies outside the
    frame is cut. `light` falls from the left of the picture at -1, from the right at 1. Every value may vary continuously from
    frame to frame.
    """
    unit = face_size / BOX_SIDE
    matrix = pose.matrix()
    middle = np.asarray(centre, float) - unit * (matrix @ (0.0, BOX_CENTRE, 0.85))[:2]
    # how far a person reaches from the middle of the head, in face units: 2.6 aside, 2.2 above
    x0, x1 = np.clip(middle[0] + unit * np.array([-2.6, 2.6]), 0, frame.shape[1]).astype(int)
    y0 = max(0, int(middle[1] - 2.2 * unit))
    part = frame[y0:, x0:x1]
    if not part.size:
        return frame
    lines = geometry(identity, aus)
    image = part.astype(np.float32) / 255
    middle -= (x0 + 0.5, y0 + 0.5)
    neck = middle + np.array([0.12 * unit * matrix[1, 0], 0])  # a tilted head takes its neck along

    def place(points: np.ndarray) -> np.ndarray:
        """Points [n, 3] of the turned head in pixels of `image`."""
        return (points @ matrix.T)[:, :2] * unit + middle

    _behind(image, identity, lines.skull.chin, unit, place, neck)
    sheet = np.full_like(image, identity.skin)
    paint_face(Canvas(sheet, unit, lambda points: place(lines.lifted(points))), identity, lines, aus)
    x, y = ((np.arange(n, dtype=np.float32) - np.float32(m)) / unit for n, m in zip(image.shape[1::-1], middle))
    # Brightest where the lamp stands, darker away from it: all the roundness there is.
    sheet *= np.maximum(1.12 - 0.20 * (x - 0.6 * light) ** 2 - 0.09 * (y[:, None] + 0.3) ** 2, 0.3)[..., None]
    mask = np.zeros(image.shape[:2], np.uint8)  # of the turned head and of the hair on it, which stands out from the skull
    bare, inside = lines.skull.surface(), np.array([0, -0.3, 0])
    crown = bare[:, lines.skull.y < -0.05]
    for points in (bare, inside + (crown - inside) * (1 + 0.7 * STYLES[identity.hairstyle].volume)):
        polygon(mask, cv2.convexHull(place(points.reshape(-1, 3)).astype(np.float32))[:, 0])
    part[:] = cv2.convertScaleAbs(image + mask.astype(np.float32)[..., None] / 255 * (sheet - image), alpha=255)
    return frame


def draw_face(
    identity: Identity, aus: Mapping[int | str, float], size: int, pose: Pose = FRONTAL, light: float = LAMP,
    background: np.ndarray | tuple[int, int, int] = (150, 145, 140), margin: float = 0.08,
) -> np.ndarray:  # fmt: skip
    """A tight square face crop as a detector's box gives: uint8 BGR [size, size, 3].

    `background` is a BGR colour or a picture (stretched to fit); `margin` is added on each side, as a share of the box.
    """
    if isinstance(background, np.ndarray):
        frame = cv2.resize(background, (size, size), interpolation=cv2.INTER_LINEAR)
    else:
        frame = np.full((size, size, 3), background, np.uint8)
    return draw_into(frame, identity, aus, (size / 2, size / 2), size / (1 + 2 * margin), pose, light)


def _behind(image: np.ndarray, identity: Identity, chin: float, unit: float, place: Callable, neck: np.ndarray) -> None:
    """Paint what lies behind the face: long hair, shoulders, neck, ears. `neck` is where the body has its origin, in pixels."""
    back = STYLES[identity.hairstyle].back
    skin, cloth, hair = (np.array(colour) for colour in (identity.skin, identity.clothes, identity.hair))
    head = Canvas(image, unit, lambda points: place(np.column_stack([points, np.full(len(points), -0.3)])))
    body = Canvas(image, unit, lambda points: points * unit + neck)
    if back:
        head.fill(mirrored(np.array(back)), hair * 0.7, 1.0, 0.02)
    body.fill(_SHOULDERS, cloth, 1.0, 0.012)
    body.fill(_COLLAR, cloth * 0.65, 1.0, 0.012)
    body.fill(_NECK, skin * 0.78, 1.0, 0.012)
    body.fill(CIRCLE * (0.62, 0.45) + (0, chin - 0.15), skin * 0.4, 0.7, 0.07, within=_NECK)  # the shadow of the chin
    if not back:
        for sign in (-1, 1):
            for size, tone in ((1.0, 0.85), (0.6, 0.6)):
                head.fill(CIRCLE * (0.14 * size, 0.25 * size) + (sign * 0.99 * identity.width, 0.12), skin * tone, 1.0, 0.01)
