"""`python -m emofast doctor`: what is installed, what is missing, which device and precision would be used."""

import os
import platform
import re
import sys
from importlib import import_module
from importlib.metadata import requires

from rich.table import Table
from rich.text import Text

from emofast import paths
from emofast.console import console, warn
from emofast.errors import first_line
from emofast.machine import installed

PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;#]+)")


def examine() -> int:
    """Print the report; returns 0 when everything required is there, 1 when something is missing."""
    console.print(f"Python {platform.python_version()} at {sys.executable}, {platform.platform()}, {os.cpu_count()} cores")
    table, pins = Table("package", "installed", "tested with", ""), _pins()
    missing = [name for name, _ in pins if installed(name) is None]
    for name, tested in pins:
        found = installed(name)
        note = Text("missing", "red") if found is None else "" if tested in ("", found.split("+")[0]) else Text("another version", "yellow")
        table.add_row(name, found or "-", tested, note)
    console.print(table)
    if installed("dlib") and installed("dlib-bin"):
        warn("dlib and dlib-bin are both installed and overwrite each other: pip uninstall dlib, then reinstall dlib-bin")
    for name in ("cv2", "onnxruntime", "dlib", "torch"):
        try:
            import_module(name)
        except ModuleNotFoundError:
            continue  # is in the table, or not asked for
        except Exception as e:
            missing.append(name)
            console.print(f"{name} is installed and does not load: {first_line(e)}", style="red")
    if missing:
        console.print(f"missing: {', '.join(missing)}; install everything with: pip install -r requirements.txt", style="red")
        return 1
    if installed("fastai"):
        from emofast.training.precision import choose_device, choose_precision

        device = choose_device()
        console.print(f"training would use: {device.type}, {choose_precision(device)}")
    else:
        console.print("training is not installed: pip install '.[train]' in emofast's folder")
    console.print(f"results: {paths.artifacts()}   caches: {paths.cache()}")
    return 0


def _pins() -> list[tuple[str, str]]:
    """What is required: in a checkout as it is pinned; of an installed package what it asks for without extras, with no version tested."""
    pinned = paths.PROJECT / "requirements.txt"
    if pinned.is_file():
        return [found.groups() for line in pinned.read_text(encoding="utf-8").splitlines() if (found := PIN.match(line))]
    return [(re.match(r"[\w.-]+", line)[0], "") for line in requires("emofast") or () if "extra ==" not in line]
