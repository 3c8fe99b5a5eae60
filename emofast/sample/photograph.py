"""One picture of the sample: who, which emotion and how strong, from where, in which light, with which camera."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emofast.sample.action_units import action_units, uncertain_mixture, valence_arousal
from emofast.sample.drawing import draw_face
from emofast.sample.identity import Identity, Pose

_ANNOTATORS = 10

_CONFUSED = {  # what annotators take an expression for when they miss it
    "anger": ("disgust", "contempt", "sad"), "contempt": ("happy", "disgust", "uncertain"), "disgust": ("anger", "contempt", "sad"),
    "fear": ("surprise", "sad", "uncertain"), "happy": ("surprise", "contempt"), "neutral": ("sad", "uncertain", "contempt"),
    "sad": ("uncertain", "fear", "disgust"), "surprise": ("fear", "happy"), "uncertain": ("sad", "contempt", "fear"),
}  # fmt: skip


@dataclass(frozen=True)
class Photograph:
    """Everything that decides a picture; equal photographs give equal bytes."""

    emotion: str
    mixture: tuple[tuple[str, float], ...]  # shown emotions with their intensities
    intensity: float
    person: str
    person_seed: tuple[int, ...]
    seed: tuple[int, ...]
    pose: Pose

    @classmethod
    def plan(cls, emotion: str, seed: Sequence[int], person: str, person_seed: Sequence[int]) -> "Photograph":
        """Draw intensity, mixture and pose. `seed` is that of this picture, `person_seed` that of the one it shows."""
        rng = np.random.default_rng(seed)
        intensity = 0.0 if emotion == "neutral" else float(rng.uniform(0.3, 1.0))
        mixture = uncertain_mixture(intensity, rng) if emotion == "uncertain" else {emotion: intensity}
        pose = Pose.random(rng)
        return cls(emotion, tuple(mixture.items()), intensity, person, tuple(person_seed), tuple(seed), pose)

    def truth(self) -> tuple:
        """Emotion shown, valence, arousal, intensity, identity, yaw, pitch, roll."""
        valence, arousal = valence_arousal(dict(self.mixture))
        return self.emotion, valence, arousal, self.intensity, self.person, self.pose.yaw, self.pose.pitch, self.pose.roll


def take(photograph: Photograph) -> bytes:
    """Draw the picture: JPEG bytes, 100 to 240 px, one in a hundred not square, one in forty grey."""
    rng = np.random.default_rng((*photograph.seed, 1))
    identity = Identity.random(np.random.default_rng(photograph.person_seed))
    aus = action_units(dict(photograph.mixture), 1.0, rng)
    for unit in (1, 4, 7, 12, 14, 15, 25):  # a face is never quite at rest
        aus[unit] = min(1.0, aus.get(unit, 0.0) + float(rng.exponential(0.025)))
    size = int(rng.integers(100, 241))
    light, base = float(rng.uniform(-1, 1)), rng.uniform(40, 210)
    blots = rng.normal(base, 34, (4, 4, 1)) + rng.normal(0, 9, (4, 4, 3))  # a room out of focus
    room = np.clip(cv2.resize(blots.astype(np.float32), (96, 96), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    image = draw_face(identity, aus, size, photograph.pose, light, room, float(rng.uniform(0.0, 0.16)))
    if rng.random() < 0.01:
        image = image[: round(size * rng.uniform(0.8, 0.95))]
    # focus, the noise of a sensor, contrast and exposure
    blur = float(rng.uniform(0, 0.006)) * image.shape[1]
    if blur > 0.4:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0.5, 6))
    gain, offset = np.float32(rng.uniform(0.85, 1.15)), np.float32(rng.uniform(-12, 12))
    image = np.clip(image * gain + offset + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.025:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(82, 96))])[1].tobytes()


def vote(photograph: Photograph, classes: Sequence[str]) -> tuple[int, ...]:
    """Ten simulated annotators, counts in the order of `classes`: the stronger the expression, the more of them agree.

    The shown emotion always has the most votes; a weak one is often taken for neutral.
    """
    rng = np.random.default_rng((*photograph.seed, 2))
    clear = float(rng.uniform(0.5, 1.0)) if photograph.emotion == "neutral" else photograph.intensity
    odds = dict.fromkeys(classes, 0.01)
    odds[photograph.emotion] += 0.35 + 0.6 * clear
    odds["neutral"] += 0.25 * (1 - clear)
    for other in _CONFUSED[photograph.emotion]:
        odds[other] += 0.12 * (1.2 - clear)
    weights = np.array(list(odds.values()))
    counts = rng.multinomial(_ANNOTATORS, weights / weights.sum())
    shown = list(classes).index(photograph.emotion)
    while (others := np.where(np.arange(len(classes)) == shown, -1, counts)).max() >= counts[shown]:
        counts[others.argmax()] -= 1
        counts[shown] += 1
    return tuple(int(c) for c in counts)
