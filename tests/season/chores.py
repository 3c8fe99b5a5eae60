"""Small things to do in other processes: a module that imports next to nothing, as every new worker loads it."""

import os
import signal
import time
from pathlib import Path

from emofast.errors import EmofastError
from emofast.season.calls import UnfitMachine


def work(folder: Path, what: str, k: int) -> int:
    """Returns `k`, unless it is to go wrong; what kills leaves a mark in `folder` each time it is begun."""
    if what in ("dies once", "kills"):
        marks = len(list(folder.iterdir()))
        (folder / f"{k}-{marks}").touch()
        if what == "kills" or not marks:
            os.kill(os.getpid(), signal.SIGKILL)
    if what == "bad":
        raise EmofastError("it is bad")
    if what == "bug":
        raise ZeroDivisionError("division by zero")
    if what == "unfit":
        raise UnfitMachine("has no disk; mend that")
    if what == "sleeps":
        time.sleep(0.2)
    return k
