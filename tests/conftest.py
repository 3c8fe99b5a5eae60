"""Fixtures of the whole suite: every test has its own artifacts folder; the real photographs and films are optional."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# Two runners of the suite share two cores; more threads only make it slower. Set before torch is loaded anywhere.
os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("MPLBACKEND", "agg")


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
