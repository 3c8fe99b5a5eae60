"""Fixtures of the whole suite: own results and caches, a small drawn data set, the optional real photographs and films."""

import os
import shutil
import signal
import subprocess
import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest

# Two workers share two cores, and more threads than cores slow all of them. Read when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")
sys.path.insert(0, str(Path(__file__).parent))

from processes import PROJECT, run_python

# A suite started in the background of a shell, or by nohup, inherits ignored signals, and so would every process it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_configure(config):
    """Whoever runs tests (a worker, or pytest alone) forks `run_python` from a process that loads its libraries meanwhile."""
    if os.name != "nt" and (hasattr(config, "workerinput") or not config.getoption("numprocesses", None)):
        forkserver.ensure_running()


@pytest.fixture(scope="session")
def project() -> Path:
    """Root of the checkout."""
    return PROJECT


@pytest.fixture
def shared() -> Path:
    """Folder of real photographs and films beside the project; the test is skipped where there is none."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the project")
    return folder


@pytest.fixture(autouse=True)
def own_artifacts(tmp_path, monkeypatch) -> Path:
    """No test writes into the project's own results."""
    folder = tmp_path / "artifacts"
    monkeypatch.setenv("EMOFAST_ARTIFACTS", str(folder))
    return folder


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory) -> Path:
    """Decoded pictures of the whole run, away from the project's."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["EMOFAST_CACHE"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Path:
    """A drawn data set of 180 training and 24 test pictures; shared, so never changed: copy it (`data_copy`) to break it."""
    from emofast.sample import write_sample

    return write_sample(tmp_path_factory.mktemp("drawn") / "tiny", seed=3, train=180, test=24)


@pytest.fixture
def data_copy(drawn, tmp_path) -> Path:
    """A copy of the drawn data set to change."""
    return Path(shutil.copytree(drawn, tmp_path / "copy"))


@pytest.fixture
def run_cli():
    """Run `python -m emofast ...` as a user does; returns the finished process with its output as text."""

    def run(*args, **kwargs) -> subprocess.CompletedProcess:
        return run_python("-m", "emofast", *args, **kwargs)

    return run
