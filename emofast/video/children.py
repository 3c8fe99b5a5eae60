"""Processes that work for this one: deaf to Ctrl-C, and gone when it is."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread


class Workers(ProcessPoolExecutor):
    """So many processes, started as they are needed. They do not hear Ctrl-C, and end with this one even where it is killed."""

    def __init__(self, jobs: int):
        # spawn: a fork of a process that has started threads (ffmpeg, onnxruntime) may hang
        super().__init__(jobs, mp_context=get_context("spawn"), initializer=_begin)

    def submit(self, *arguments, **named):
        with born_deaf():
            return super().submit(*arguments, **named)

    def end(self) -> None:
        """End all processes at once; what they were doing is lost."""
        for process in list((self._processes or {}).values()):  # from Python 3.14 on there is a method for it
            process.terminate()
        self.shutdown(cancel_futures=True)


@contextmanager
def born_deaf() -> Iterator[None]:
    """Processes born in the block do not hear Ctrl-C, which reaches the whole group, even while they still import; the parent ends
    them. Windows has no such mask: there a worker may complain if it is interrupted so early."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _begin() -> None:
    """First thing in a worker. An idle one would wait for work for ever where its parent was killed, and a busy one would be found at it
    by whoever starts the parent again."""
    os.environ["OMP_NUM_THREADS"] = "1"  # as many processes as cores; threads on top would only wait for each other
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where there is no mask to be born with
    Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    wait([parent_process().sentinel])
    os._exit(1)
