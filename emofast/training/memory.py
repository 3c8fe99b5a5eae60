"""The memory of tensors on a processor: kept by the process, not fetched and given back with every operation."""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # as glibc's malloc.h numbers them


def keep_memory() -> None:
    """Make glibc keep the memory that is freed, until the process ends; nothing happens with another C library.

    By itself it asks the system for every block of more than 32 MB anew and gives it back when it is freed, and the system clears each page
    of it first. One layer's output at 160 px, in batches of 64, is larger: that took a third of the processor's time
    (artifacts/bench/memory.txt).
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)  # the threads that go backwards free into the memory that the forward pass takes from
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, -1)
