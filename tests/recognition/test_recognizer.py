"""`EmotionRecognizer`: the same answers from both models, and one clear sentence for whatever cannot be loaded."""

import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cloudpickle
import cv2
import numpy as np
import pytest
import torch
from small_learner import make_learner

from emofast import EMOTIONS, EmotionRecognizer
from emofast.emotions import CENTRES
from emofast.errors import EmofastError
from emofast.recognition import Prediction
from emofast.recognition.model_files import unpickle


@pytest.fixture(scope="module", params=["onnx", "pkl"])
def recognizer(request, exported):
    return EmotionRecognizer(exported / f"emofast.{request.param}")


@pytest.fixture(scope="module")
def faces(people):
    """Crops of several sizes and kinds."""
    face = people([(320, 240)])[150:330, 230:410]
    return [face, face[::2, ::2], cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), cv2.resize(face, (31, 47)), face.astype(np.uint16) << 8]


def test_prediction(recognizer, faces):
    answer = recognizer.predict(faces[0])
    assert isinstance(answer, Prediction)
    assert answer.emotion == EMOTIONS[answer.probabilities.argmax()]
    assert answer.confidence == pytest.approx(answer.probabilities.max())
    assert answer.probabilities.shape == (9,) and answer.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert -1 <= answer.valence <= 1 and -1 <= answer.arousal <= 1


def test_batch_is_the_same_as_one_by_one(recognizer, faces):
    together = recognizer.probabilities(faces)
    assert together.shape == (5, 9) and together.dtype == np.float32
    apart = np.stack([recognizer.predict(f).probabilities for f in faces])
    np.testing.assert_allclose(together, apart, atol=1e-5)
    assert [p.emotion for p in recognizer.predict_batch(faces)] == [EMOTIONS[i] for i in together.argmax(1)]


def test_no_faces_no_answers(recognizer):
    probabilities, points = recognizer.predict_arrays([])
    assert probabilities.shape == (0, 9) and points.shape == (0, 2)
    assert recognizer.predict_batch([]) == []


@pytest.mark.parametrize(("target", "channels"), [("votes", 3), ("va", 1), ("class+va", 1)])
def test_both_models_agree_from_the_same_jpeg(tmp_path, target, channels, people):
    from emofast.recognition.export import export_model

    card = export_model(make_learner(tmp_path / "training", target, channels), tmp_path / "out", temperature=0.7)
    cv2.imwrite(str(tmp_path / "face.jpg"), people([(320, 240)])[150:330, 230:410])
    face = cv2.imread(str(tmp_path / "face.jpg"))
    a, b = (EmotionRecognizer(card.with_suffix(s)).predict_arrays([face, face[20:, 10:]]) for s in (".pkl", ".onnx"))
    np.testing.assert_allclose(a[0], b[0], atol=1e-3)
    np.testing.assert_allclose(a[1], b[1], atol=1e-3)
    if target == "votes":
        np.testing.assert_allclose(b[1], b[0] @ np.array(CENTRES), atol=1e-5)
    if target == "va":  # the likeliest class is the nearest centre
        distances = np.linalg.norm(b[1][:, None] - np.array(CENTRES), axis=2)
        np.testing.assert_array_equal(b[0].argmax(1), distances.argmin(1))


def test_decoder_of_a_valence_arousal_network_is_obeyed_by_both_models(tmp_path, faces):
    """Gaussians with priors as training fits them: the exported probabilities are their posteriors at the network's own points."""
    import torch

    from emofast.recognition.export import export_model
    from emofast.training.calibration import adjust
    from emofast.training.decoding import GaussianDecoder

    rng = np.random.default_rng(0)
    labels = np.r_[np.arange(9), rng.integers(0, 9, 400)]
    decoder = GaussianDecoder().fit(np.array(CENTRES)[labels] + rng.normal(0, 0.3, (409, 2)), labels)
    path = make_learner(tmp_path / "training", "va")
    learn = torch.load(path, weights_only=False)
    learn.decoder = decoder
    learn.export(path.resolve())
    factors = np.r_[2.0, np.ones(8)]
    card = export_model(path, tmp_path / "out", factors=factors)
    for suffix in (".pkl", ".onnx"):
        probabilities, points = EmotionRecognizer(card.with_suffix(suffix)).predict_arrays(faces)
        np.testing.assert_allclose(probabilities, adjust(decoder.probabilities(points), factors), atol=1e-3)


def test_temperature_softens_and_reaches_both_models(tmp_path, faces):
    from emofast.recognition.export import export_model

    learner = make_learner(tmp_path / "training")
    for suffix in (".pkl", ".onnx"):
        sharp, soft = (
            EmotionRecognizer(export_model(learner, tmp_path / f"t{t}", temperature=t).with_suffix(suffix)).predict(faces[0])
            for t in (0.2, 5)
        )
        assert sharp.emotion == soft.emotion and sharp.confidence > soft.confidence + 0.01


def test_class_factors_come_before_the_temperature_in_both_models(tmp_path, faces):
    from emofast.recognition.export import export_model
    from emofast.training.calibration import adjust, tempered

    learner, factors = make_learner(tmp_path / "training"), np.r_[1, 3, np.ones(7)]
    plain = EmotionRecognizer(export_model(learner, tmp_path / "plain").with_suffix(".onnx")).probabilities(faces)
    card = export_model(learner, tmp_path / "favoured", 0.7, factors)
    for suffix in (".pkl", ".onnx"):
        favoured = EmotionRecognizer(card.with_suffix(suffix)).probabilities(faces)
        np.testing.assert_allclose(favoured, tempered(adjust(plain, factors), 0.7), atol=1e-3)


def test_learner_still_is_a_fastai_learner(exported):
    from fastai.learner import load_learner

    learn = load_learner(exported / "emofast.pkl")
    assert learn.spec.size == 32 and not hasattr(learn, "temperature"), "it is in the last layer: what the network gives is calibrated"
    faces = np.random.default_rng(0).integers(0, 256, (4, 32, 32), np.uint8)
    x = (torch.from_numpy(faces[:, None]).float() / 255 - 0.5) / 0.25
    with torch.inference_mode():
        own = learn.model.eval()(x).softmax(1)
    np.testing.assert_allclose(own, EmotionRecognizer(exported / "emofast.onnx").probabilities(list(faces)), atol=1e-3)


def test_onnx_model_loads_neither_torch_nor_fastai(exported, project):
    code = (
        "import sys, numpy as np; from emofast import EMOTIONS, EmotionRecognizer;"
        f"print(EmotionRecognizer({str(exported / 'emofast.onnx')!r}).predict(np.zeros((50, 40, 3), np.uint8)).emotion);"
        "print([m for m in ('torch', 'fastai', 'dlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    emotion, loaded = done.stdout.split("\n")[:2]
    assert emotion in EMOTIONS and loaded == "[]"


def test_webcam_with_the_learner_says_that_it_takes_longer(exported, people, project, tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), people([(320, 240)]))
    command = [sys.executable, project / "webcam.py", "--headless", "--source", "photo.png", "--model", exported / "emofast.pkl"]
    known = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # the learner's pickle names functions of small_learner.py
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=known)
    assert done.returncode == 0, done.stderr
    assert "a fastai learner: some seconds" in done.stdout and "1 frames" in done.stdout
    assert not done.stderr.strip(), "no warnings of libraries"


# Loading what should not be loaded


@pytest.fixture
def copy(exported, tmp_path):
    """A copy of the exported model to spoil; the path of its pickle."""
    shutil.copytree(exported, tmp_path / "model")
    return tmp_path / "model" / "emofast.pkl"


def refusal(path, **options) -> str:
    with pytest.raises(EmofastError) as caught:
        EmotionRecognizer(path, **options)
    return str(caught.value)


def test_exchanged_pickle_is_refused_unless_trusted(copy):
    copy.write_bytes(copy.read_bytes() + b"\0")
    message = refusal(copy)
    assert "SHA-256" in message and "--trust" in message and "emofast.pkl" in message
    assert EmotionRecognizer(copy, trust=True).size == 32


def test_refused_pickle_has_not_run(copy):
    ran = copy.with_name("it-ran")

    class Evil:
        def __reduce__(self):
            return eval, (f"open({str(ran)!r}, 'w').close()",)

    copy.write_bytes(pickle.dumps(Evil()))
    refusal(copy)
    assert not ran.exists()


def test_pickle_without_card_is_refused(copy):
    copy.with_suffix(".json").unlink()
    assert "no model card" in refusal(copy)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_cut_off_pickle(copy, kept):
    whole = copy.read_bytes()
    copy.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else kept])
    assert "damaged" in refusal(copy, trust=True)


@pytest.mark.parametrize("content", [b"", b"no model at all", None])
def test_damaged_onnx(copy, content):
    onnx = copy.with_suffix(".onnx")
    onnx.write_bytes(onnx.read_bytes()[:-500] if content is None else content)
    assert "SHA-256" in refusal(onnx) and "--trust" in refusal(onnx)
    message = refusal(onnx, trust=True)
    assert "emofast.onnx" in message and "no usable ONNX model" in message


def test_someone_elses_onnx(tmp_path):
    import onnx
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [out])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "other.onnx")
    assert "no usable ONNX model of emofast" in refusal(tmp_path / "other.onnx")


def saved(path, thing):
    import torch

    torch.save(thing, path)
    return path


def test_package_that_is_not_installed_is_named(tmp_path, monkeypatch):
    module = tmp_path / "rare_package.py"
    module.write_text("class Head: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    import rare_package

    path = saved(tmp_path / "model.pkl", rare_package.Head())
    module.unlink()
    del sys.modules["rare_package"]
    message = refusal(path, trust=True)
    assert "'rare_package'" in message and "install" in message


def test_class_that_another_version_had(tmp_path, monkeypatch, exported):
    import fastai.learner

    gone = type("OldLearner", (), {"__module__": "fastai.learner", "__qualname__": "OldLearner"})
    monkeypatch.setattr(fastai.learner, "OldLearner", gone, raising=False)
    path = saved(tmp_path / "model.pkl", gone())
    monkeypatch.delattr(fastai.learner, "OldLearner")
    shutil.copy(exported / "emofast.json", path.with_suffix(".json"))
    message = refusal(path, trust=True)
    assert "fastai 2." in message and "its card names fastai 2." in message and "OldLearner" in message


class OfAnotherSystem:
    """What a path is in a learner that was exported on Windows."""

    def __reduce__(self):
        return pathlib.WindowsPath, ("models",)


def test_a_learner_of_another_system_holds_its_paths(tmp_path, exported):
    learn = unpickle(exported / "emofast.pkl")
    learn.path = OfAnotherSystem()
    torch.save(learn, tmp_path / "theirs.pkl", pickle_module=cloudpickle)
    kept = pathlib.WindowsPath
    assert unpickle(tmp_path / "theirs.pkl").path == Path("models") and pathlib.WindowsPath is kept


def test_a_learner_of_python_3_13_loads_on_every_other(tmp_path, exported):
    learn = unpickle(exported / "emofast.pkl")
    torch.save(learn, tmp_path / "ours.pkl", pickle_module=cloudpickle)
    with zipfile.ZipFile(tmp_path / "ours.pkl") as ours, zipfile.ZipFile(tmp_path / "theirs.pkl", "w") as theirs:
        for name in ours.namelist():
            data = ours.read(name)
            if name.endswith("data.pkl"):  # a short string's length stands before it
                paths = b"\x8c\x07pathlib" if b"\x8c\x07pathlib" in data else b"cpathlib\n"
                assert paths in data
                data = data.replace(paths, b"\x8c\x0epathlib._local" if paths[0] == 0x8C else b"cpathlib._local\n")
            theirs.writestr(name, data)
    assert unpickle(tmp_path / "theirs.pkl").path == learn.path


def test_pickle_of_something_else(tmp_path):
    assert "not an exported fastai learner" in refusal(saved(tmp_path / "model.pkl", {"weights": 1}), trust=True)


def test_missing_file_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("emofast.recognition.recognizer.SHIPPED", tmp_path)
    assert "emofast export" in refusal("artifacts/emofast.pkl") and "no model yet" in refusal(None)


def test_default_is_found_among_the_results_from_anywhere(exported, own_artifacts, tmp_path, monkeypatch):
    shutil.copytree(exported, own_artifacts)
    monkeypatch.chdir(tmp_path / "..")
    assert EmotionRecognizer().path == own_artifacts / "emofast.pkl"


def test_other_endings_are_no_models(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"x")
    assert ".onnx" in refusal(tmp_path / "model.h5")
