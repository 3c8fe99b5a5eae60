"""Which facial muscles an emotion moves (EMFACS), and where its picture lies on the valence-arousal plane."""

from collections.abc import Mapping

import numpy as np

from emofast.emotions import BY_NAME

ActionUnits = dict[int | str, float]
"""Intensity in [0, 1] by action unit: `12` on both sides, `"L12"` or `"R12"` on the person's own left or right only."""

ACTION_UNITS: dict[int, str] = {
    1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser", 6: "cheek raiser", 7: "lid tightener",
    9: "nose wrinkler", 12: "lip corner puller", 14: "dimpler", 15: "lip corner depressor", 16: "lower lip depressor", 20: "lip stretcher",
    23: "lip tightener", 25: "lips part", 26: "jaw drop", 45: "blink",
}  # fmt: skip
"""The action units that the drawing knows: Ekman, Friesen & Hager (2002), Facial Action Coding System."""

EMFACS: dict[str, tuple[int, ...]] = {
    "anger": (4, 5, 7, 23),
    "contempt": (12, 14),
    "disgust": (9, 15, 16),
    "fear": (1, 2, 4, 5, 20, 26),
    "happy": (6, 12),
    "neutral": (),
    "sad": (1, 4, 15),
    "surprise": (1, 2, 5, 26),
}
"""Action units of each emotion: Friesen & Ekman (1983), EMFACS-7. Those of contempt act on one side; `uncertain` is a mixture."""

MOVING = tuple(emotion for emotion, units in EMFACS.items() if units)


def both_sides(aus: Mapping[int | str, float]) -> list[dict[int, float]]:
    """Intensity of every action unit on the person's own right side, and on the left."""
    return [{unit: max(aus.get(unit, 0.0), aus.get(f"{hand}{unit}", 0.0)) for unit in ACTION_UNITS} for hand in "RL"]


def uncertain_mixture(intensity: float, rng: np.random.Generator | None = None) -> dict[str, float]:
    """Two or three emotions, each at most at half of its strength, that together fit none of the other classes.

    Without `rng` always the same three: the frown with one raised corner that the word brings to mind.
    """
    if rng is None:
        return {"fear": 0.35 * intensity, "contempt": 0.4 * intensity, "sad": 0.3 * intensity}
    chosen = rng.choice(len(MOVING), size=int(rng.integers(2, 4)), replace=False)
    return {MOVING[i]: intensity * rng.uniform(0.25, 0.5) for i in sorted(chosen)}


def action_units(emotion: str | Mapping[str, float], intensity: float = 1.0, rng: np.random.Generator | None = None) -> ActionUnits:
    """Action units of an emotion shown with `intensity` in [0, 1].

    `emotion` is one of `EMOTIONS`, or intensities by emotion (their units add up to at most 1, all scaled by `intensity`).
    Without `rng` exactly the units of `EMFACS`, all equally strong, contempt on the right. With it people differ: each unit
    is stronger or weaker, one of them may hardly move, a strong smile may show the teeth (25), contempt takes either side.
    """
    if isinstance(emotion, str):
        emotion = uncertain_mixture(1.0, rng) if emotion == "uncertain" else {emotion: 1.0}
    total: ActionUnits = {}
    for name, weight in emotion.items():
        for unit, value in _one_emotion(name, weight * intensity, rng).items():
            total[unit] = min(1.0, total.get(unit, 0.0) + value)
    return total


def _one_emotion(emotion: str, intensity: float, rng: np.random.Generator | None) -> ActionUnits:
    units: list[int | str] = list(EMFACS[emotion])
    if emotion == "contempt":
        hand = "R" if rng is None or rng.random() < 0.5 else "L"
        units = [f"{hand}{u}" for u in units]
    if rng is None:
        return {u: float(intensity) for u in units}
    strength = rng.uniform(0.75, 1.15, size=len(units))
    if len(units) > 3 and rng.random() < 0.3:
        strength[rng.integers(len(units))] *= 0.3
    aus = {u: float(min(1.0, intensity * s)) for u, s in zip(units, strength)}
    if emotion == "happy" and rng.random() < 0.6:
        aus[25] = float(max(0.0, intensity - 0.3)) / 0.7
    return aus


def valence_arousal(mixture: Mapping[str, float]) -> tuple[float, float]:
    """Valence and arousal in [-1, 1] that a drawn face shows: the centres of its emotions (`emofast.emotions`) times their intensities.

    A neutral face lies at the origin, an emotion moves out from there along its own direction and reaches the centre of its
    class at full intensity. The vectors of several add up (clipped to the square), as their muscles do.
    """
    v, a = (sum(intensity * getattr(BY_NAME[name], axis) for name, intensity in mixture.items()) for axis in ("valence", "arousal"))
    return float(np.clip(v, -1, 1)), float(np.clip(a, -1, 1))
