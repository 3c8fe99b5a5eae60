"""Real experiments as real processes: results, resume after a kill, the same bytes twice."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd
import pytest
import torch
from processes import run_python, wait_until

from emofast.data import get_dls, read_competition
from emofast.errors import EmofastError
from emofast.nets.pretrained import create_network
from emofast.training import emotion_learner, experiment
from emofast.training.header import BEGIN, END, header_block, results_of
from emofast.training.record import seed_result
from emofast.training.results import FILES, code_hash, read_results, write_result
from emofast.training.resume import Session

SCRIPT = '''"""90 Tiny: for tests.

{begin}
old words
{end}
"""

from emofast.training import EMA, emotion_learner, experiment, get_dls


@experiment(quick={{"epochs": 1}})
def train(
    data,
    size: int = 32,  # pictures become squares of this many pixels
    bs: int = 16,
    epochs: int = 3,  # of the second fit
    lr: float = 5e-3,
    mirror: bool = True,
    weights: str = "none",
):
    dls = get_dls(data, size, bs, channels=1)
    learn = emotion_learner(dls, "test_resnet", weights, drop=0.1)
    learn.fit_one_cycle(1, lr)
    learn.fit_one_cycle(epochs, lr, cbs=[EMA(0.9)], reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
'''


@pytest.fixture
def script(tmp_path) -> Path:
    path = tmp_path / "experiments" / "90_tiny.py"
    path.parent.mkdir()
    path.write_text(SCRIPT.format(begin=BEGIN, end=END))
    return path


def run(script, data, *args, artifacts=None):
    env = {**os.environ, **({"EMOFAST_ARTIFACTS": str(artifacts)} if artifacts else {})}
    out = run_python(script, "--data", data, "--device", "cpu", *args, env=env)
    assert out.returncode == 0, out.stderr
    return out


def test_a_run_leaves_the_whole_contract(script, drawn, own_artifacts):
    before = code_hash(script)
    out = run(script, drawn, "--seeds", 2)
    assert "Traceback" not in out.stderr and "\x1b" not in out.stdout and "█" not in out.stdout
    assert out.stdout.count("epoch ") == 8  # two seeds, two fits of 1 and 3 epochs, one plain line each
    folder = own_artifacts / "tiny" / "90_tiny"
    assert {p.name for p in folder.iterdir()} == {*FILES, "checkpoints"}
    s = json.loads((folder / "result.json").read_text())
    arguments = {"size": 32, "bs": 16, "epochs": 3, "lr": 0.005, "mirror": True, "weights": "none"}
    assert s["settings"] == {"arguments": arguments, "quick": False, "seeds": [42, 43]}
    (result,) = read_results(own_artifacts / "tiny")
    valid, test = result.valid, result.test
    assert valid["probabilities"].shape == (s["valid_rows"], 9) and valid["per_seed"].shape == (2, s["valid_rows"], 9)
    assert list(test["ids"]) == pd.read_csv(drawn / "sample_submission.csv")["image_path"].tolist()
    per_seed = [(p.argmax(1) == valid["labels"]).mean() for p in valid["per_seed"]]
    assert s["scores"]["accuracy"] == pytest.approx(np.mean(per_seed))
    assert s["scores"]["accuracy_spread"] == pytest.approx(np.std(per_seed, ddof=1))
    history = result.history
    assert len(history) == 8 and set(history.seed) == {42, 43} and history.accuracy.between(0, 1).all()
    assert (folder / "source.py").read_text() == SCRIPT.format(begin=BEGIN, end=END)
    # the tool wrote the block, the block is the result's, and the code is still the same
    text = script.read_text()
    assert header_block([result]) in text and "old words" not in text and code_hash(script) == before
    again = run(script, drawn, "--seeds", 2, "--resume")
    assert "recorded for the same code, data and settings" in again.stdout and "epoch 1" not in again.stdout


def test_the_same_seed_gives_a_byte_identical_submission(script, drawn, tmp_path, run_cli):
    made = []
    for name in ("first", "second"):
        run(script, drawn, "--epochs", 2, artifacts=tmp_path / name)
        out = run_cli("submission", "--data", drawn, env={**os.environ, "EMOFAST_ARTIFACTS": str(tmp_path / name)})
        assert out.returncode == 0, out.stderr
        made.append(tmp_path / name / "tiny")
    assert (made[0] / "submission.csv").read_bytes() == (made[1] / "submission.csv").read_bytes()
    first, second = (np.load(m / "90_tiny+epochs=2" / "test.npz")["probabilities"] for m in made)
    assert np.array_equal(first, second)


def test_a_killed_run_goes_on_to_the_same_bits(script, drawn, whole, tmp_path, project):
    artifacts = tmp_path / "killed"
    folder = artifacts / "tiny" / "90_tiny+epochs=4"
    command = [sys.executable, str(script), "--data", str(drawn), "--device", "cpu", "--epochs", "4"]
    process = subprocess.Popen(command, env={**os.environ, "EMOFAST_ARTIFACTS": str(artifacts)}, cwd=project, stdout=subprocess.DEVNULL)
    log = folder / "checkpoints" / "run.log"
    wait_until(lambda: log.exists() and "fit 2  epoch 2/4" in log.read_text())
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "result.json").exists()
    out = run(script, drawn, "--epochs", 4, "--resume", artifacts=artifacts)
    # the epoch that was just told may not be on disk yet, the one before it is
    assert "fit 2 goes on after epoch" in out.stdout and "fit 2  epoch 1/4" not in out.stdout
    for name in ("valid.npz", "test.npz"):
        a, b = np.load(whole / name), np.load(folder / name)
        assert all(np.array_equal(a[k], b[k]) for k in a)
    columns = ["fit", "epoch", "train_loss", "valid_loss", "accuracy", "f1_score"]
    pd.testing.assert_frame_equal(pd.read_csv(whole / "history.csv")[columns], pd.read_csv(folder / "history.csv")[columns])


@pytest.fixture(scope="module")
def whole(drawn, tmp_path_factory) -> Path:
    """The result of a run of four epochs that nobody disturbed."""
    path = tmp_path_factory.mktemp("whole") / "experiments" / "90_tiny.py"
    path.parent.mkdir()
    path.write_text(SCRIPT.format(begin=BEGIN, end=END))
    run(path, drawn, "--epochs", 4, artifacts=path.parents[1] / "artifacts")
    return path.parents[1] / "artifacts" / "tiny" / "90_tiny+epochs=4"


def test_ctrl_c_says_how_to_go_on(script, drawn, project):
    command = [sys.executable, str(script), "--data", str(drawn), "--epochs", "200"]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "epoch 1/200" in line:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume" in err and "Traceback" not in err


def test_changed_code_starts_anew_aloud(script, drawn, own_artifacts):
    run(script, drawn, "--epochs", 1)
    script.write_text(script.read_text().replace("drop=0.1", "drop=0.2"))
    out = run(script, drawn, "--epochs", 1, "--resume")
    assert "starting anew" in out.stderr and "recorded for the same" not in out.stdout


def test_results_kept_elsewhere_leave_the_header_alone(script, drawn, tmp_path):
    before = script.read_text()
    out = run(script, drawn, "--epochs", 1, artifacts=tmp_path / "drive")
    assert script.read_text() == before and "is left as it is" in out.stdout


def test_quick_results_of_real_data_lie_apart(script, drawn, own_artifacts):
    before = script.read_text()
    run(script, drawn, "--quick")
    assert (own_artifacts / "tiny-quick" / "90_tiny" / "result.json").exists() and not (own_artifacts / "tiny" / "90_tiny").exists()
    assert script.read_text() == before


@pytest.mark.parametrize(
    "args", [("--epochs", "0"), ("--device", "tpu"), ("--seeds", "0"), ("--epoch", "2"), ("--callback", "no.such:Thing")]
)
def test_bad_flags_exit_with_2(script, drawn, args):
    out = run_python(script, "--data", drawn, *args)
    assert out.returncode == 2 and out.stderr.startswith("error: ") and "Traceback" not in out.stderr
    assert args[0] != "--epoch" or "did you mean --epochs?" in out.stderr


def test_unreadable_test_pictures_get_the_most_frequent_class_aloud(script, data_copy, own_artifacts):
    import zipfile

    with zipfile.ZipFile(data_copy / "test_kaggle.zip") as archive:
        archive.extractall(data_copy)
    (data_copy / "test_kaggle" / "5.jpg").write_bytes(b"")
    out = run(script, data_copy, "--epochs", 1)
    assert "1 TEST pictures cannot be read, first test_kaggle/5.jpg" in out.stderr
    (result,) = read_results(own_artifacts / "copy")
    row = result.test["probabilities"][list(result.test["ids"]).index("5.jpg")]
    counts = pd.read_csv(data_copy / "train.csv")["emotion"].value_counts()
    assert row.argmax() == sorted(counts.index).index(counts.idxmax())


def test_a_result_is_written_whole_or_not_at_all(tmp_path):
    class Breaks:
        def savefig(self, *args, **kwargs):
            raise OSError("disk full")

    source = tmp_path / "s.py"
    source.write_text("x = 1\n")
    with pytest.raises(OSError, match="disk full"):
        write_result(tmp_path / "r", {}, pd.DataFrame(), {}, {}, Breaks(), source)
    assert list((tmp_path / "r").iterdir()) == []


def test_a_full_disk_at_the_end_is_told_with_the_file(drawn, tmp_path, monkeypatch):
    """By torch's own writer it would be a RuntimeError about file positions, and a traceback."""
    data = read_competition(drawn)
    learn = emotion_learner(get_dls(data, size=24, bs=32, channels=1, device="cpu"), "test_resnet")

    def full(path, contents):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as e:
        seed_result(learn, data, Session(tmp_path, 42))
    assert e.value.filename == str(tmp_path / "learner.pkl") and list(tmp_path.glob("*learner.pkl")) == []


def test_every_header_block_is_its_results(project, monkeypatch):
    """The numbers in the docstrings of experiments/ are those of the committed result.json files."""
    monkeypatch.delenv("EMOFAST_ARTIFACTS")
    scripts = sorted((project / "experiments").glob("[0-9][0-9]_*.py"))
    assert scripts
    for source in scripts:
        if BEGIN not in source.read_text():
            continue
        block = source.read_text().split(f"{BEGIN}\n")[1].split(f"\n{END}")[0]
        assert block == header_block(results_of(source.stem)), source.name
        for result in results_of(source.stem):
            assert result.summary["code"] == code_hash(source), result.folder
            # of a record that an older form of the script made, the script of that day lies beside it
            assert "carried" in result.summary or code_hash(source) == code_hash(result.folder / "source.py"), result.folder


def test_called_as_a_function_it_trains_and_records_nothing(script, drawn, own_artifacts):
    spec = spec_from_file_location("tiny", script)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    learn = module.train(str(drawn), epochs=1, size=24)
    assert learn.dls.size == 24 and len(learn.recorder.values) == 1
    assert not list(own_artifacts.glob("**/result.json")) and not list(own_artifacts.glob("**/*.pt"))


def test_help_names_the_hyper_parameters(script):
    out = run_python(script, "--help")
    assert out.returncode == 0
    for words in ("pictures become squares of this many pixels (default: 32)", "--lr FLOAT", "--no-mirror", "--lr-find", "--resume"):
        assert words in " ".join(out.stdout.split())


MISTAKES = {
    "nan": ("drop=0.1)", "drop=0.1)\n    learn.model.fc.bias.data[0] = float('nan')", "error: the loss is nan in epoch 1, batch 1"),
    "no return": ("    return learn\n", "", "returned NoneType and must return the Learner"),
    "their line": ("    return learn\n", "    return lern\n", ": return lern: NameError"),
    "missing file": ("    return learn\n", "    open('none.csv')\n", ": open('none.csv'): FileNotFoundError"),
    "memory": ("    return learn\n", "    raise RuntimeError('not enough memory')\n", "ran out of memory on cpu: try --bs 8 instead of 16"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_loses_no_training(script, drawn, mistake, own_artifacts):
    old, new, says = MISTAKES[mistake]
    script.write_text(script.read_text().replace(old, new, 1))
    out = run_python(script, "--data", drawn, "--device", "cpu", "--epochs", 1)
    assert out.returncode == 2 and says in out.stderr and "Traceback" not in out.stderr
    if mistake != "nan":
        assert len(list(own_artifacts.glob("tiny/90_tiny+epochs=1/checkpoints/seed42.fit*.pt"))) == 2


def test_what_validates_between_fits_is_no_fit(script, drawn, own_artifacts):
    second = "    learn.fit_one_cycle(epochs, lr, cbs=[EMA(0.9)], reset_opt=True)\n"
    stops = "    stop = EarlyStoppingCallback(min_delta=9)\n    learn.fit_one_cycle(epochs, lr, cbs=[stop], reset_opt=True)\n"
    text = script.read_text().replace(second, "    learn.validate()\n    learn.get_preds()\n" + stops + '    assert "GO" in os.environ\n')
    imports = "import os\n\nfrom fastai.callback.tracker import EarlyStoppingCallback\n\n"
    script.write_text(text.replace("from emofast", f"{imports}from emofast", 1))
    command = script, "--data", drawn, "--device", "cpu", "--epochs", 5, "--resume"
    assert "AssertionError" in run_python(*command).stderr
    again = run_python(*command, env=os.environ | {"GO": "1"})
    assert again.returncode == 0 and "fit 1 is done" in again.stdout and "fit 2 is done" in again.stdout, again.stderr
    history = read_results(own_artifacts / "tiny")[0].history
    assert history["fit"].tolist() == [0, 1, 1], "the epoch after which a fit was stopped counts"
    assert history["train_loss"].notna().all() and (history["train_loss"] != history["valid_loss"]).all()


def test_flags_have_the_types_of_the_annotations():
    @experiment()
    def train(data, strength: float = 1, name="x"): ...

    @experiment()
    def odd(data, widths: tuple = (32, 64)): ...

    assert train.kinds == {"strength": float, "name": str}
    with pytest.raises(EmofastError, match=r"widths is .*tuple.*; give it a type that a flag can have"):
        _ = odd.kinds


def test_lr_find_suggests_and_draws(script, drawn, own_artifacts):
    out = run(script, drawn, "--lr-find")
    assert "valley: --lr" in out.stdout and (own_artifacts / "tiny" / "90_tiny" / "lr_find.png").is_file()
    assert not list(own_artifacts.glob("**/result.json"))


@pytest.mark.timeout(300)
def test_two_processes_make_one_record_and_one_goes_on_where_they_were_killed(script, drawn, own_artifacts):
    """The same split, the pictures shared out, one result; checkpoints and the network know nothing of the number of processes."""
    witness = """
        import os
        from pathlib import Path
        from fastai.callback.core import Callback
        from fastai.torch_core import num_distrib, rank_distrib

        class Witness(Callback):
            order = 95  # the epoch is kept
            def after_train(self):
                with Path(__file__).with_name(f"steps-{rank_distrib()}-of-{num_distrib()}").open("a") as f:
                    f.write(f"{self.iter} ")
            def after_epoch(self): "DIE" in os.environ and self.n_epoch == 2 and os._exit(9)
    """
    script.with_name("witness.py").write_text(dedent(witness))
    growing = "EMA(0.9), GrowingPictures(get_dls(data, 24, bs, channels=1), 1)"
    script.write_text(script.read_text().replace("EMA(0.9)", growing).replace("import EMA,", "import EMA, GrowingPictures,"))
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29571", script]
    flags = ["--data", drawn, "--device", "cpu", "--epochs", 2, "--callback", "witness:Witness"]
    out = run_python(*launch, *flags, timeout=280)
    assert out.returncode == 0, out.stderr
    for process in (0, 1):
        steps = script.with_name(f"steps-{process}-of-2").read_text().split()
        assert len(steps) == 3 and max(map(int, steps)) < 4, "an epoch and two, half of the eight steps that one process takes"
    (result,) = read_results(own_artifacts / "tiny")
    assert len(result.valid["ids"]) == result.summary["valid_rows"] and len(result.history) == 3
    callbacks = f"import torch; print([type(c).__name__ for c in torch.load({str(result.learner)!r}, weights_only=False).cbs])"
    assert "Together" not in run_python("-c", callbacks).stdout

    elsewhere = {**os.environ, "EMOFAST_ARTIFACTS": str(own_artifacts / "killed")}
    assert run_python(*launch, *flags, timeout=280, env={**elsewhere, "DIE": "1"}).returncode
    out = run_python(script, *flags, "--resume", env=elsewhere)
    assert out.returncode == 0 and "fit 2 goes on after epoch 1 of 2" in out.stdout + out.stderr, out.stderr
    assert len(read_results(own_artifacts / "killed" / "tiny")[0].history) == 3


def test_a_callback_from_the_command_line(script, drawn, own_artifacts, tmp_path):
    witness = """
        from fastai.callback.tracker import SaveModelCallback
        class Witness(SaveModelCallback):
            def before_train(self): print('seen')
            def after_fit(self): super().after_fit(); print('kept in', self.learn.path)
        """
    script.with_name("witness.py").write_text(dedent(witness))
    out = run(script, drawn, "--epochs", 1, "--callback", "witness:Witness")
    assert out.stdout.count("seen") == 2, "two fits of an epoch"
    (result,) = read_results(own_artifacts / "tiny")
    assert result.name == "90_tiny+callback=Witness+epochs=1", "it may change the numbers: a variant"
    learn, checkpoints = torch.load(result.learner, weights_only=False), result.folder / "checkpoints"
    assert "Witness" not in str(list(learn.cbs)) and learn.path == Path(), "it stays out of what is exported"
    assert out.stdout.count(f"kept in {checkpoints}") == 2 and not (checkpoints / "models").exists(), "apart from other runs' best"


def test_what_a_script_defines_travels_with_its_learner(script, drawn, own_artifacts):
    text = script.read_text().replace("from emofast", "import copy\n\nfrom emofast", 1)
    text = text.replace("import EMA, ", "import EMA, cross_entropy, ")
    text = text.replace("\n\n\n@experiment", "\n\n\ndef own_loss(out, y):\n    return cross_entropy(0.1)(out, y)\n\n\n@experiment")
    text = text.replace("weights, drop=0.1)", "weights, lambda out, y: own_loss(out, y), drop=0.1)")
    script.write_text(text.replace("    return learn\n", "    copy.deepcopy(learn)\n    return learn\n"))
    run(script, drawn, "--epochs", 1)
    (result,) = read_results(own_artifacts / "tiny")
    code = f"import torch; print(torch.load({str(result.learner)!r}, weights_only=False).loss_func.__name__)"
    out = run_python("-c", code)
    assert out.stdout.strip() == "<lambda>", out.stderr


def test_the_code_hash_does_not_depend_on_the_interpreter(tmp_path):
    """Comments, docstrings and blank lines do not count; all else does; the number below is the same on 3.11, 3.12 and 3.13."""
    (tmp_path / "a.py").write_text('"""Doc."""\n\nx = f"{1:>{2}}#"  # why\n\n\ndef f():\n    """Doc."""\n    return "#"\n')
    (tmp_path / "b.py").write_text('"""Other."""\nx = f"{1:>{2}}#"\ndef f():\n    # because\n    return "#"\n')
    (tmp_path / "c.py").write_text('"""Doc."""\n\nx = f"{1:>{3}}#"\n\n\ndef f():\n    return "#"\n')
    a, b, c = (code_hash(tmp_path / name) for name in ("a.py", "b.py", "c.py"))
    assert a == b != c and a == hashlib.sha256(b'x = f"{1:>{2}}#"\ndef f():\n    return "#"').hexdigest()[:16]


def test_weights_from_a_file_are_known_by_their_contents(script, drawn, tmp_path, own_artifacts):
    network = create_network("test_resnet", 9, 1, "none")
    for bias in (0.0, 1.0):
        torch.nn.init.constant_(network.get_classifier().bias, bias)
        torch.save(network.state_dict(), tmp_path / "w.pth")
        out = run_python(script, "--data", drawn, "--weights", tmp_path / "w.pth", "--epochs", 1, "--device", "cpu", "--resume")
        assert out.returncode == 0 and "recorded for the same" not in out.stdout, out.stderr
        named = json.loads((own_artifacts / "tiny" / "90_tiny+epochs=1+weights=w.pth" / "result.json").read_text())["settings"][
            "arguments"
        ]["weights"]
        assert named == f"w.pth:{hashlib.sha256((tmp_path / 'w.pth').read_bytes()).hexdigest()[:12]}"


def test_a_network_that_is_not_the_results_is_refused(script, drawn, own_artifacts):
    run(script, drawn, "--seeds", 2, "--epochs", 1)
    (result,) = read_results(own_artifacts / "tiny")
    assert result.learner.is_file()
    np.testing.assert_allclose(result.valid["per_seed_tta"].mean(0), result.valid["probabilities"], atol=1e-6)
    run(script, drawn, "--seeds", 1, "--epochs", 1, "--resume")  # the first seed's result, the second one's network
    with pytest.raises(EmofastError, match="is not the network that"):
        _ = read_results(own_artifacts / "tiny")[0].learner


def test_a_kill_between_the_last_epoch_and_the_end_of_a_fit_loses_nothing(script, drawn, whole, tmp_path, own_artifacts):
    """The first fit's file as it is in that moment: its epoch is done, the fit is not."""
    source = script.read_text()
    script.write_text(source.replace("    learn.fit_one_cycle(epochs", "    STOP\n    learn.fit_one_cycle(epochs"))
    assert "STOP" in run_python(script, "--data", drawn, "--device", "cpu", "--epochs", 4).stderr
    script.write_text(source)
    checkpoints = own_artifacts / "tiny" / "90_tiny+epochs=4" / "checkpoints"
    note = json.loads((checkpoints / "run.json").read_text())
    (checkpoints / "run.json").write_text(json.dumps({**note, "code": code_hash(script)}))
    state = torch.load(checkpoints / "seed42.fit0.pt", weights_only=False)
    torch.save({**state, "done": False}, checkpoints / "seed42.fit0.pt")
    out = run(script, drawn, "--epochs", 4, "--resume")
    assert "starting anew" not in out.stderr and out.stdout.count("epoch ") == 5  # one line says that the fit goes on
    a, b = np.load(whole / "test.npz"), np.load(checkpoints.parent / "test.npz")
    np.testing.assert_array_equal(a["probabilities"], b["probabilities"])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere freed memory is not kept in this way")
def test_memory_between_blocks_that_live_on_is_given_back():
    code = (
        "import os, psutil; from emofast.training.memory import give_back_memory; held = lambda: psutil.Process().memory_info().rss;"
        "blocks = [bytearray(os.urandom(64_000)) for _ in range(4000)]; kept = blocks[::2]; full = held(); del blocks; before = held();"
        "give_back_memory(); print(full - before, before - held())"
    )
    out = run_python("-c", code)
    at_once, later = map(int, out.stdout.split())
    assert at_once + later > 100_000_000 and later > 50_000_000, out.stderr
