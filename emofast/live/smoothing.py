"""What is shown for a face: probabilities smoothed over time, and a label that neither flickers nor lags."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.recognition import Box, TrackedFace

__all__ = ["FaceView", "Smoother"]

TAU = 0.2  # s: of a sudden change half is shown after 0.14 s; the label follows within 0.3 s
BOX_TAU = 0.06  # s: the drawn box glides where dlib's steps
MARGIN = 0.12  # a new emotion replaces the shown one when it leads by this much
SURE, UNSURE = 0.35, 0.30  # a label appears at the first confidence and goes below the second
TRAIL = 1.5  # s of valence-arousal behind the point
FORGET = 2.0  # s after which a face that went is forgotten


@dataclass(frozen=True)
class FaceView:
    """One face as it is shown."""

    id: int
    box: Box
    emotion: str | None
    """The label; None while the network is not sure."""
    probabilities: np.ndarray
    """Smoothed, float32 [9] in the order of `EMOTIONS`."""
    valence: float
    arousal: float
    trail: tuple[tuple[float, float], ...]
    """(valence, arousal) of the last moments, oldest first."""

    @property
    def confidence(self) -> float:
        """Smoothed probability of the label, or of the likeliest class while not sure."""
        return float(self.probabilities.max() if self.emotion is None else self.probabilities[EMOTIONS.index(self.emotion)])


@dataclass
class _Face:
    """Memory of one face."""

    t: float
    probabilities: np.ndarray
    point: np.ndarray
    square: np.ndarray
    emotion: str | None
    trail: deque


class Smoother:
    """Exponential smoothing per face identity, in seconds, so that it is the same at any frame rate."""

    def __init__(self):
        self._faces: dict[int, _Face] = {}

    def update(self, t: float, faces: list[TrackedFace], probabilities: np.ndarray, points: np.ndarray) -> list[FaceView]:
        """The views at time `t` (seconds, never falling) of n faces with `probabilities` [n, 9] and valence-arousal `points` [n, 2]."""
        views = [self._update_one(t, face, p, point) for face, p, point in zip(faces, probabilities, points)]
        for gone in [i for i, face in self._faces.items() if t - face.t > FORGET]:
            del self._faces[gone]
        return views

    def _update_one(self, t: float, tracked: TrackedFace, probabilities: np.ndarray, point: np.ndarray) -> FaceView:
        box = tracked.box
        square = np.array([box.x, box.y, box.w, box.h], np.float64)
        face = self._faces.get(tracked.id)
        if face is None:
            face = self._faces[tracked.id] = _Face(t, probabilities, point, square, None, deque())
        keep, keep_box = np.exp(-(t - face.t) / TAU), np.exp(-(t - face.t) / BOX_TAU)
        face.probabilities = (keep * face.probabilities + (1 - keep) * probabilities).astype(np.float32)
        face.point = keep * face.point + (1 - keep) * point
        face.square = keep_box * face.square + (1 - keep_box) * square
        face.emotion = _label(face.emotion, face.probabilities)
        face.t = t
        face.trail.append((t, tuple(face.point.tolist())))
        while face.trail[0][0] < t - TRAIL:
            face.trail.popleft()
        x, y, w, h = (round(v) for v in face.square)
        trail = tuple(p for _, p in face.trail)
        return FaceView(tracked.id, Box(x, y, w, h), face.emotion, face.probabilities, *trail[-1], trail)


def _label(shown: str | None, probabilities: np.ndarray) -> str | None:
    """The emotion to show next: a change needs a lead, certainty has two thresholds, so noise around either flips nothing."""
    best = int(probabilities.argmax())
    current = EMOTIONS.index(shown) if shown else None
    if current is not None and current != best and probabilities[best] - probabilities[current] < MARGIN:
        best = current
    return EMOTIONS[best] if probabilities[best] >= (UNSURE if shown else SURE) else None
