import numpy as np
import pytest

from emofast.training.calibration import consistent_temperature, fit_temperature, tempered


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_temperature_undoes_a_known_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (4000, 9))
    labels = np.array([rng.choice(9, p=p) for p in softmax(logits)])
    assert fit_temperature(softmax(logits), labels) == pytest.approx(1, abs=0.1)
    assert fit_temperature(softmax(3 * logits), labels) == pytest.approx(3, abs=0.3)


def test_tempering_is_softmax_of_divided_logits():
    logits = np.random.default_rng(1).normal(0, 2, (50, 9))
    np.testing.assert_allclose(tempered(softmax(logits), 0.5), softmax(2 * logits), atol=1e-6)
    np.testing.assert_allclose(tempered(softmax(logits), 1.0), softmax(logits), atol=1e-6)


def test_temperature_of_certainties_is_finite():
    labels = np.arange(90) % 9
    certain = np.eye(9, dtype=np.float32)[np.where(np.arange(90) < 80, labels, (labels + 1) % 9)]
    assert 0.1 <= fit_temperature(certain, labels) <= 10


@pytest.mark.parametrize("sharp", [0.4, 1, 3])
def test_mean_confidence_is_the_share_of_right_answers(sharp):
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, (4000, 9))
    labels = np.where(rng.random(4000) < 0.1, 8, [rng.choice(9, p=p) for p in softmax(logits)])  # a class that no logit tells
    p = softmax(sharp * logits)
    calibrated = tempered(p, consistent_temperature(p, labels))
    assert calibrated.max(1).mean() == pytest.approx((p.argmax(1) == labels).mean(), abs=1e-4)


@pytest.mark.parametrize(("right", "bound"), [(np.arange(90) % 9, 0.1), (np.full(90, 1), 10)])
def test_no_temperature_makes_the_always_right_or_always_wrong_consistent(right, bound):
    p = np.full((90, 9), 0.1)
    p[np.arange(90), np.arange(90) % 9 if bound == 0.1 else 0] = 0.2
    assert consistent_temperature(p, right) == bound
