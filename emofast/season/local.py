"""The local engine: processes of this machine, each with a pipe of its own, so that a dead one is known with what it was doing."""

import os
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from emofast.season.calls import Call, Outcome, perform
from emofast.video.children import born_deaf, end_with_parent

_SPAWN = get_context("spawn")  # a fork of a process that has started threads (ffmpeg, onnxruntime) may hang


class Local:
    """`jobs` processes, started as they are needed. They end with this one, even where it is killed: their pipes close."""

    def __init__(self, jobs: int):
        self.capacity = jobs
        self._idle: list[tuple[BaseProcess, Connection]] = []
        self._busy: dict[Connection, tuple[BaseProcess, Call]] = {}

    def submit(self, call: Call) -> None:
        """Give the call to a free process; one that died while it was idle is replaced."""
        while True:
            process, pipe = self._idle.pop() if self._idle else self._start()
            try:
                pipe.send((call.function, call.arguments))
            except OSError:
                continue
            self._busy[pipe] = process, call
            return

    def wait(self) -> list[Outcome]:
        """What the next processes answer, or that they died."""
        return [self._outcome(pipe) for pipe in wait(list(self._busy), timeout=1)]

    def close(self) -> None:
        """End all processes; what they were doing is lost."""
        for process, _ in self._busy.values():
            process.terminate()
        for process, pipe in self._idle:
            pipe.close()
            process.join()

    def _outcome(self, pipe: Connection) -> Outcome:
        process, call = self._busy.pop(pipe)
        try:
            answer = pipe.recv()
        except (EOFError, OSError):
            process.join()
            pipe.close()
            signalled = f"by {signal.Signals(-process.exitcode).name}" if (process.exitcode or 0) < 0 else f"with status {process.exitcode}"
            return Outcome(call, error=f"the process that worked on it was ended {signalled}, {call.tries} times", died=True)
        self._idle.append((process, pipe))
        return Outcome(call, *answer)

    def _start(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        with born_deaf():
            process.start()
        theirs.close()
        return process, ours


def _serve(pipe: Connection) -> None:
    """A worker: calls from the pipe until it closes, with the parent if need be."""
    end_with_parent()
    os.environ["OMP_NUM_THREADS"] = "1"  # as many processes as cores; threads on top would only wait for each other
    try:
        while True:
            pipe.send(perform(*pipe.recv()))
    except (EOFError, OSError):
        return
