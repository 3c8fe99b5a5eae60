"""Every script of experiments/ as a user runs it, on drawn faces; ensembles and students from what the others left."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from processes import PROJECT, run_python

from emofast.training.results import FILES

SCRIPTS = sorted((PROJECT / "experiments").glob("[0-9][0-9]_*.py"))


def run(script, data, *args, artifacts: Path):
    out = run_python(
        script, "--data", data, "--weights", "none", "--device", "cpu", *args, env={**os.environ, "EMOFAST_ARTIFACTS": str(artifacts)}
    )
    assert out.returncode == 0, out.stderr
    return out


pytestmark = pytest.mark.timeout(1800)  # the first test waits for all scripts


@pytest.fixture(scope="session")
def all_run(drawn, tmp_path_factory):
    """Artifacts after every script has run once: those that stand alone two at a time, then those that read others' results."""
    artifacts = tmp_path_factory.mktemp("scripts")
    reads = [s for s in SCRIPTS if "uses=" in s.read_text()]
    reads.sort(key=lambda s: s.name[:2] in ("10", "11"))  # these read the others'
    first, *alone = [s for s in SCRIPTS if s not in reads]

    def said(script: Path) -> tuple[str, str]:
        return script.stem, run(script, drawn, "--epochs", 1, artifacts=artifacts).stdout

    with ThreadPoolExecutor(2) as two:
        return artifacts / "tiny", dict([said(first), *two.map(said, alone), *map(said, reads)])


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.stem for s in SCRIPTS])
def test_a_script_runs_and_leaves_its_result(script, all_run):
    folder = all_run[0] / script.stem
    assert set(FILES) <= {p.name for p in folder.iterdir()}
    summary = json.loads((folder / "result.json").read_text())
    valid = np.load(folder / "valid.npz")
    np.testing.assert_allclose(valid["probabilities"].sum(1), 1, atol=1e-4)
    assert summary["scores"]["accuracy_tta"] == pytest.approx((valid["probabilities"].argmax(1) == valid["labels"]).mean())


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.stem for s in SCRIPTS])
def test_a_script_is_a_page_that_explains_itself(script):
    text = script.read_text()
    assert text.count("\n") < 80
    for word in ("Idea ", "Descends from ", "Changed ", f"Command       python experiments/{script.name}", "Finding "):
        assert f"\n{word}" in text or (script.name.startswith("01") and word.startswith(("Descends", "Changed")))
    imports = re.findall(r"^(?:from|import) (\S+)", text, re.M)
    assert set(imports) <= {"emofast.training", "numpy"}


def test_the_ensemble_is_the_submission_and_says_who_is_in_it(all_run, drawn, run_cli):
    folder, _ = all_run
    out = run_cli("submission", "--data", drawn, env={**os.environ, "EMOFAST_ARTIFACTS": str(folder.parent)})
    assert out.returncode == 0, out.stderr
    ensemble = json.loads((folder / "11_ensemble" / "result.json").read_text())
    submission = json.loads((folder / "submission.json").read_text())
    assert ensemble["members"] == submission["members"] and "11_ensemble" not in ensemble["members"]
    assert ensemble["scores"]["accuracy_tta"] == pytest.approx(submission["validation_accuracy"])
    assert ensemble["accuracy_chosen_on"] == pytest.approx(submission["validation_accuracy_chosen_on"])
    rows = [line.split(",")[1] for line in (folder / "submission.csv").read_text().splitlines()[1:]]
    from emofast import EMOTIONS

    test = np.load(folder / "11_ensemble" / "test.npz")["probabilities"]
    assert [EMOTIONS[i] for i in test.argmax(1)] == rows


def test_readers_of_results_are_out_of_date_when_those_change(all_run, drawn):
    folder, said = all_run
    assert "teachers: " in said["10_distilled_student"] and "left out" not in said["10_distilled_student"]
    script = PROJECT / "experiments" / "11_ensemble.py"
    assert "skipped" in run(script, drawn, "--epochs", 1, "--resume", artifacts=folder.parent).stdout
    run(PROJECT / "experiments" / "12_small_grey.py", drawn, "--epochs", 2, artifacts=folder.parent)
    assert "skipped" not in run(script, drawn, "--epochs", 1, "--resume", artifacts=folder.parent).stdout


def test_a_student_without_teachers_says_so_and_learns_anyway(drawn, own_artifacts):
    out = run(PROJECT / "experiments" / "10_distilled_student.py", drawn, "--epochs", 1, artifacts=own_artifacts)
    assert "running them first makes a better student" in out.stderr.replace("\n", " ")


def test_an_ensemble_of_nothing_names_the_way_out(drawn, own_artifacts):
    out = run_python(
        PROJECT / "experiments" / "11_ensemble.py", "--data", drawn, env={**os.environ, "EMOFAST_ARTIFACTS": str(own_artifacts)}
    )
    assert out.returncode == 2 and "run an experiment first" in out.stderr and "Traceback" not in out.stderr
