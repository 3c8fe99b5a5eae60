"""Python processes as a user starts them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ["PROJECT", "run_python"]

PROJECT = Path(__file__).resolve().parents[1]


def run_python(*args, **kwargs) -> subprocess.CompletedProcess:
    """A Python of its own in the project's root."""
    command = [sys.executable, *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=300, check=False, **kwargs)
