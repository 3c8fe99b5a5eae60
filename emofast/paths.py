"""Where things lie: results beside the code, caches in one folder that may be deleted at any time."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emofast.errors import EmofastError

__all__ = ["PROJECT", "artifacts", "atomic_write", "cache", "refuse_overwriting", "sha256"]

PROJECT = Path(__file__).resolve().parents[1]


def artifacts() -> Path:
    """Folder of recorded results; `$EMOFAST_ARTIFACTS` moves it (tests, read-only checkouts)."""
    return Path(os.environ.get("EMOFAST_ARTIFACTS") or PROJECT / "artifacts")


def cache() -> Path:
    """Folder of decoded pictures and the drawn sample; `$EMOFAST_CACHE` moves it. Deleting it loses only time."""
    return Path(os.environ.get("EMOFAST_CACHE") or PROJECT / ".cache")


def sha256(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal text."""
    with Path(path).open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def refuse_overwriting(outputs: Iterable[Path | None], inputs: Iterable[Path]) -> None:
    """Raises `EmofastError` where a file that is about to be written is one that is about to be read."""
    read = [p for p in map(Path, inputs) if p.exists()]
    for path in outputs:
        if path and Path(path).exists() and any(Path(path).samefile(p) for p in read):
            raise EmofastError(f"{path} is what is being read: writing it would destroy it; name another file to write.")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well and vanishes when it does not.

    Readers see the old file or the new one, never half of one, whatever kills the writer.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, name = tempfile.mkstemp(prefix=f".partial-{path.stem}-", suffix=path.suffix, dir=path.parent)
    except OSError as e:
        e.filename = str(path)  # what was asked for, not the name beside it
        raise
    os.close(fd)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o644)  # mkstemp makes it private
        partial.replace(path)
    except OSError as e:
        if e.filename in (None, name):  # a failed write names no file by itself, a failed rename the wrong one
            e.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)
