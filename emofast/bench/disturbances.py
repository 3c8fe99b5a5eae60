"""What a webcam does to a face before the network sees it: pure functions, and the table of them that is measured."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

FER = 48
"""Pixels across a FER2013 picture. Lengths are in pixels of such a picture and grow with larger ones."""


@dataclass(frozen=True)
class Disturbance:
    """One row of the table. A face is uint8, grey [h, w] or BGR [h, w, 3]; it is given back in a new array, of another size where the
    disturbance is one of size."""

    name: str
    strength: str
    change: Callable[..., np.ndarray]
    amounts: tuple = ()
    random: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.strength}".strip()

    def __call__(self, face: np.ndarray, row: int) -> np.ndarray:
        """The face disturbed; `row`, its number in the data set, is the seed, so that order and number of faces change nothing."""
        rng = (np.random.default_rng(row),) if self.random else ()
        return self.change(face, *self.amounts, *rng)


def mirrored(face: np.ndarray) -> np.ndarray:
    """Left and right exchanged, as selfie cameras do."""
    return cv2.flip(face, 1)


def boxed(face: np.ndarray, scale: float, right: float = 0.0, down: float = 0.0) -> np.ndarray:
    """What a face box `scale` times as wide and high shows, its centre moved by shares of the old width and height.

    Beyond the edge the outermost pixels are repeated: nobody knows what lay there. The size changes with the box.
    """
    h, w = face.shape[:2]
    wide, high = round(scale * w), round(scale * h)
    corner = np.array([[1, 0, (w - wide) / 2 + right * w], [0, 1, (h - high) / 2 + down * h]])
    return cv2.warpAffine(face, corner, (wide, high), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)


def shifted(face: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """What a box moved by `share` of its width in a random direction shows."""
    angle = rng.uniform(0, 2 * np.pi)
    return boxed(face, 1.0, share * np.cos(angle), share * np.sin(angle))


def rotated(face: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """The head tilted by `degrees` to a random side, the edges repeated outwards."""
    h, w = face.shape[:2]
    turn = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), degrees * rng.choice((-1, 1)), 1.0)
    return cv2.warpAffine(face, turn, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def seen_at(face: np.ndarray, pixels: int) -> np.ndarray:
    """The face as a camera sees it that is `pixels` wide in the frame: that many pixels square."""
    shrinks = pixels < min(face.shape[:2])
    return cv2.resize(face, (pixels, pixels), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def blurred(face: np.ndarray, sigma: float) -> np.ndarray:
    """Out of focus: a Gaussian of standard deviation `sigma`, in pixels of a face 48 pixels wide."""
    return cv2.GaussianBlur(face, (0, 0), sigma * face.shape[1] / FER, borderType=cv2.BORDER_REPLICATE)


def shaken(face: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    """The head moves in a random direction while the shutter is open, by `length` pixels of a face 48 pixels wide."""
    length *= face.shape[1] / FER
    reach = int(np.ceil(length / 2))
    angle, steps = rng.uniform(0, np.pi), np.arange(-reach, reach + 1)
    along = np.cos(angle) * steps + np.sin(angle) * steps[:, None]
    across = np.cos(angle) * steps[:, None] - np.sin(angle) * steps
    path = np.clip(length / 2 + 0.5 - abs(along), 0, 1) * np.clip(1 - abs(across), 0, 1)
    return cv2.filter2D(face, -1, path / path.sum(), borderType=cv2.BORDER_REPLICATE)


def noisy(face: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise of standard deviation `sigma` grey levels, in each pixel and channel by itself."""
    return _levels(face + rng.normal(0, sigma, face.shape))


def dimmed(face: np.ndarray, gain: float, rng: np.random.Generator) -> np.ndarray:
    """Low light: `gain` (below 1) times the brightness and a sensor's noise of 3 grey levels, rounded to 8 bits; few levels are left."""
    return noisy(gain * face.astype(np.float64), 3.0, rng)


def brightened(face: np.ndarray, gain: float) -> np.ndarray:
    """Overexposed: `gain` (above 1) times the brightness; what is above white is white."""
    return _levels(gain * face.astype(np.float64))


def compressed(face: np.ndarray, quality: int) -> np.ndarray:
    """JPEG of `quality` (1 to 100) and back, at the 96 pixels across at which a camera might see the face."""
    data = cv2.imencode(".jpg", seen_at(face, 96), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)


def in_colour(face: np.ndarray) -> np.ndarray:
    """A grey face as BGR with equal channels; a colour face as it is."""
    return cv2.cvtColor(face, cv2.COLOR_GRAY2BGR) if face.ndim == 2 else face.copy()


def cast(face: np.ndarray, gains: tuple[float, float, float]) -> np.ndarray:
    """Coloured light: blue, green and red times `gains`; BGR, also of a grey face."""
    return _levels(in_colour(face) * np.array(gains))


def poor_webcam(face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Several at once: the box 10 % off, 3 pixels of motion, half the light and its noise, JPEG of quality 50."""
    return compressed(dimmed(shaken(shifted(face, 0.1, rng), 3, rng), 0.5, rng), 50)


def _levels(values: np.ndarray) -> np.ndarray:
    """Rounded to the 256 levels of uint8."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _each(name: str, text: str, change: Callable[..., np.ndarray], amounts: tuple, random: bool = False) -> list[Disturbance]:
    return [Disturbance(name, text.format(a), change, (a,), random) for a in amounts]


DISTURBANCES: tuple[Disturbance, ...] = (
    Disturbance("none", "", np.copy),
    Disturbance("mirrored", "", mirrored),
    *(Disturbance("loose box", f"{share:.0%} wider", boxed, (1 + share,)) for share in (0.1, 0.2)),
    *(Disturbance("tight box", f"{share:.0%} narrower", boxed, (1 - share,)) for share in (0.1, 0.2)),
    *_each("shifted box", "by {:.0%}", shifted, (0.1, 0.2), random=True),
    *_each("rotated", "{}°", rotated, (10, 20), random=True),
    *_each("face size", "{} px", seen_at, (400, 80, 40, 32, 24)),
    *_each("out of focus", "sigma {} px of 48", blurred, (1, 2)),
    *_each("motion", "{} px of 48", shaken, (3, 6), random=True),
    *_each("low light", "gain {}", dimmed, (0.5, 0.25), random=True),
    *_each("overexposed", "gain {}", brightened, (1.4, 1.8)),
    *_each("noise", "sigma {} of 255", noisy, (10, 20), random=True),
    *_each("JPEG at 96 px", "quality {}", compressed, (50, 20, 10)),
    Disturbance("grey as BGR", "", in_colour),
    Disturbance("colour cast", "warm", cast, ((0.6, 0.9, 1.2),)),
    Disturbance("colour cast", "cold", cast, ((1.2, 0.95, 0.7),)),
    Disturbance("poor webcam", "several at once", poor_webcam, random=True),
)
"""What is measured, the undisturbed picture first."""
