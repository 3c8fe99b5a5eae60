"""What is shown for a face: probabilities smoothed over time, and a label that neither flickers nor lags."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.recognition import Box, TrackedFace
from emofast.recognition.quality import FACING, Quality, frontality

MIXED, BAD_PICTURE, AWAY = "mixed", "bad picture", "away"
"""Why a face has no label: no expression stands out, the picture is too poor to be read, the head is turned away."""

TAU = 0.2  # s: of a sudden change half is shown after 0.14 s; the label follows within 0.3 s
BOX_TAU = 0.06  # s: the drawn box glides where dlib's steps
MARGIN = 0.12  # a new emotion replaces the shown one when it leads by this much
# Entropy of the smoothed probabilities, in nats: a label appears below the first and goes above the second. Above .97 lie 5 % of the 2,144
# ferplus9 validation photographs on which four of five annotators agree, and 51 % of the 467 that have no majority (shipped network).
CLEAR, UNCLEAR = 0.97, 1.07
TRAIL = 1.5  # s of valence-arousal behind the point
FORGET = 2.0  # s after which a face that went is forgotten


@dataclass(frozen=True)
class FaceView:
    """One face as it is shown."""

    id: int
    box: Box
    emotion: str | None
    """The label; None where there is a reason not to give one."""
    probabilities: np.ndarray
    """Smoothed, float32 [9] in the order of `EMOTIONS`."""
    valence: float
    arousal: float
    trail: tuple[tuple[float, float], ...]
    """(valence, arousal) of the last moments, oldest first."""
    reason: str | None = None
    """Why there is no label: `MIXED`, `BAD_PICTURE` or `AWAY`."""

    @property
    def confidence(self) -> float:
        """Smoothed probability of the label, or of the likeliest class without one."""
        return float(self.probabilities.max() if self.emotion is None else self.probabilities[EMOTIONS.index(self.emotion)])


@dataclass
class _Face:
    """Memory of one face. state: probabilities, valence and arousal, box, frontality, sharpness and brightness, smoothed."""

    t: float
    state: np.ndarray
    trail: deque = field(default_factory=deque)
    emotion: str | None = None


_TAUS = np.repeat([TAU, BOX_TAU, TAU], [11, 4, 3])  # of each number of the state


class Smoother:
    """Exponential smoothing per face identity, in seconds, so that it is the same at any frame rate."""

    def __init__(self):
        self._faces: dict[int, _Face] = {}

    def update(
        self, t: float, faces: list[TrackedFace], probabilities: np.ndarray, points: np.ndarray, qualities: list[Quality]
    ) -> list[FaceView]:
        """The views at time `t` (seconds, never falling) of n faces with `probabilities` [n, 9], valence-arousal `points` [n, 2] and the
        n `qualities` of their crops."""
        views = [self._update_one(t, *seen) for seen in zip(faces, probabilities, points, qualities)]
        for gone in [i for i, face in self._faces.items() if t - face.t > FORGET]:
            del self._faces[gone]
        return views

    def _update_one(self, t: float, tracked: TrackedFace, probabilities: np.ndarray, point: np.ndarray, quality: Quality) -> FaceView:
        b, front = tracked.box, frontality(tracked.landmarks)
        now = np.concatenate((probabilities, point, (b.x, b.y, b.w, b.h, front, quality.sharpness, quality.brightness)))
        face = self._faces.setdefault(tracked.id, _Face(t, now))
        keep = np.exp((face.t - t) / _TAUS)
        face.t, face.state = t, np.where(np.isnan(face.state), now, keep * face.state + (1 - keep) * now)
        smooth, point, square, (front, *worth) = np.split(face.state, [9, 11, 15])
        smooth = smooth.astype(np.float32)
        reason = AWAY if front < FACING else BAD_PICTURE if Quality(*worth).bad else None
        face.emotion = None if reason else _label(face.emotion, smooth)
        face.trail.append((t, tuple(point.tolist())))
        while face.trail[0][0] < t - TRAIL:
            face.trail.popleft()
        trail = tuple(p for _, p in face.trail)
        reason = None if face.emotion else reason or MIXED
        return FaceView(tracked.id, Box(*(round(v) for v in square)), face.emotion, smooth, *trail[-1], trail, reason)


def _label(shown: str | None, probabilities: np.ndarray) -> str | None:
    """The emotion to show next: a change needs a lead, clearness has two thresholds, so noise around either flips nothing."""
    best = int(probabilities.argmax())
    current = EMOTIONS.index(shown) if shown else None
    if current is not None and current != best and probabilities[best] - probabilities[current] < MARGIN:
        best = current
    entropy = -float((probabilities * np.log(np.maximum(probabilities, 1e-9))).sum())
    return EMOTIONS[best] if entropy <= (UNCLEAR if shown else CLEAR) else None
