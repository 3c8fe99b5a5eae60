"""Python processes as a user starts them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

__all__ = ["PROJECT", "run_python", "wait_until"]

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[1]


def run_python(*args, **kwargs) -> subprocess.CompletedProcess:
    """A Python of its own in the project's root."""
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **{"cwd": PROJECT, "timeout": 300, **kwargs})


def wait_until(condition: Callable[[], T], seconds: float = 240) -> T:
    """The first true value of `condition()`; generous, because a busy machine is slow and a true failure rare."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return result
