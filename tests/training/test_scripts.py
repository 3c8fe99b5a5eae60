"""Every script of experiments/ trains on drawn faces; students and the ensemble from what others left, as a user runs them."""

import json
import os
import re
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from processes import PROJECT, run_python

from emofast import EMOTIONS
from emofast.data import open_data
from emofast.errors import EmofastError
from emofast.training import pseudo_labels
from emofast.training.plan import plan
from emofast.training.results import FILES
from emofast.training.runner import QUICK_ROWS

SCRIPTS = sorted((PROJECT / "experiments").glob("[0-9][0-9]_*.py"))
PLANNED = [p.name for p in plan("all")]


@pytest.mark.parametrize("name", PLANNED)
def test_a_script_trains(name, drawn, capsys):
    from emofast.training import load_experiment

    exp, data = load_experiment(name[:2]), replace(open_data(drawn), max_rows=60)
    # these give a part of the epochs to their last fit
    least = {"25": 5, "42": 7} | dict.fromkeys(("26", "44", "45", "48", "50", "51", "52", "55", "58", "61", "65", "68", "70"), 8)
    arguments = {**exp.quick, "epochs": least.get(name[:2], 1)}
    faces = find_spec("face_recognition_models") is None
    elsewhere = {"26": faces, "45": faces, "48": faces, "52": faces, "27": False}  # a package that need not be there, and one that is
    if exp.defaults.get("weights", "none") != "none" and elsewhere.get(name[:2], True):  # all others' come from the hub
        arguments["weights"] = "none"
    if name[:2] in ("43", "49", "53", "54", "57", "59", "60", "62", "63", "66", "67", "69", "71", "72"):  # made of trained networks
        with pytest.raises(EmofastError, match=r"run (them|it) on tiny first"):
            exp(data)
        return
    learn = exp(data, **arguments)
    assert learn.spec.target in ("class", "votes", "va", "class+va") and np.isfinite(learn.recorder.values[-1][:2]).all()


@pytest.mark.parametrize(("number", "arch", "size"), [("43", "small_resnet_d", 48), ("49", "dlib_face_resnet", 64)])
def test_the_mean_of_two_networks_lies_between_them(number, arch, size, drawn, monkeypatch):
    from emofast.training import emotion_learner, get_dls, load_experiment

    exp = load_experiment(number)
    parts = {name: emotion_learner(get_dls(drawn, size, 32, channels=1), arch) for name in exp.after}
    monkeypatch.setitem(exp.function.__globals__, "load_trained", lambda data, name: parts[name])
    good, poor, mean = (learn.model.state_dict() for learn in (*parts.values(), exp(open_data(drawn), size=size, share=0.25)))
    for name, value in mean.items():
        torch.testing.assert_close(value.float(), 0.75 * good[name].float() + 0.25 * poor[name].float(), rtol=1e-4, atol=1e-6)


def test_a_grown_network_is_the_small_one_at_first(drawn, monkeypatch):
    from emofast.training import emotion_learner, get_dls, load_experiment

    exp, dls = load_experiment("54"), get_dls(drawn, 48, 32, channels=1)
    widths = {"43_robust_mean": (32, 64, 128), "51_grown_student": (32, 80, 176)}
    parts = {name: emotion_learner(dls, "small_resnet_d", widths=w) for name, w in widths.items()}
    monkeypatch.setitem(exp.function.__globals__, "load_trained", lambda data, name: parts[name])
    monkeypatch.setitem(exp.function.__globals__, "distill", lambda data, votes, teachers, share: votes)
    faces, (small, end) = torch.randn(3, 1, 48, 48), (learn.model.eval() for learn in parts.values())
    for share, same in ((0.0, small), (1.0, end)):
        torch.testing.assert_close(exp(open_data(drawn), share=share).model.eval()(faces), same(faces), rtol=1e-4, atol=1e-5)


def test_two_streams_begin_as_their_mean_and_learn_together(drawn, monkeypatch, tmp_path):
    from emofast.nets.streams import TwoStreams
    from emofast.recognition.export import export_model
    from emofast.training import emotion_learner, get_dls, load_experiment

    exp = load_experiment("53")
    archs = {"52_dlib_longer": ("dlib_face_resnet", 64), "54_grown_mean": ("small_resnet_d", 48)}
    parts = {name: emotion_learner(get_dls(drawn, size, 32, channels=1), arch, "none") for name, (arch, size) in archs.items()}
    first, second = (learn.model.eval() for learn in parts.values())
    faces = torch.randn(2, 1, 96, 96)
    mean = (first(faces) + second(torch.nn.functional.interpolate(faces, (48, 48), mode="area"))) / 2
    torch.testing.assert_close(TwoStreams(first, second, 48, 9).eval()(faces), mean)
    monkeypatch.setitem(exp.function.__globals__, "load_trained", lambda data, name: parts[name])
    learn = exp(replace(open_data(drawn), max_rows=64), size=64, bs=16, epochs=3)
    assert learn.spec.arch == "two_streams" and not torch.equal(learn.model.fc.weight, TwoStreams(first, second, 48, 9).fc.weight)
    learn.export((tmp_path / "learner.pkl").resolve())
    export_model(tmp_path / "learner.pkl", tmp_path / "out", temperature=0.8)  # holds both files against each other

    three = load_experiment("59")
    parts = {"53_two_streams": learn, "58_sface": emotion_learner(get_dls(drawn, 56, 32, channels=1), "sface_mobilenet", "none")}
    monkeypatch.setitem(three.function.__globals__, "load_trained", lambda data, name: parts[name])
    learn = three(replace(open_data(drawn), max_rows=64), size=64, bs=16, epochs=3)
    assert learn.model.size == 56 and learn.model.first.size == 48

    four = load_experiment("62")
    parts = {"59_three_streams": learn, "61_vggface": emotion_learner(get_dls(drawn, 64, 32, channels=1), "vggface_mobilenet", "none")}
    monkeypatch.setitem(four.function.__globals__, "load_trained", lambda data, name: parts[name])
    learn = four(replace(open_data(drawn), max_rows=64), size=72, bs=16)
    assert learn.model.size == 64 and learn.model.second.size == 56

    five = load_experiment("66")
    larger = emotion_learner(get_dls(drawn, 96, 32, channels=1), "vggface_mobilenet", "none")
    parts = {"62_four_streams": learn, "65_vggface_larger": larger}
    monkeypatch.setitem(five.function.__globals__, "load_trained", lambda data, name: parts[name])
    learn = five(replace(open_data(drawn), max_rows=64), size=96, bs=16)
    assert learn.model.size == 72 and learn.model.second.size == 64

    last = load_experiment("63")
    monkeypatch.setitem(last.function.__globals__, "load_trained", lambda data, name: learn)
    learn = last(open_data(drawn), size=72)
    learn.export((tmp_path / "learner.pkl").resolve())
    export_model(tmp_path / "learner.pkl", tmp_path / "out")


def test_teachers_say_what_they_see_in_each_view_and_the_student_may_see_it_worse(drawn, monkeypatch):
    from fastai.callback.core import Callback

    from emofast.training import emotion_learner, get_dls, load_experiment

    class Seen(Callback):
        order = 6  # right after the teachers

        def before_batch(self):
            batches.append((self.training, self.x.detach().clone(), self.y.detach().clone()))

    exp, batches, asked = load_experiment("69"), [], []
    parts = {
        "54_grown_mean": emotion_learner(get_dls(drawn, 48, 16, channels=1), "small_resnet_d", widths=(32, 80, 176)),
        "58_sface": emotion_learner(get_dls(drawn, 56, 16, channels=1), "sface_mobilenet", "none"),
        "61_vggface": emotion_learner(get_dls(drawn, 64, 16, channels=1), "vggface_mobilenet", "none"),
    }
    parts["58_sface"].model.register_forward_hook(lambda net, x, out: asked.append((x[0], out.float().softmax(1))))
    teacher = parts["61_vggface"].model
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    monkeypatch.setitem(exp.function.__globals__, "load_trained", lambda data, name: parts[name])
    monkeypatch.setitem(exp.function.__globals__, "EMA", Seen)
    learn = exp(replace(open_data(drawn), max_rows=64), bs=16, epochs=8, share=1.0, poor=1.0)
    taught, tested = ([b for b in batches if b[0] is training] for training in (True, False))
    assert len(asked) == len(taught) > 0
    for (_, seen, _), (view, _) in zip(taught, asked):
        shown = torch.nn.functional.interpolate(seen.as_subclass(torch.Tensor), view.shape[-2:], mode="bilinear")
        assert view.shape[-1] == 56 and not torch.allclose(shown, view, atol=0.05), "the poor camera came between"
    other = [2 * y - said for (_, _, y), (_, said) in zip(taught, asked)]  # the target is the mean of what two teachers say
    assert all(torch.allclose(p.sum(1), torch.ones(len(p)), atol=0.02) and (p > -0.01).all() for p in other)
    assert all((y.max(1).values > 0.9).any() for _, _, y in tested), "validation keeps its votes"
    assert not teacher.training
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items()), "a teacher learns nothing"
    assert learn.spec.size == 48


def test_a_turned_network_sees_the_face_straight_and_from_both_sides():
    from emofast.nets.streams import Turned

    net, faces = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 9)).eval(), torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(Turned(net, 0.0)(faces), net(faces))
    large, whole = torch.randn(1, 1, 128, 128), Turned(torch.nn.Flatten(), 7.0)
    with torch.autocast("cpu", torch.bfloat16):
        halves = whole(large)
    torch.testing.assert_close(halves, whole(large))  # each pixel is where it is in full precision
    seen = (net(faces) + net(torch.rot90(faces, 1, (2, 3))) + net(torch.rot90(faces, -1, (2, 3)))) / 3
    torch.testing.assert_close(Turned(net, 90.0)(faces), seen, rtol=1e-4, atol=1e-5)


def test_networks_that_look_more_than_once_know_their_head():
    from emofast.nets.groups import VAOutput, split_head
    from emofast.nets.pretrained import create_network
    from emofast.nets.streams import Halved, Mirrored, Turned

    net = torch.nn.Sequential(create_network("shallow_resnet", 11, 1, "none"), VAOutput())
    for around in (Mirrored(net), Turned(net, 6.0), Halved(Mirrored(net))):
        assert {id(p) for p in split_head(around)[1]} == {id(p) for p in net[0].fc.parameters()}


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.stem for s in SCRIPTS])
def test_a_script_is_a_page_that_explains_itself(script):
    text = script.read_text()
    assert text.count("\n") < 100
    for word in ("Idea ", "Descends from ", "Changed ", f"Command       python experiments/{script.name}", "Finding "):
        assert f"\n{word}" in text or (script.name.startswith("01") and word.startswith(("Descends", "Changed")))
    imports = re.findall(r"^(?:from|import) (\w+)", text, re.M)
    assert set(imports) <= {"emofast", "numpy"}


@pytest.mark.timeout(900)
def test_a_teacher_its_student_and_the_ensemble(drawn, tmp_path, run_cli, monkeypatch, capsys):
    env = {**os.environ, "EMOFAST_ARTIFACTS": str(tmp_path)}
    flags = ("--data", drawn, "--device", "cpu", "--quick")
    scripts = {s.name[:2]: s for s in SCRIPTS}
    for number, more in (("12", ()), ("10", ("--epochs", 2))):
        out = run_python(scripts[number], *flags, *more, env=env)
        assert out.returncode == 0, out.stderr
    assert "teachers: " in out.stdout
    student = (tmp_path / "tiny-quick" / "10_distilled_student+epochs=2" / "result.json").read_bytes()
    network = tmp_path / "tiny-quick" / "12_small_grey" / "checkpoints" / "learner.pkl"
    aside = network.rename(tmp_path / "aside.pkl")
    out = run_python(scripts["10"], *flags, "--epochs", 2, env=env)
    assert out.returncode == 2 and "12_small_grey: recorded on tiny" in out.stderr, "no student replaces one that had its teacher"
    assert (tmp_path / "tiny-quick" / "10_distilled_student+epochs=2" / "result.json").read_bytes() == student
    aside.rename(network)
    out = run_python(scripts["11"], "--data", drawn, "--quick", env=env)
    assert out.returncode == 0, out.stderr
    folder = tmp_path / "tiny-quick"
    ensemble, submission = (json.loads((folder / name).read_text()) for name in ("11_ensemble/result.json", "submission.json"))
    assert set(FILES) <= {p.name for p in (folder / "11_ensemble").iterdir()}
    assert ensemble["members"] == submission["members"] and "11_ensemble" not in ensemble["members"]
    assert ensemble["scores"]["accuracy_tta"] == pytest.approx(submission["validation_accuracy"])
    rows = [line.split(",")[1] for line in (folder / "submission.csv").read_text().splitlines()[1:]]
    test = np.load(folder / "11_ensemble" / "test.npz")["probabilities"]
    assert [EMOTIONS[i] for i in test.argmax(1)] == rows
    again = run_python(scripts["10"], *flags, "--epochs", 2, "--resume", env=env)
    assert "skipped" in again.stdout
    run_python(scripts["12"], *flags, "--seed", 7, env=env)  # a teacher is recorded anew: its student is out of date
    again = run_python(scripts["10"], *flags, "--epochs", 2, "--resume", env=env)
    assert "skipped" not in again.stdout and again.returncode == 0
    board = run_cli("leaderboard", "--data", drawn, "--quick", env=env)
    assert board.returncode == 0 and "11_ensemble" in board.stdout, board.stderr
    monkeypatch.setenv("EMOFAST_ARTIFACTS", str(tmp_path))
    pseudo = pseudo_labels(replace(open_data(drawn), max_rows=QUICK_ROWS), ("12_small_grey", "19_wide"))
    own = np.load(folder / "12_small_grey" / "test.npz")["probabilities"]
    assert (pseudo.argmax(1) == own.argmax(1)).all() and "19_wide" in capsys.readouterr().err
    np.testing.assert_allclose(pseudo.sum(1), 1, atol=1e-5)


def test_the_plan_puts_readers_behind_what_they_read(tmp_path, run_cli):
    order = [p.name for p in plan("all")]
    for planned in plan("all"):
        assert all(order.index(name) < order.index(planned.name) for name in planned.after if name in order), planned.name
    assert "11_ensemble" not in order  # it trains nothing
    out = run_cli("plan", "--only", "10,19")
    assert out.stdout.split() == ["experiments/19_wide.py", "experiments/10_distilled_student.py"]
    out = run_cli("plan", "--only", "77")
    assert out.returncode == 2 and "no script in experiments/ has the number 77" in out.stderr
    head = "from emofast.training import experiment\n\n\n"
    for name, after in (("01_a", "02_b"), ("02_b", "01_a")):
        (tmp_path / f"{name}.py").write_text(f"{head}@experiment(after=('{after}',))\ndef train(data):\n    pass\n")
    with pytest.raises(EmofastError, match="wait for each other"):
        plan(folder=tmp_path)


def test_a_script_that_cannot_be_loaded_is_told_and_fails_in_its_turn(tmp_path, capsys):
    (tmp_path / "helper.py").write_text("WORD = 'a word of its own'\n")
    text = "from emofast.training import experiment\nfrom helper import WORD\nprint(WORD)\n\n\n@experiment()\ndef train(data):\n    pass\n"
    (tmp_path / "01_a.py").write_text(text)
    (tmp_path / "02_b.py").write_text("import no_such_package\n")
    (tmp_path / "03_c.py").write_text("def train(data)\n")
    assert [p.name for p in plan(folder=tmp_path)] == ["01_a", "02_b", "03_c"] and [p.name for p in plan("03", folder=tmp_path)] == ["03_c"]
    said = capsys.readouterr()
    assert not said.out, "what scripts print is no part of the plan"
    told = " ".join(said.err.split())
    assert "02_b.py cannot be loaded (ModuleNotFoundError" in told and "03_c.py cannot be loaded (SyntaxError" in told
