"""What a measurement was made on."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def installed(package: str) -> str | None:
    """Version of an installed package, None where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name[ \t]*:[ \t]*(.*\S)", info.read_text()) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def machine() -> str:
    """Processor, cores and Python in a few words."""
    return f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
