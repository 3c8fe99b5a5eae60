"""Faces drawn from facial action units, and a data set of them in the competition's exact layout: known truth, no download."""

from emofast.sample.action_units import ACTION_UNITS, EMFACS, action_units, uncertain_mixture, valence_arousal
from emofast.sample.dataset import drawing_code, write_sample
from emofast.sample.drawing import draw_face, draw_into
from emofast.sample.identity import Identity, Pose

__all__ = [
    "ACTION_UNITS", "EMFACS", "Identity", "Pose", "action_units", "draw_face", "draw_into", "drawing_code", "uncertain_mixture",
    "valence_arousal", "write_sample",
]  # fmt: skip
