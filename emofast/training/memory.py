"""The memory of a training on a processor, where glibc manages it: kept from one operation to the next, given back between epochs."""

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # as glibc's malloc.h numbers them


def keep_memory() -> None:
    """Make glibc keep what is freed; nothing happens with another C library.

    By itself it asks the system for every block of more than 32 MB anew and gives it back when it is freed, and the system clears each page
    of it first. One layer's output at 160 px, in batches of 64, is larger: that took a third of the processor's time
    (artifacts/bench/memory.txt).
    """
    if libc := _glibc():
        libc.mallopt(_ARENA_MAX, 1)  # the threads that go backwards free into the memory that the forward pass takes from
        libc.mallopt(_MMAP_MAX, 0)
        libc.mallopt(_TRIM_THRESHOLD, -1)


def give_back_memory() -> None:
    """Let glibc return freed memory to the system: it keeps what lies between blocks that live on, gigabytes in a long run on large
    pictures (artifacts/bench/memory.txt)."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
