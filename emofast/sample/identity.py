"""Who is drawn, with which hair, and from where: plain values, drawn at random from a generator or given by hand."""

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]
"""Blue, green, red in [0, 1], as OpenCV orders them."""

# Light to deep, as (blue, green, red); chosen by eye.
_SKINS = (
    (0.74, 0.81, 0.93), (0.66, 0.75, 0.90), (0.56, 0.67, 0.86), (0.45, 0.57, 0.79), (0.36, 0.47, 0.69),
    (0.28, 0.37, 0.57), (0.21, 0.28, 0.44),
)  # fmt: skip
_HAIRS = (
    (0.07, 0.07, 0.09), (0.10, 0.13, 0.18), (0.13, 0.20, 0.31), (0.20, 0.32, 0.46), (0.34, 0.52, 0.68),
    (0.14, 0.25, 0.50), (0.58, 0.60, 0.62),
)  # fmt: skip
_IRISES = ((0.12, 0.19, 0.30), (0.18, 0.29, 0.42), (0.30, 0.43, 0.40), (0.58, 0.50, 0.40), (0.55, 0.53, 0.50))
_CLOTHES = (
    (0.42, 0.30, 0.22), (0.25, 0.24, 0.24), (0.70, 0.70, 0.69), (0.25, 0.25, 0.55), (0.35, 0.45, 0.30),
    (0.55, 0.45, 0.35), (0.40, 0.30, 0.42),
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """A hairstyle: where the hair begins on the forehead, how far it stands out, and what of it hangs behind the head.

    Lines run down the right half as (x, y): the hairline from the middle of the forehead, the outline behind the head from the crown."""

    line: tuple[tuple[float, float], ...]
    volume: float
    back: tuple[tuple[float, float], ...] = ()

    def on_top(self) -> np.ndarray:
        """Polygon [n, 2] of all that lies above the hairline."""
        half = np.array(self.line)
        end = half[-1, 1]
        return np.concatenate([half[::-1] * (-1, 1), half[1:], [[1.6, end], [1.6, -2.0], [-1.6, -2.0], [-1.6, end]]])


_RECEDING = ((0, -0.90), (0.3, -0.93), (0.55, -0.95), (0.72, -0.80), (0.80, -0.50), (0.86, -0.20), (0.90, 0.05))
_ROUND = ((0, -0.96), (0.25, -0.94), (0.5, -0.84), (0.70, -0.62), (0.80, -0.38), (0.87, -0.12), (0.91, 0.06))
_FRINGE = ((0, -0.50), (0.2, -0.47), (0.45, -0.50), (0.66, -0.42), (0.78, -0.30), (0.87, -0.05), (0.92, 0.1))
_PARTED = ((0, -1.0), (0.25, -0.93), (0.5, -0.76), (0.69, -0.50), (0.80, -0.15), (0.86, 0.3), (0.88, 0.75))

_TO_THE_CHIN = ((0.0, -1.5), (0.7, -1.3), (1.12, -0.6), (1.24, 0.2), (1.26, 0.8), (1.12, 1.25), (0.7, 1.3))
_TO_THE_SHOULDERS = ((0.0, -1.5), (0.7, -1.3), (1.10, -0.6), (1.18, 0.2), (1.24, 1.0), (1.32, 1.9), (1.15, 2.5), (0.7, 2.6))
_CLOUD = ((0.0, -1.72), (0.5, -1.62), (0.95, -1.3), (1.22, -0.8), (1.32, -0.2), (1.22, 0.35), (0.95, 0.6))

STYLES: dict[str, Style] = {
    "short": Style(_RECEDING, 0.13),
    "crop": Style(_RECEDING, 0.04),
    "fringe": Style(_FRINGE, 0.14),
    "bob": Style(_PARTED, 0.15, _TO_THE_CHIN),
    "long": Style(_PARTED, 0.13, _TO_THE_SHOULDERS),
    "tied": Style(_ROUND, 0.06),
    "curly": Style(_ROUND, 0.12, _CLOUD),
    "bald": Style((), 0.0),
}


def _mix(table: tuple[Colour, ...], position: float) -> Colour:
    """Colour at `position` in [0, len - 1] of a table, mixed linearly between its neighbours."""
    low = min(int(position), len(table) - 2)
    w = position - low
    return tuple(float((1 - w) * p + w * q) for p, q in zip(table[low], table[low + 1]))


@dataclass(frozen=True)
class Identity:
    """One person. Shapes are factors around 1 unless said otherwise; the default is an average face."""

    width: float = 1.0
    length: float = 1.0
    jaw: float = 1.0  # above 1 broader
    skin: Colour = _SKINS[2]
    hair: Colour = _HAIRS[2]
    hairstyle: str = "short"  # one of `STYLES`
    iris: Colour = _IRISES[1]
    eye_size: float = 1.0
    eye_distance: float = 1.0
    eye_tilt: float = 0.0  # outer corner higher by this much of the eye's half width
    brow_thickness: float = 1.0
    brow_height: float = 0.0
    brow_arch: float = 1.0
    nose_width: float = 1.0
    nose_length: float = 1.0
    mouth_width: float = 1.0
    lips: float = 1.0  # fullness
    lip_colour: float = 0.3  # 0 like the skin, 1 painted
    glasses: bool = False
    beard: float = 0.0  # 0.3 stubble, 0.9 dense
    age: float = 0.2  # 0 smooth, 1 deeply lined
    clothes: Colour = _CLOTHES[0]

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Identity":
        """A person drawn at random; the same state of `rng` gives the same one."""
        soft = bool(rng.random() < 0.5)  # finer brows and jaw, fuller lips, never a beard
        age = float(rng.beta(1.4, 2.2))
        tone = float(rng.uniform(0, len(_SKINS) - 1))
        styles = ("bob", "long", "tied", "fringe", "curly") if soft else ("short", "crop", "short", "fringe", "curly", "bald")
        grey = age > 0.6 and rng.random() < 0.6
        darkest = 2.0 if tone > 3 else 5.0  # fair hair on deep skin would have to be dyed

        def around(spread: float) -> float:
            return float(np.clip(rng.normal(1, spread), 1 - 2 * spread, 1 + 2 * spread))

        return cls(
            width=around(0.035), length=around(0.035), jaw=around(0.08) * (0.95 if soft else 1.06),
            skin=_mix(_SKINS, tone), hair=_HAIRS[-1] if grey else _mix(_HAIRS, float(rng.uniform(0, darkest))),
            hairstyle=styles[rng.integers(len(styles))], iris=_mix(_IRISES, float(rng.uniform(0, 1 if tone > 3 else 4))),
            eye_size=around(0.07) * (1.05 if soft else 0.98), eye_distance=around(0.03), eye_tilt=float(rng.normal(0.04, 0.06)),
            brow_thickness=around(0.16) * (0.85 if soft else 1.15), brow_height=float(rng.normal(0.0, 0.02)), brow_arch=around(0.3),
            nose_width=around(0.1), nose_length=around(0.05), mouth_width=around(0.06), lips=around(0.16) * (1.12 if soft else 0.92),
            lip_colour=float(rng.uniform(0.35, 1.0) if soft else rng.uniform(0.15, 0.4)),
            glasses=bool(rng.random() < 0.22), beard=0.0 if soft else float(rng.choice((0.0, 0.3, 0.9), p=(0.5, 0.25, 0.25))),
            age=age, clothes=_CLOTHES[rng.integers(len(_CLOTHES))],
        )  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """Turn of the head in degrees: yaw > 0 to the picture's right, pitch > 0 up, roll > 0 clockwise in the picture."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @classmethod
    def random(cls, rng: np.random.Generator) -> "Pose":
        """A pose of snapshots: around frontal, with standard deviations of 10, 6 and 5 degrees."""
        limit = np.array([30.0, 16.0, 15.0])
        return cls(*np.clip(rng.normal(0, (10, 6, 5)), -limit, limit).tolist())

    def matrix(self) -> np.ndarray:
        """[3, 3]: point in the picture = matrix @ point of the head; x to the right, y down, z towards the viewer."""
        (sy, cy), (sp, cp), (sr, cr) = ((np.sin(a), np.cos(a)) for a in np.radians([self.yaw, self.pitch, self.roll]))
        yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        return np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ pitch @ yaw


FRONTAL = Pose()
