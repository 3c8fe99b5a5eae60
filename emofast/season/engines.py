"""Which engine runs the calls: processes of this machine, or a Ray cluster."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from emofast.errors import EmofastError
from emofast.season.calls import Engine, Local


@contextmanager
def open_engine(name: str, address: str | None = None, jobs: int | None = None, talkative: bool = False) -> Iterator[Engine]:
    """The engine local or ray, ended with the block. jobs: processes on this machine, by default one a core. talkative: what a
    worker on another machine prints is printed here."""
    if name == "ray":
        from emofast.season.cluster import Cluster

        engine = Cluster(address, jobs, talkative)
    elif address:
        raise EmofastError("--address is that of a Ray cluster: add --engine ray, or leave it out")
    else:
        engine = Local(jobs or os.cpu_count() or 1)
    try:
        yield engine
    finally:
        engine.close()
