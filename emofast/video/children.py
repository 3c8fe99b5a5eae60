"""Processes that work for this one: deaf to Ctrl-C, and gone when it is."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread


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


def end_with_parent() -> None:
    """To be called first in a worker: from then on Ctrl-C is not heard, and the process ends with its parent even where that is killed and
    cannot end its workers, which would wait for work for ever, or be found at it by whoever starts it again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where there is no mask to be born with
    Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    wait([parent_process().sentinel])
    os._exit(1)
