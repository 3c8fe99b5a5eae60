"""The two shell commands and `python -m emofast` as a stranger uses them."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from processes import run_python


def shell(project, *args, **env):
    """Run a script of the project in the environment that runs the tests."""
    env = {
        **os.environ,
        "VIRTUAL_ENV": sys.prefix,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **env,
    }
    return subprocess.run([*map(str, args)], cwd=project, env=env, capture_output=True, text=True, timeout=400, check=False)


def test_importing_emofast_loads_neither_torch_nor_fastai(project):
    code = "import sys, emofast.cli; print(emofast.EMOTIONS[4], {'torch', 'fastai', 'pandas', 'cv2', 'numpy'} & set(sys.modules))"
    assert run_python("-c", code).stdout.strip() == "happy set()"


def test_the_wait_for_the_first_label_includes_the_imports(monkeypatch):
    from emofast import programs
    from emofast.live import command

    seen = []
    monkeypatch.setattr(command, "run", lambda args, started: seen.append(started))
    before = time.perf_counter()
    programs.webcam([])
    assert before < seen[0] < time.perf_counter()


def test_doctor_names_versions_device_and_precision(run_cli):
    out = run_cli("doctor")
    assert out.returncode == 0, out.stdout
    assert "fastai" in out.stdout and "training would use: " in out.stdout and "missing" not in out.stdout


def test_doctor_finds_what_is_missing(project, tmp_path):
    code = "import emofast.doctor as d; d._pins = lambda: [('torch', '2'), ('no-such-package', '1.0')]; raise SystemExit(d.examine())"
    out = run_python("-c", code)
    assert out.returncode == 1 and "no-such-package" in out.stdout and "pip install -r requirements.txt" in out.stdout


def test_run_all_from_data_to_a_checked_submission_and_again(project, drawn, own_artifacts):
    out = shell(project, "./run_all.sh", "--data", drawn, "--quick", "--only", "12")
    assert out.returncode == 0, out.stderr
    folder = own_artifacts / "tiny-quick"
    submission = (folder / "submission.csv").read_bytes()
    assert {p.name for p in folder.iterdir()} >= {
        "leaderboard.csv",
        "curves.png",
        "submission.csv",
        "submission.json",
        "12_small_grey",
        "11_ensemble",
    }
    assert (
        pd.read_csv(folder / "submission.csv")["image_path"].tolist() == pd.read_csv(drawn / "sample_submission.csv")["image_path"].tolist()
    )
    assert all(f"{n}/4" in out.stdout for n in (1, 2, 3, 4))
    again = run_python("experiments/12_small_grey.py", "--data", drawn, "--quick", "--resume")
    assert again.returncode == 0 and "skipped" in again.stdout and "epoch 1" not in again.stdout
    assert run_python("-m", "emofast", "submission", "--data", drawn, "--quick").returncode == 0
    assert (folder / "submission.csv").read_bytes() == submission


def test_a_reader_that_has_enough_is_no_error(project):
    done = subprocess.run(f"{sys.executable} -m emofast plan | true; echo ${{PIPESTATUS[0]}}", shell=True, executable="/bin/bash",
                          cwd=project, capture_output=True, text=True)  # fmt: skip
    assert done.stdout.split() == ["0"] and not done.stderr


def test_run_all_goes_on_after_a_failing_experiment(project, tmp_path):
    """The shell's own part, with a stand-in for Python: what failed is named at the end, the rest is done, the status is 1."""
    shutil.copy(project / "run_all.sh", tmp_path)
    (tmp_path / "set_up.sh").write_text('stage() { echo "== $1"; }\nset_up() { PYTHON=./python; }\n')
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\necho "$@" >>calls\ncase "$*" in\n*plan*) echo experiments/01_a.py; echo experiments/02_b.py ;;\n'
        "*01_a*) exit 2 ;;\nesac\n"
    )
    python.chmod(0o755)
    command = ["./run_all.sh", "--data", "sample", "--quick", "--submit"]
    out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert out.returncode == 1 and out.stderr.strip().endswith("say why: 01_a.py")
    calls = (tmp_path / "calls").read_text()
    assert "02_b.py --data sample --resume --quick" in calls and "submission --data sample" in calls and "leaderboard" in calls
    assert "emofast submit " not in calls, "nothing is sent"
    python.write_text(python.read_text().replace("exit 2", "exit 0"))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert (tmp_path / "calls").read_text().endswith("-m emofast submit --data sample --quick --yes\n")
    (tmp_path / "calls").unlink()
    python.write_text(python.read_text().replace("*01_a*)", "*mounted*) echo mnt ;;\n*01_a*)"))
    assert subprocess.run(["./run_all.sh", "--submit", "--device", "cpu"], cwd=tmp_path, capture_output=True, check=False).returncode == 0
    calls = (tmp_path / "calls").read_text()
    assert "01_a.py --data mnt --device cpu --resume\n" in calls and "data download" not in calls, "what is mounted is not fetched again"
    assert calls.endswith("-m emofast submit --data mnt --yes\n")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--data", "sample", "--only", "99"), "--only 99: no script in experiments/ has the number 99"),
        (("--nonsense",), "unknown argument --nonsense"),
        (("--data",), "--data needs"),
    ],
)
def test_run_all_refuses_bad_arguments(project, args, says):
    out = shell(project, "./run_all.sh", *args)
    assert out.returncode != 0 and says in out.stderr


@pytest.mark.parametrize("script", ["run_all.sh", "run_tests.sh"])
def test_old_python_is_one_sentence(project, tmp_path, script):
    """Only tools and a Python that says it is too old on the PATH."""
    for tool in ("bash", "dirname", "basename", "realpath", "cat", "cksum"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.8.10" && exit 0\nexit 1\n')
    old.chmod(0o755)
    for name in ("set_up.sh", script, "experiments/01_resnet_baseline.py"):
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project / name, tmp_path / "project" / name)
    env = {"PATH": str(tmp_path)}
    out = subprocess.run([str(tmp_path / "bash"), script], cwd=tmp_path / "project", env=env, capture_output=True, text=True, check=False)
    assert out.returncode == 2
    assert out.stderr.count("\n") == 1 and "needs Python 3.11, 3.12 or 3.13" in out.stderr and "3.8.10" in out.stderr


def test_an_old_torch_in_an_active_environment_is_refused(project, tmp_path):
    for name in ("set_up.sh", "pyproject.toml", "requirements.txt"):
        shutil.copy(project / name, tmp_path)
    for package in ("torch", "torchvision"):
        (tmp_path / f"{package}.py").write_text("__version__ = '2.3.1+cpu'\n")
    (tmp_path / "python").symlink_to(sys.executable)
    env = {**os.environ, "VIRTUAL_ENV": "active", "PYTHONPATH": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["bash", "-c", "set -euo pipefail; . ./set_up.sh; _install() { echo installed; }; set_up"]
    out = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert out.returncode == 2 and "has torch 2.3.1+cpu, and emofast needs 2.9 or newer" in out.stderr and "installed" not in out.stdout


ROOMS = [
    "emotions", "console", "errors", "paths", "machine", "archives", "tables", "faces", "film", "nets", "sample", "data", "recognition",
    "training", "leaderboard", "submission", "live", "video", "app", "season", "shipping", "publishing", "demo", "programs",
    "bench", "cli",
]  # fmt: skip


def test_the_house_is_in_order(project):
    """Rooms import only from rooms above; what a user of the model runs, never from training."""
    for source in (project / "emofast").rglob("*.py"):
        room = source.relative_to(project / "emofast").parts[0].removesuffix(".py")
        text = source.read_text()
        if room in ROOMS:
            lower = ROOMS[ROOMS.index(room) + 1 :]
            found = [r for r in lower if f"from emofast.{r} " in text or f"from emofast.{r}." in text or f"import emofast.{r}" in text]
            assert not found, f"{source}: {found}"
        if room in ("recognition", "live", "video", "app", "season"):
            assert "from emofast.training" not in text and "import emofast.training" not in text, source
