"""A session's work is a process of its own, known by a file in the session's folder: it outlives the page and the server."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
from filelock import FileLock

from emofast.errors import EmofastError, interruption
from emofast.paths import atomic_write
from emofast.video.listener import Listener

ACTIONS = ("analyse", "trailer", "preview")  # functions of `editing`
_PLACE = ".app"  # folder of a session with what is no result
_EVERY = 0.3  # seconds between two notes of progress
_OF_ITS_OWN = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows' new session


def state(session: Path) -> dict:
    """The last job: `action`, `state` (none, running, done, failed, cancelled, or stopped: killed without a word), `stage`, `done` of
    `total`, `warnings`, `error`."""
    path = session / _PLACE / "job.json"
    try:
        try:
            text = path.read_text(encoding="utf-8")
        except PermissionError:  # on Windows while it is being replaced
            time.sleep(0.05)
            text = path.read_text(encoding="utf-8")
        job = json.loads(text)
    except (OSError, ValueError):
        return {"state": "none"}
    if job["state"] == "running" and not _process(job):
        job["state"] = "stopped"
    return job


def start(session: Path, action: str, *arguments: str) -> None:
    """Begin an action; what an earlier one has finished is used again. Raises `EmofastError` while another one runs."""
    (session / _PLACE).mkdir(exist_ok=True)
    with FileLock(session / _PLACE / "lock"):
        if state(session)["state"] == "running":
            raise EmofastError("this session is being worked on already; wait, or cancel that first")
        with (session / _PLACE / "job.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(session), action, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                creationflags=_OF_ITS_OWN,
            )  # fmt: skip
        born = _born(psutil.Process(process.pid))  # Popen reaps it when it makes the next one
        _write(session, {"action": action, "state": "running", "stage": "start", "pid": process.pid, "born": born})


def cancel(session: Path) -> None:
    """Ask the running job to stop; it keeps what is finished."""
    process = _process(state(session))
    if process:
        process.terminate()
        with suppress(psutil.TimeoutExpired):  # one that works takes longer, and notes its end itself
            process.wait(1)
    job = state(session)
    if process and job["state"] == "stopped":  # it was still starting, and went without a word
        _write(session, job | {"state": "cancelled"})


def _process(job: dict) -> psutil.Process | None:
    """The job's process while it lives. A number may be given to another process later: the time of birth tells them apart."""
    try:
        process = psutil.Process(job["pid"])
        return process if process.status() != psutil.STATUS_ZOMBIE and abs(_born(process) - job["born"]) < 1 else None
    except (KeyError, psutil.Error):
        return None


def _born(process: psutil.Process) -> float:
    """When it began, in seconds: on Linux of the system's own, because the clock may be set meanwhile."""
    return process.create_time() - (psutil.boot_time() if psutil.LINUX else 0)


def _write(session: Path, job: dict) -> None:
    with atomic_write(session / _PLACE / "job.json") as partial:
        partial.write_text(json.dumps(job), encoding="utf-8")


class _Notes(Listener):
    """Writes `job.json`, not more often than anybody looks."""

    def __init__(self, session: Path, action: str):
        self._session, self._last, own = session, 0.0, psutil.Process()
        self._job = {"action": action, "state": "running", "pid": own.pid, "born": _born(own), "stage": "start", "warnings": []}

    def progress(self, stage: str, done: float, total: float, unit: str = "") -> None:
        now, new = time.monotonic(), stage != self._job["stage"]
        self._job |= {"stage": stage, "done": round(done, 1), "total": round(total, 1), "unit": unit}
        if new or now - self._last > _EVERY:
            self._last = now
            _write(self._session, self._job)

    def note(self, text: str) -> None:
        print(text, flush=True)

    def warning(self, text: str) -> None:
        print(f"warning: {text}", flush=True)
        self._job["warnings"] = [*self._job["warnings"], text][-20:]

    def end(self, state: str, error: str | None = None) -> None:
        _write(self._session, self._job | {"state": state, "error": error})


def main(session: str, action: str, *arguments: str) -> int:
    """The process: one action, its progress and its end in `job.json`."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for log in (sys.stdout, sys.stderr):  # names may have letters that Windows' own encoding lacks
        log.reconfigure(encoding="utf-8", errors="backslashreplace")
    notes = _Notes(Path(session), action)
    with FileLock(Path(session) / _PLACE / "lock"):
        pass  # the starter has written its note
    try:
        from emofast.app import editing

        getattr(editing, action)(Path(session), notes, *arguments)
    except BaseException as e:
        if interruption(e):
            notes.end("cancelled")
            return 130
        if isinstance(e, EmofastError):
            notes.end("failed", str(e))
            return 2
        notes.end("failed", f"{type(e).__name__}: {e}; .app/job.log in the session's folder says more")
        raise
    notes.end("done")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
