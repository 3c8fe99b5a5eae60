"""Light on the painted face: a lamp with soft shadows, the room's light in the hollows, gloss, and strands of hair."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from emofast.sample.canvas import BOTTOM, LEFT, RIGHT, TOP
from emofast.sample.hair import STYLES
from emofast.sample.head import Surface, Turn
from emofast.sample.identity import Identity, Light
from emofast.sample.relief import SCALE


def lamp_colour(light: Light) -> np.ndarray:
    """Float32 [3]: blue, green, red factors of a light."""
    return np.float32([1 - 0.12 * light.warmth, 1.0, 1 + 0.10 * light.warmth])


def shade(identity: Identity, face: np.ndarray, scale: float, height: np.ndarray, surface: Surface, turn: Turn, light: Light) -> np.ndarray:
    """The head as the lamp shows it: uint8 BGR [h, w, 3] for every pixel of `surface`.

    `face` is the painted face at `scale` pixels per face unit, `height` its relief.
    """
    azimuth, elevation = np.radians(light.azimuth), np.radians(light.elevation)
    lamp = np.array([np.cos(elevation) * np.sin(azimuth), -np.sin(elevation), np.cos(elevation) * np.cos(azimuth)])
    to_light, to_eye = (np.float32(turn.matrix.T @ way) for way in (lamp, np.array([0.0, 0.0, 1.0])))
    px, py = _in_relief(surface, height, to_eye)
    blue, green, red, hair = cv2.split(_look_up(face, px, py, scale))
    strands = _look_up(_strands(identity.seed, identity.hairstyle == "curly"), surface.around - np.float32(LEFT), py, SCALE)
    colours = [blue, green, red]
    style = STYLES[identity.hairstyle]
    if style.line:  # the sides and the back of the head
        more = _unit((0.22 - surface.z) * 9) * _unit((style.sides - surface.y) * 12)
        more = np.maximum(more - hair, 0)
        colours = [c + more * (h - c) for c, h in zip(colours, identity.hair)]
        hair = hair + more
    dx, dy, openness, lit = cv2.split(_look_up(_lit_relief(height, to_light), px, py, SCALE))
    ax, ay, az = _tilted(surface.normal, dx, dy, 0.9 - 0.8 * hair)
    diffuse = _unit((ax * to_light[0] + ay * to_light[1] + az * to_light[2] + 0.22) / 1.22) * lit
    half = to_light + to_eye
    half /= np.float32(np.linalg.norm(half))
    gloss = _unit(ax * half[0] + ay * half[1] + az * half[2])
    gloss *= gloss * gloss
    gloss *= gloss * gloss
    gloss *= gloss  # to the 18th
    amount = (light.ambient * openness * (0.85 - 0.2 * ay) + light.key * diffuse) * (1 + hair * (strands - 1))
    shine = gloss * lit * (0.11 + 0.05 * hair) * light.key
    return cv2.convertScaleAbs(cv2.merge([(c * amount + shine) * (255 * float(t)) for c, t in zip(colours, lamp_colour(light))]))


def _unit(values: np.ndarray) -> np.ndarray:
    """Values cut to [0, 1]; many times quicker than `np.clip` for a picture this small."""
    return np.minimum(np.maximum(values, 0), 1)


def _look_up(image: np.ndarray, px: np.ndarray, py: np.ndarray, scale: float) -> np.ndarray:
    """Values of a picture with `scale` pixels per face unit at face coordinates counted from its corner."""
    return cv2.remap(image, px * np.float32(scale) - np.float32(0.5), py * np.float32(scale) - np.float32(0.5), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)  # fmt: skip


def _in_relief(surface: Surface, height: np.ndarray, to_eye: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Face coordinates seen at each pixel, from the canvas's corner: what stands out moves against the head when it turns."""
    x, y = surface.x - np.float32(LEFT), surface.y - np.float32(TOP)
    px, py = x, y
    for _ in range(2 if abs(to_eye[2]) < 0.9999 else 0):
        out = _look_up(height, px, py, SCALE)
        px, py = x + out * (to_eye[0] / to_eye[2]), y + out * (to_eye[1] / to_eye[2])
    return px, py


def _tilted(normal: tuple[np.ndarray, ...], dx: np.ndarray, dy: np.ndarray, amount: np.ndarray) -> tuple[np.ndarray, ...]:
    """Unit normals of the relief: those of the smooth head tilted against its slopes."""
    nx, ny, nz = normal
    strength = nz * amount
    ax, ay = nx - dx * strength, ny - dy * strength
    size = 1 / np.sqrt(ax * ax + ay * ay + nz * nz + 1e-9)
    return ax * size, ay * size, nz * size


def _lit_relief(height: np.ndarray, to_light: np.ndarray) -> np.ndarray:
    """Float32 [h, w, 4]: slopes in x and y, how open the place is to the room, and how much of the lamp reaches it."""
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=SCALE / 8), cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=SCALE / 8)
    cavity = cv2.blur(cv2.blur(height, (9, 9)), (9, 9)) - height
    openness = np.clip(1 - 3.5 * np.maximum(cavity, 0), 0.4, 1.15)
    flat = float(np.hypot(to_light[0], to_light[1])) + 1e-6
    rise = max(float(to_light[2]), 0.2) / flat
    blocked = np.zeros_like(height)
    for reach in (0.06, 0.13, 0.22):
        shift = np.float32([[1, 0, -to_light[0] / flat * reach * SCALE], [0, 1, -to_light[1] / flat * reach * SCALE]])
        other = cv2.warpAffine(height, shift, height.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
        blocked = np.maximum(blocked, other - height - reach * rise * 0.6)
    shadow = cv2.blur(_unit(blocked * 7), (7, 7))
    return cv2.merge([dx, dy, openness, 1 - 0.7 * shadow])


@lru_cache(maxsize=64)
def _strands(seed: int, curly: bool) -> np.ndarray:
    """Strands of hair, float32 around 1 on the relief's grid; x runs around the head."""
    rng = np.random.default_rng([seed, 1])
    w, h = round((RIGHT - LEFT) * SCALE), round((BOTTOM - TOP) * SCALE)
    strands = cv2.resize(rng.standard_normal((h // (5 if curly else 24), w), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    return 1 + (0.30 if curly else 0.16) * cv2.GaussianBlur(strands, (0, 0), 1.4 if curly else 0.6)
