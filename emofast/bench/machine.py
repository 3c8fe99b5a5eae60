"""What a measurement was made on."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

__all__ = ["machine"]


def machine() -> str:
    """Processor, cores and Python in a few words."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.exists() else []
    name = next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.processor() or platform.machine())
    return f"{name}, {psutil.cpu_count()} cores, Python {platform.python_version()}"
