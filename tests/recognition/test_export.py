"""`emofast export`: three files that agree with each other and with the experiment they come from."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from small_learner import make_learner

from emofast.errors import EmofastError
from emofast.recognition import EmotionRecognizer
from emofast.recognition.export import accuracy_interval, export, export_model, fit_temperature


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_temperature_undoes_a_known_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (4000, 9))
    labels = np.array([rng.choice(9, p=p) for p in softmax(logits)])
    assert fit_temperature(softmax(logits), labels) == pytest.approx(1, abs=0.1)
    assert fit_temperature(softmax(3 * logits), labels) == pytest.approx(3, abs=0.3)


def test_temperature_of_certainties_is_finite():
    labels = np.arange(90) % 9
    certain = np.eye(9, dtype=np.float32)[np.where(np.arange(90) < 80, labels, (labels + 1) % 9)]
    assert 0.1 <= fit_temperature(certain, labels) <= 10


def test_accuracy_interval_is_wilsons():
    # Newcombe 1998, table I, method 3, 81 of 263
    assert accuracy_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    low, high = accuracy_interval(10, 10)
    assert low < 1 and high <= 1


def test_export_makes_three_files_that_vouch_for_each_other(own_artifacts):
    place = own_artifacts / "drawn" / "01_baseline"
    make_learner(place / "checkpoints")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 9, 200)
    probabilities = softmax(rng.normal(0, 1, (200, 9)) + 3 * np.eye(9)[labels]).astype(np.float32)
    averaged = np.full_like(probabilities, 1 / 9)  # of seeds and TTA: not what is exported
    np.savez(place / "valid.npz", ids=np.arange(200), probabilities=averaged, per_seed=np.stack([averaged, probabilities]), labels=labels)
    assert export("01_baseline", "drawn") == own_artifacts / "emofast.json"
    card = json.loads((own_artifacts / "emofast.json").read_text())
    for name, digest in card["sha256"].items():
        assert hashlib.sha256((own_artifacts / name).read_bytes()).hexdigest() == digest
    assert set(card["sha256"]) == {"emofast.pkl", "emofast.onnx"}
    assert card["training_data"] == "drawn" and card["experiment"] == "01_baseline"
    assert card["input"] == {"size": 32, "channels": 1, "mean": [0.5], "std": [0.25]}
    assert card["accuracy"] == pytest.approx((probabilities.argmax(1) == labels).mean(), abs=1e-4)
    assert card["accuracy_95"][0] < card["accuracy"] < card["accuracy_95"][1]
    assert card["temperature"] == pytest.approx(fit_temperature(probabilities, labels), abs=1e-3)
    assert {"torch", "fastai"} <= set(card["versions"])
    assert str(own_artifacts).encode() not in (own_artifacts / "emofast.onnx").read_bytes(), "no paths of this machine in a model"
    EmotionRecognizer(own_artifacts / "emofast.pkl")


def test_untrained_experiment_is_one_sentence(own_artifacts, project):
    command = [sys.executable, "-m", "emofast", "export", "02_nothing", "--data", "drawn"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 2
    assert "02_nothing" in done.stderr and "train it first" in done.stderr and "Traceback" not in done.stderr


def test_failed_parity_leaves_the_old_model(exported, tmp_path, monkeypatch):
    import emofast.recognition.export as module

    learner = make_learner(tmp_path / "training")
    export_model(learner, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    monkeypatch.setattr(module, "parity", lambda *_: float("nan"))
    with pytest.raises(EmofastError, match="nothing was exported"):
        export_model(learner, tmp_path / "out", temperature=2.0)
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
