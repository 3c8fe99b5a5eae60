"""`emofast export`: an experiment into three files that agree with each other and with the experiment they come from."""

import hashlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from fastai.learner import load_learner
from processes import PROJECT

from emofast import EMOTIONS
from emofast.data import frozen_split, get_dls, open_data
from emofast.nets.groups import split_stages
from emofast.recognition import EmotionRecognizer
from emofast.recognition.export import export_model
from emofast.shipping import _seen_twice, export
from emofast.training import emotion_learner
from emofast.training.calibration import adjust, consistent_temperature, repeat_factors

sys.path.insert(0, str(PROJECT / "tests" / "recognition"))
from small_learner import make_learner


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def test_export_makes_three_files_that_vouch_for_each_other(own_artifacts):
    place = own_artifacts / "drawn" / "01_baseline"
    make_learner(place / "checkpoints")
    rng = np.random.default_rng(0)
    labels = np.r_[1, rng.choice([0, *range(2, 9)], 199)]  # contempt is rare
    probabilities = softmax(rng.normal(0, 1, (200, 9)) + 3 * np.eye(9)[labels]).astype(np.float32)
    averaged = np.full_like(probabilities, 1 / 9)  # of seeds and TTA: not what is exported
    np.savez(place / "valid.npz", ids=np.arange(200), probabilities=averaged, per_seed=np.stack([averaged, probabilities]), labels=labels)
    run = {"data": "drawn", "command": "python experiments/01_baseline.py", "settings": {}, "hardware": "a test", "date": "2026-01-01"}
    summary = {**run, "seeds": [{"network": {"target": "class"}}]}
    (place / "result.json").write_text(json.dumps(summary))
    shipped = adjust(probabilities, repeat_factors(labels))
    assert export("01_baseline", "drawn") == own_artifacts / "emofast.json"
    card = json.loads((own_artifacts / "emofast.json").read_text())
    for name, digest in card["sha256"].items():
        assert hashlib.sha256((own_artifacts / name).read_bytes()).hexdigest() == digest
    assert set(card["sha256"]) == {"emofast.pkl", "emofast.onnx"}
    assert card["training_data"] == "drawn" and card["experiment"] == "01_baseline"
    assert card["input"] == {"size": 32, "channels": 1, "mean": [0.5], "std": [0.25]}
    assert card["accuracy"] == pytest.approx((shipped.argmax(1) == labels).mean(), abs=1e-4)
    assert card["accuracy_95"][0] < card["accuracy"] < card["accuracy_95"][1]
    assert card["temperature"] == pytest.approx(consistent_temperature(shipped, labels), abs=1e-3)
    assert card["class_factors"] == {"contempt": 2.0}, "one label of two hundred, where the threshold is one of fifty"
    assert set(card["recall"]) == set(EMOTIONS) and 0 <= card["calibration_error"] < 0.15
    hits = [(shipped.argmax(1) == labels)[labels == c].mean() for c in range(9)]
    assert [card["recall"][e] for e in EMOTIONS] == pytest.approx(hits, abs=1e-4)
    assert card["not_for"]
    assert {"torch", "fastai"} <= set(card["versions"])
    assert str(own_artifacts).encode() not in (own_artifacts / "emofast.onnx").read_bytes(), "no paths of this machine in a model"
    EmotionRecognizer(own_artifacts / "emofast.pkl")


def test_eight_bits_say_what_the_network_says(own_artifacts, drawn):
    place = own_artifacts / Path(drawn).name / "01_baseline"
    make_learner(place / "checkpoints")
    labels = np.arange(90) % 9
    even = np.full((1, 90, 9), 1 / 9, np.float32)
    np.savez(place / "valid.npz", ids=np.arange(90), probabilities=even[0], per_seed=even, labels=labels)
    summary = {"data": place.parent.name, "command": "", "settings": {}, "hardware": "a test", "date": "2026-01-01"}
    summary["seeds"] = [{"network": {"target": "class"}}]
    (place / "result.json").write_text(json.dumps(summary))
    card = json.loads(export("01_baseline", drawn, int8=True).read_text())
    data = open_data(drawn)
    rows = np.flatnonzero(frozen_split(data))
    faces = [cv2.imdecode(np.frombuffer(data.train_pictures.read(data.train_names[r]), np.uint8), 0) for r in rows]
    whole, small = (EmotionRecognizer(own_artifacts / f"emofast.{s}").probabilities(faces) for s in ("pkl", "onnx"))
    assert np.abs(whole - small).max() < 0.02, "the same network"
    assert card["onnx"]["bits"] == 8 and card["onnx"]["accuracy"] == pytest.approx((small.argmax(1) == data.labels[rows]).mean(), abs=1e-4)
    assert card["accuracy"] == pytest.approx(1 / 9, abs=1e-3), "of the network itself, as it is recorded"

    from_the_other_side = [np.ascontiguousarray(face[:, ::-1]) for face in faces]
    mirrored = EmotionRecognizer(own_artifacts / "emofast.pkl").probabilities(from_the_other_side)
    assert json.loads(export("01_baseline", drawn, int8=True, mirror=True).read_text())["mirrored"]
    twice, eight = (EmotionRecognizer(own_artifacts / f"emofast.{s}") for s in ("pkl", "onnx"))
    for model in (twice, eight):
        np.testing.assert_allclose(model.probabilities(faces), model.probabilities(from_the_other_side), atol=1e-4)
    np.testing.assert_allclose(twice.probabilities(faces), softmax((np.log(whole) + np.log(mirrored)) / 2), atol=1e-4)


def test_a_learner_is_kept_in_half_precision_and_trains_on(drawn, own_artifacts):
    """Exported and loaded, by fastai's own function: it computes in float32 what was exported, and its stages are known."""
    dls = get_dls(drawn, size=32, bs=32, channels=1, device="cpu")
    learn = emotion_learner(dls, "vggface_mobilenet", split="stages")
    learn.export(own_artifacts / "whole.pkl")
    export_model(own_artifacts / "whole.pkl", own_artifacts / "out", mirror=True)
    whole, half = own_artifacts / "whole.pkl", own_artifacts / "out" / "emofast.pkl"
    assert half.stat().st_size < 0.52 * whole.stat().st_size
    again = load_learner(half)
    assert {p.dtype for p in again.model.parameters()} == {torch.float32}
    faces = torch.randn(4, 1, 32, 32)
    twice = (learn.model.eval()(faces) + learn.model(faces.flip(3))) / 2
    torch.testing.assert_close(again.model.eval()(faces), twice, atol=2e-2, rtol=0)
    assert [len(g) for g in split_stages(again.model)] == [len(g) for g in split_stages(learn.model)]


def test_what_a_mirrored_network_says_is_known_from_the_record():
    face, mirrored = np.random.default_rng(0).normal(0, 2, (2, 50, 9))
    seen = {"per_seed": softmax(face)[None], "probabilities": (softmax(face) + softmax(mirrored)) / 2}
    np.testing.assert_allclose(_seen_twice(seen, "votes"), softmax((face + mirrored) / 2), atol=1e-6)
    assert _seen_twice(seen, "va") is seen["probabilities"]
