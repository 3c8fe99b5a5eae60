"""Python processes as a user starts them."""

import atexit
import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

__all__ = ["PROJECT", "run_python", "wait_until"]

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[1]

# Importing torch and fastai takes longer than most commands that are tested. Commands are forked from a process that has them already.
_WARM = get_context("forkserver") if os.name != "nt" else None
if _WARM:
    _WARM.set_forkserver_preload(["fastai.vision.all", "timm", "cv2", "sklearn.metrics", "scipy.stats"])


def run_python(*args, cwd=PROJECT, timeout: float = 300, env: dict | None = None, **kwargs) -> subprocess.CompletedProcess:
    """A Python of its own in the project's root: `-m MODULE ...`, `-c CODE` or SCRIPT ..., to its end.

    Modules and scripts begin with libraries loaded; code, which may want to hide some, in a fresh interpreter.
    """
    args = [*map(str, args)]
    if _WARM is None or kwargs or args[0] == "-c":
        options = {"cwd": cwd, "timeout": timeout, "env": env, **kwargs}
        return subprocess.run([sys.executable, *args], capture_output=True, text=True, check=False, **options)
    with tempfile.TemporaryDirectory() as tmp:
        streams = [Path(tmp, name) for name in ("out", "err")]
        process = _WARM.Process(target=_become, args=(args, str(cwd), dict(env or os.environ), [*map(str, streams)]))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(args, timeout, *[s.read_bytes() for s in streams])
        return subprocess.CompletedProcess(args, process.exitcode, *[s.read_text(encoding="utf-8") for s in streams])


def _become(args: list[str], cwd: str, env: dict, streams: list[str]) -> None:
    """Turn a fresh fork into `python ARGS`."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, path in zip((1, 2), streams):
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "r" if n == 0 else "w", 1 if n == 2 else -1, encoding="utf-8") for n in range(3))
    try:
        if args[0] == "-m":
            sys.argv, sys.path[0] = args[1:], cwd
            runpy.run_module(args[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = args, str(Path(args[0]).resolve().parent)
            runpy.run_path(args[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # a process of multiprocessing leaves them out


def wait_until(condition: Callable[[], T], seconds: float = 240) -> T:
    """The first true value of `condition()`; generous, because a busy machine is slow and a true failure rare."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return result
