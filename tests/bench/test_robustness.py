"""`bench robustness`: a data set of bright and dark pictures and a model that knows them apart, so every accuracy is known beforehand."""

import csv
import re
import shutil
from argparse import Namespace

import cv2
import numpy as np
import pytest
from processes import run_python

from emofast import EmotionRecognizer
from emofast.bench import robustness
from emofast.bench.disturbances import DISTURBANCES
from emofast.data import frozen_split, read_competition
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.recognition.card import sha256, write_card

N = 140


@pytest.fixture
def data(tmp_path):
    """Happy pictures are bright but for one in ten, sad ones dark; eight of ten annotators agree, the others are uncertain."""
    folder, rng = tmp_path / "rooms", np.random.default_rng(0)
    rows, votes = [",image_path,emotion"], [",".join(["image_path", *EMOTIONS])]
    for i in range(N):
        emotion = ("happy", "sad")[i % 2]
        name = f"train/{emotion}/{i}.png"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        level = 140 if emotion == "happy" and i % 20 else 90
        cv2.imwrite(str(folder / name), rng.integers(level - 20, level + 21, (48, 48), np.uint8))
        rows.append(f"{i},./{name},{emotion}")
        votes.append(",".join([f"./{name}", *(str({emotion: 8, "uncertain": 2}.get(e, 0)) for e in EMOTIONS)]))
    (folder / "test_kaggle").mkdir()
    shutil.copy(folder / "train/sad/1.png", folder / "test_kaggle/0.png")
    (folder / "train.csv").write_text("\n".join(rows))
    (folder / "train_votes.csv").write_text("\n".join(votes))
    (folder / "sample_submission.csv").write_text("image_path,emotion\n0.png,neutral\n")
    return folder


@pytest.fixture
def carded(model, own_artifacts):
    """The model in the shipped one's place, with a card that vouches for it."""
    path = own_artifacts / "emofast.onnx"
    path.parent.mkdir(exist_ok=True)
    shutil.copy(model, path)
    write_card(path, {"architecture": "brightness", "training_data": "rooms", "temperature": 0.7, "sha256": {path.name: sha256(path)}})
    return path


def one_by_one(data, model) -> float:
    """Undisturbed accuracy without any of the measured code's batches, caches and metrics."""
    comp, recognizer = read_competition(data), EmotionRecognizer(model)
    names = [n for n, held_out in zip(comp.train_names, frozen_split(comp)) if held_out]
    return float(np.mean([recognizer.predict(cv2.imread(str(data / n))).emotion == n.split("/")[1] for n in names]))


def test_record_and_table(run_cli, data, carded, own_artifacts):
    done = run_cli("bench", "robustness", "--data", data)
    assert done.returncode == 0, done.stderr
    lines = (own_artifacts / "bench" / "robustness.csv").read_text().splitlines()
    assert lines[0].startswith("# python -m emofast bench robustness --data rooms; emofast.onnx ") and sha256(carded)[:12] in lines[0]
    assert str(data.parent) not in "".join(lines), "no paths of this machine in a record"
    record = list(csv.DictReader(lines[1:]))
    of = {(d["disturbance"], d["strength"]): {k: float(v) for k, v in list(d.items())[2:]} for d in record}
    assert [" ".join(k).strip() for k in of] == [str(d) for d in DISTURBANCES]

    whole, comp = of["none", ""], read_competition(data)
    assert whole["accuracy"] == pytest.approx(one_by_one(data, carded), abs=1e-4) and whole["accuracy"] < 1
    assert whole["ferplus_accuracy"] == whole["accuracy"] and whole["change"] == 0
    assert 0 < whole["calibration_error"] < 1 and whole["low"] < whole["accuracy"] < whole["high"]
    all_sad, all_happy = (round(float((comp.labels[frozen_split(comp)] == EMOTIONS.index(e)).mean()), 4) for e in ("sad", "happy"))
    expected = dict.fromkeys([("mirrored", ""), ("grey as BGR", ""), ("JPEG at 96 px", "quality 50")], whole["accuracy"])
    expected |= {("low light", "gain 0.25"): all_sad, ("overexposed", "gain 1.8"): all_happy}
    for key, accuracy in expected.items():
        assert of[key]["accuracy"] == accuracy and of[key]["change"] == pytest.approx(accuracy - whole["accuracy"], abs=2e-4), key
    assert "low light" in done.stdout and "\x1b" not in done.stdout, "plain when piped"


def test_a_look_records_nothing(run_cli, data, model, own_artifacts):
    (data / "train_votes.csv").unlink()
    done = run_cli("bench", "robustness", "--data", data, "--model", model, "--max-rows", 6)
    assert done.returncode == 0, done.stderr
    assert "of 6 validation pictures" in done.stdout and "nothing was recorded" in done.stdout
    assert not (own_artifacts / "bench").exists()


def test_measuring_loads_no_torch():
    assert run_python("-c", "import sys, emofast.bench.robustness; print({'torch', 'fastai'} & set(sys.modules))").stdout == "set()\n"


def test_the_same_faces_get_the_same_answers_whatever_else_is_measured(data, model, monkeypatch):
    monkeypatch.setattr(robustness, "BATCH", 7)
    comp, recognizer = read_competition(data), EmotionRecognizer(model)
    every, some = (robustness.validation_faces(comp, recognizer, n) for n in (None, 5))
    assert len(some[1]) == 5 and len(every[1]) > 14
    where = np.searchsorted(every[0], some[0])
    for disturbance in (DISTURBANCES[0], *(d for d in DISTURBANCES if d.random)):
        whole = robustness.disturbed(recognizer, *every, disturbance)
        assert whole.shape == (len(every[0]), 9)
        np.testing.assert_allclose(whole[where], robustness.disturbed(recognizer, *some, disturbance), atol=1e-6, err_msg=str(disturbance))


def test_colour_faces_are_bgr_as_cameras_give_them(data):
    comp, looks = read_competition(data), Namespace(size=48, channels=3)
    held_out = comp.train_names[np.flatnonzero(frozen_split(comp))[0]]
    cv2.imwrite(str(data / held_out), np.full((48, 48, 3), (200, 100, 0), np.uint8))  # blue, green, red
    _, faces = robustness.validation_faces(read_competition(data), looks)
    assert faces.shape[1:] == (48, 48, 3) and faces[0, 0, 0].tolist() == [200, 100, 0]


def test_an_unreadable_picture_is_left_out_and_told(data, model, capsys):
    held_out = np.flatnonzero(frozen_split(read_competition(data)))
    comp = read_competition(data)
    (data / comp.train_names[held_out[3]]).write_bytes(b"no picture")
    rows, _ = robustness.validation_faces(read_competition(data), EmotionRecognizer(model))
    assert rows.tolist() == np.delete(held_out, 3).tolist()
    assert "1 validation pictures cannot be read" in capsys.readouterr().err
    for i in held_out:
        (data / comp.train_names[i]).write_bytes(b"no picture")
    with pytest.raises(EmofastError, match="no readable validation picture"):
        robustness.validation_faces(read_competition(data), EmotionRecognizer(model))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--data", "nowhere"), "no data set at nowhere"),
        (("--model", "nowhere.onnx"), "no model file nowhere.onnx"),
    ],
)
def test_bad_input_is_one_sentence(run_cli, data, model, own_artifacts, args, says):
    done = run_cli("bench", "robustness", "--data", data, "--model", model, *args)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
    assert re.fullmatch(r"(warning: .*\n)?error: .*\n", done.stderr), done.stderr
    assert not (own_artifacts / "bench").exists()


def test_a_model_that_its_card_does_not_know_is_refused(run_cli, data, carded, own_artifacts):
    write_card(carded, {"sha256": {carded.name: "0" * 64}})
    done = run_cli("bench", "robustness", "--data", data, "--model", carded)
    assert done.returncode == 2 and "SHA-256 is not the one in emofast.json" in done.stderr
    assert not (own_artifacts / "bench").exists()


def test_eight_bits_are_measured_beside_the_float(data, capsys, project):
    from argparse import Namespace

    from emofast.bench import int8

    int8.run(Namespace(data=str(data), model=project / "artifacts" / "emofast.onnx", max_rows=20))
    out = capsys.readouterr().out
    assert "float32" in out and "int8" in out and "poor webcam" in out
