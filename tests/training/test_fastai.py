"""Whoever knows fastai finds every habit working, on what the factory returns and on the model that ships."""

import io

import numpy as np
import pytest
import torch
from fastai.callback.mixup import CutMix, MixUp
from fastai.callback.schedule import valley
from fastai.callback.tracker import SaveModelCallback
from fastai.interpret import ClassificationInterpretation, Interpretation
from fastai.learner import load_learner
from fastai.metrics import F1Score, accuracy, error_rate, rmse
from PIL import Image

from emofast.emotions import EMOTIONS
from emofast.training import FocalLoss, cross_entropy, emotion_learner, get_dls
from emofast.training.precision import Precision

TARGETS = ("class", "votes", "va", "class+va")
CLASSES = ("class", "votes", "class+va")


@pytest.fixture(scope="module")
def learners(drawn, tmp_path_factory):
    """A trained tiny network for each target, on the data set's folder as a notebook names it."""
    made = {}
    for target in TARGETS:
        with pytest.MonkeyPatch.context() as patch:  # this fixture lives longer than the artifacts folder of a single test
            patch.setenv("EMOFAST_ARTIFACTS", str(tmp_path_factory.mktemp("artifacts")))
            dls = get_dls(str(drawn), size=32, bs=32, channels=1, target=target, device="cpu")
        made[target] = emotion_learner(dls, "test_resnet")
        made[target].path = tmp_path_factory.mktemp("learner")
        with made[target].no_bar(), made[target].no_logging():
            made[target].fit_one_cycle(2, 3e-3)
    return made


@pytest.fixture(scope="module")
def face(drawn, tmp_path_factory):
    """A picture file."""
    import zipfile

    with zipfile.ZipFile(drawn / "test_kaggle.zip") as z:
        path = tmp_path_factory.mktemp("face") / "face.jpg"
        path.write_bytes(z.read("test_kaggle/0.jpg"))
    return path


@pytest.mark.parametrize("target", TARGETS)
def test_predict_takes_whatever_a_picture_is(learners, face, target):
    learn = learners[target]
    image = Image.open(face).convert("RGB")
    bgr = np.asarray(image)[..., ::-1].copy()
    answers = [learn.predict(item) for item in (str(face), face, face.read_bytes(), image, bgr)]
    for decoded, _, outputs in answers:
        torch.testing.assert_close(outputs, answers[0][2], atol=0.02, rtol=0)  # bytes may be decoded at a smaller scale
        if target == "va":
            assert decoded.shape == (2,) and decoded.abs().max() <= 1
        else:
            assert decoded == EMOTIONS[int(outputs[:9].argmax())]
            assert float(outputs[:9].sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("target", TARGETS)
def test_pictures_are_shown_with_their_targets_and_predictions(learners, target):
    learn = learners[target]
    learn.dls.show_batch(max_n=4)
    learn.show_results(max_n=4)
    Interpretation.from_learner(learn).plot_top_losses(4)
    predictions, targets = learn.tta(n=2)
    assert len(predictions) == len(targets) == len(learn.dls.valid.dataset)
    assert len(learn.validate()) == 1 + len(learn.metrics)
    assert learn.summary()


@pytest.mark.parametrize("target", CLASSES)
def test_classification_interpretation(learners, target):
    learn = learners[target]
    interpretation = ClassificationInterpretation.from_learner(learn)
    matrix = interpretation.confusion_matrix()
    assert matrix.sum() == len(learn.dls.valid.dataset) and list(interpretation.vocab) == list(EMOTIONS)
    predictions, targets = learn.get_preds()
    assert targets.dtype == torch.int64 and targets.ndim == 1
    assert np.trace(matrix) == (predictions[:, :9].argmax(1) == targets).sum()
    interpretation.plot_confusion_matrix()
    interpretation.plot_top_losses(4)
    assert all(a in EMOTIONS and b in EMOTIONS for a, b, _ in interpretation.most_confused())
    interpretation.print_classification_report()


def test_one_metric_and_one_callback_need_no_list(drawn):
    dls = get_dls(drawn, size=24, bs=32, channels=1, device="cpu")
    learn = emotion_learner(dls, "test_resnet", metrics=error_rate, cbs=SaveModelCallback())
    assert learn.recorder.metrics[-1].name == "error_rate" and hasattr(learn, "save_model")


@pytest.mark.parametrize("ask", [lambda learn: learn, lambda learn: learn.to_fp16(), lambda learn: learn.to_fp16().to_fp32()])
def test_gradients_are_scaled_once_where_there_is_no_bf16(drawn, monkeypatch, ask):
    """A processor plays the GPU; a second scaler would find no gradients that it has scaled."""
    monkeypatch.setattr("emofast.training.learners.choose_precision", lambda device: Precision("fp16", "a test"))
    monkeypatch.setattr("fastai.callback.fp16.GradScaler", lambda device, **kwargs: torch.amp.GradScaler("cpu", **kwargs))
    learn = ask(emotion_learner(get_dls(drawn, size=24, bs=32, channels=1, device="cpu"), "test_resnet"))
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(1, 1e-3)
        learn.fit_one_cycle(1, 1e-3)
    assert np.isfinite(learn.final_record[1])


@pytest.mark.parametrize("target", CLASSES)
def test_fastai_metrics_callbacks_and_fits(drawn, target, tmp_path):
    dls = get_dls(drawn, size=24, bs=32, channels=1, target=target, device="cpu")
    learn = emotion_learner(dls, "test_resnet", metrics=[accuracy, error_rate, F1Score(average="macro")])
    learn.path = tmp_path
    with learn.no_bar(), learn.no_logging():
        assert 1e-6 < learn.lr_find(show_plot=False, suggest_funcs=valley).valley < 10
        learn.fine_tune(1)
        learn.fit_flat_cos(1, 1e-3, cbs=MixUp(0.4))
        learn.fit_one_cycle(1, 1e-3, cbs=[CutMix(), SaveModelCallback(monitor="accuracy")])
    loss, share, error, _ = learn.final_record[1:]
    assert share == pytest.approx(1 - error) and np.isfinite(loss)
    learn.export("learner.pkl")
    again = load_learner(tmp_path / "learner.pkl")
    rows = dls.valid.dataset.items[:3]
    with again.no_bar():
        new = again.get_preds(dl=again.dls.test_dl([drawn_picture(drawn, r) for r in rows]))[0]
    torch.testing.assert_close(new, learn.get_preds()[0][:3], atol=0.02, rtol=0)


def test_a_regression_learner_takes_fastai_s_own_metric(drawn):
    dls = get_dls(drawn, size=24, bs=32, channels=1, target="va", device="cpu")
    learn = emotion_learner(dls, "test_resnet", metrics=[rmse])
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, 1e-3)
    assert 0 < learn.final_record[2] < 2


def drawn_picture(folder, row) -> bytes:
    import zipfile

    import pandas as pd

    with zipfile.ZipFile(folder / "train.zip") as z:
        return z.read(pd.read_csv(folder / "train.csv")["image_path"][int(row)].removeprefix("./"))


@pytest.mark.parametrize("loss", [cross_entropy(0.1), FocalLoss(2.0), cross_entropy(class_weights=np.linspace(0.5, 1.5, 9))])
@pytest.mark.parametrize("target", ["class", "votes"])
def test_losses_take_classes_and_votes(drawn, loss, target):
    dls = get_dls(drawn, size=24, bs=32, channels=1, target=target, device="cpu")
    learn = emotion_learner(dls, "test_resnet", loss_func=loss)
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(1, 1e-3, cbs=MixUp(0.4))
    assert np.isfinite(learn.final_record[0])


def test_focal_loss_without_focus_is_cross_entropy():
    torch.manual_seed(0)
    logits, votes = torch.randn(8, 9), torch.rand(8, 9).softmax(1)
    for target in (votes, votes.argmax(1)):
        torch.testing.assert_close(FocalLoss(0)(logits, target), torch.nn.functional.cross_entropy(logits, target))


def test_the_shipped_learner_predicts_without_our_training_code(face, project):
    """`load_learner` on the file that ships, in a process that may not import emofast.training."""
    from processes import run_python

    code = f"""
import sys
class Wall:
    def find_spec(self, name, *rest):
        if name.startswith("emofast.training"):
            raise AssertionError(name)
sys.meta_path.insert(0, Wall())
import warnings; warnings.simplefilter("ignore")
from fastai.learner import load_learner
from PIL import Image
import numpy as np, cv2
learn = load_learner("artifacts/emofast.pkl")
path = {str(face)!r}
answers = [learn.predict(x) for x in (path, open(path, "rb").read(), Image.open(path), cv2.imread(path))]
assert len(set(str(a[0]) for a in answers)) == 1, answers
from emofast import EmotionRecognizer
own, small = (EmotionRecognizer("artifacts/emofast" + end).predict(cv2.imread(path)) for end in (".pkl", ".onnx"))
assert np.abs(own.probabilities - answers[3][2].numpy()).max() < 1e-3
assert small.emotion == own.emotion and np.abs(small.probabilities - own.probabilities).max() < 0.1, "the ONNX model has eight bits"
print("predicted", answers[0][0])
"""
    import os

    env = {k: v for k, v in os.environ.items() if k != "EMOFAST_ARTIFACTS"}
    out = run_python("-c", code, env=env, cwd=project)
    assert out.returncode == 0 and "predicted" in out.stdout, out.stderr


def test_bytes_that_are_no_picture(learners, tmp_path):
    from emofast.errors import EmofastError

    (tmp_path / "x.jpg").write_bytes(io.BytesIO(b"no picture").getvalue())
    with pytest.raises(EmofastError, match="cannot be read as a picture"):
        learners["class"].predict(tmp_path / "x.jpg")
