"""`emofast sweep`: trials are recorded variants, kept in a journal, and go on where they stopped."""

import os

import pytest

from emofast.training.results import read_results


@pytest.mark.timeout(300)
def test_a_sweep_records_variants_and_goes_on(drawn, tmp_path, run_cli):
    env = {**os.environ, "EMOFAST_ARTIFACTS": str(tmp_path)}
    command = ("sweep", "12", "--data", drawn, "--device", "cpu", "--epochs", "1", "--size", "16,24")
    first = run_cli(*command, "--trials", 1, env=env)
    assert first.returncode == 0 and "best of 1" in first.stdout, first.stderr
    second = run_cli(*command[:-2], "--size=16,24", "--trials", 2, env=env)
    assert second.returncode == 0 and "trial 2" in second.stdout and "trial 1:" not in second.stdout, second.stderr
    names = [r.name for r in read_results(tmp_path / "tiny")]
    assert names and all(n.startswith("12_small_grey+epochs=1+size=") for n in names)
    lone = run_cli("sweep", "12", "--data", drawn, "--lr")
    assert lone.returncode == 2 and "--lr 1e-4..1e-2" in lone.stderr
    wrong = run_cli("sweep", "12", "--data", drawn, "--learning-rate", "1e-3..1e-2")
    assert wrong.returncode == 2 and "has no argument learning_rate" in wrong.stderr
