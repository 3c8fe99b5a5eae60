"""The wheel: what it carries, and that it works away from a checkout, without torch."""

import os
import runpy
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from processes import PROJECT, run_python


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with what the wheel would put into site-packages."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as z:
        z.extractall(out / "site")
    return out / "site"


def test_the_wheel_carries_the_model_and_its_pages_and_no_data(installed):
    files = {str(p.relative_to(installed)) for p in installed.rglob("*") if p.is_file()}
    assert {"emofast/shipped/emofast.onnx", "emofast/shipped/emofast.pkl", "emofast/shipped/emofast.json"} <= files
    assert sum((installed / f).stat().st_size for f in files if "shipped" in f) < 10_000_000
    assert {f.split("/")[0].split("-")[0] for f in files} == {"emofast"}
    assert all(
        str(p.relative_to(PROJECT)) in files
        for p in (PROJECT / "emofast").rglob("*")
        if p.suffix in (".html", ".js", ".css")
    )


def test_it_predicts_away_from_a_checkout_without_torch(installed, tmp_path):
    code = """
import sys
class Hidden:
    def find_spec(self, name, *rest):
        if name.split(".")[0] in ("torch", "fastai", "timm", "torchvision"):
            raise ImportError(name)
sys.meta_path.insert(0, Hidden())
import numpy as np
from emofast import EmotionRecognizer, paths
from emofast.recognition.recognizer import find_model
print(EmotionRecognizer(find_model()).predict(np.full((60, 50), 128, np.uint8)).emotion)
print(paths.cache(), paths.artifacts())
"""
    env = {k: v for k, v in os.environ.items() if not k.startswith("EMOFAST_")} | {
        "PYTHONPATH": str(installed),
        "HOME": str(tmp_path),
    }
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert str(installed) not in out.stdout, "results and caches go to the user's folders"
    for name in ("webcam", "trailer", "app", "season", "doctor"):
        helped = subprocess.run(
            [sys.executable, "-m", "emofast", name, "--help"], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert helped.returncode == 0 and "usage" in helped.stdout, helped.stderr


def test_what_is_pinned_is_what_the_package_asks_for():
    """requirements.txt pins every dependency of every extra."""
    import re

    pinned = {
        line.split("==")[0].strip().lower().replace("_", "-")
        for line in (PROJECT / "requirements.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = {re.split(r"[\s<>=;\[]", r)[0].lower().replace("_", "-") for r in requires("emofast") or ()}
    assert wanted <= pinned


def test_examples_run_on_a_picture_of_a_real_face(tmp_path):
    """Grace Hopper (U.S. Navy, public domain), as matplotlib carries her."""
    import csv
    import shutil

    import matplotlib

    shutil.copy(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", tmp_path)
    env = {k: v for k, v in os.environ.items() if k != "EMOFAST_ARTIFACTS"}
    out = run_python(PROJECT / "examples" / "predict_folder.py", tmp_path, env=env)
    assert out.returncode == 0, out.stderr
    (row,) = csv.DictReader(out.stdout.splitlines())
    assert row["face"] == "True" and row["emotion"] in ("happy", "neutral")


def test_requirements_have_the_versions_of_the_lock():
    pinned = runpy.run_path(str(PROJECT / "docs" / "pins.py"))["pinned"]
    requirements, lock = ((PROJECT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "uv.lock"))
    assert pinned(requirements, lock) == requirements
