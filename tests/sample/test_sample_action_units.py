"""Which muscles an emotion moves, and where it lies on the valence-arousal plane."""

import numpy as np
import pytest

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.sample import ACTION_UNITS, action_units, uncertain_mixture, valence_arousal


def test_units_are_those_of_emfacs():
    units = {e: set(action_units(e, 0.8)) for e in EMOTIONS}
    assert units["happy"] == {6, 12}
    assert units["sad"] == {1, 4, 15}
    assert units["surprise"] == {1, 2, 5, 26}
    assert units["fear"] == {1, 2, 4, 5, 20, 26}
    assert units["anger"] == {4, 5, 7, 23}
    assert units["disgust"] == {9, 15, 16}
    assert units["contempt"] == {"R12", "R14"}  # one side only
    assert units["neutral"] == set()
    assert set(action_units("happy", 0.8).values()) == {0.8}


def test_people_differ_but_stay_in_range():
    rng = np.random.default_rng(0)
    many = [action_units(e, i, rng) for e in EMOTIONS for i in (0.0, 0.3, 1.0) for _ in range(20)]
    assert all(0 <= value <= 1 for aus in many for value in aus.values())
    assert {int(str(u).lstrip("LR")) for aus in many for u in aus} <= set(ACTION_UNITS)
    sides = {next(iter(action_units("contempt", 1.0, rng)))[0] for _ in range(20)}
    assert sides == {"L", "R"}
    assert len({tuple(action_units("fear", 0.7, rng).items()) for _ in range(5)}) == 5


def test_uncertain_is_a_weak_mixture():
    rng = np.random.default_rng(1)
    for _ in range(20):
        mixture = uncertain_mixture(1.0, rng)
        assert 2 <= len(mixture) <= 3
        assert max(mixture.values()) <= 0.5
    assert action_units("uncertain", 1.0) == action_units(uncertain_mixture(1.0), 1.0)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_truth_grows_from_the_origin_to_the_centre_of_its_class(emotion):
    centre = np.array([BY_NAME[emotion].valence, BY_NAME[emotion].arousal])
    assert valence_arousal({emotion: 0.0}) == (0.0, 0.0)
    assert np.allclose(valence_arousal({emotion: 0.4}), 0.4 * centre)
    assert np.allclose(valence_arousal({emotion: 1.0}), centre)


def test_truth_of_a_mixture_adds_up_within_the_square():
    happy, fear = np.array(valence_arousal({"happy": 0.5})), np.array(valence_arousal({"fear": 0.2}))
    assert np.allclose(valence_arousal({"happy": 0.5, "fear": 0.2}), happy + fear)
    assert valence_arousal({"happy": 1.0, "surprise": 1.0}) == (1.0, 1.0)
