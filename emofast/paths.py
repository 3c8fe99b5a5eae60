"""Where things lie: results beside the code, or in the user's folders where emofast is installed as a package; caches apart, which
may be deleted at any time."""

import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import platformdirs

from emofast.errors import EmofastError

PROJECT = Path(__file__).resolve().parents[1]

_IS_CHECKOUT = (PROJECT / "pyproject.toml").is_file()

SHIPPED = PROJECT / "artifacts" if _IS_CHECKOUT else Path(__file__).resolve().parent / "shipped"
"""Where the shipped model lies: a wheel carries it inside."""


def artifacts() -> Path:
    """Folder of recorded results; `$EMOFAST_ARTIFACTS` moves it (tests, read-only checkouts)."""
    place = PROJECT if _IS_CHECKOUT else platformdirs.user_data_path("emofast")
    return Path(os.environ.get("EMOFAST_ARTIFACTS") or place / "artifacts")


def cache() -> Path:
    """Folder of decoded pictures and the drawn sample; `$EMOFAST_CACHE` moves it. Deleting it loses only time.

    In a Kaggle notebook it lies apart from what is kept of the notebook, which may have 20 GB.
    """
    place = PROJECT / ".cache" if _IS_CHECKOUT else platformdirs.user_cache_path("emofast")
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:
        place = Path(tempfile.gettempdir()) / "emofast"
    return Path(os.environ.get("EMOFAST_CACHE") or place)


def competition_data() -> Path:
    """Where the competition's data lie unless somebody says otherwise."""
    return (PROJECT if _IS_CHECKOUT else platformdirs.user_data_path("emofast")) / "data" / "skillbox"


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
def partial_beside(path: Path, folder: bool = False) -> Iterator[Path]:
    """Yield a new, empty file (or `folder`) beside `path`; what still stands there at the end vanishes.

    Its name says which process is at work on it, so what killed ones have left behind in this folder is cleared here.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(path.parent)
    partial = path.parent / f".partial-{os.getpid()}@{_MACHINE}-{secrets.token_hex(4)}{path.suffix[-20:]}"
    try:
        partial.mkdir() if folder else partial.touch()
    except OSError as e:
        e.filename = str(path)  # what was asked for, not the name beside it
        raise
    try:
        yield partial
    finally:
        _remove(partial)


_MACHINE = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
"""This computer among those that share a disk, as a few letters."""


def _clear_leftovers(folder: Path) -> None:
    for partial in folder.glob(".partial-*"):
        if match := re.match(rf"\.partial-(\d+)@{_MACHINE}-", partial.name):
            import psutil

            if not psutil.pid_exists(int(match[1])):
                _remove(partial)


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well and vanishes when it does not.

    Readers see the old file or the new one, never half of one, whatever kills the writer.
    """
    path = Path(path)
    with partial_beside(path) as partial:
        try:
            yield partial
            _replace(partial, path)
        except OSError as e:
            if e.filename in (None, str(partial)):  # a failed write names no file by itself, a failed rename the wrong one
                e.filename = str(path)
            raise


def _replace(partial: Path, path: Path) -> None:
    """Windows replaces no file that is open; who reads it is mostly done in a moment."""
    for _ in range(100 if os.name == "nt" else 0):
        try:
            partial.replace(path)
        except PermissionError:
            time.sleep(0.02)
        else:
            return
    partial.replace(path)


@contextmanager
def keeping(path: Path, files: ExitStack) -> Iterator[None]:
    """Close `files`, among them an `atomic_write` of `path`, although the block, which finishes them, may fail for want of space.

    Raises `EmofastError` if so: what was written until then is at `path`.
    """
    try:
        yield
    except OSError as e:
        with suppress(OSError):  # what could not be flushed in the block cannot be now
            files.close()
        raise EmofastError(f"{path} could not be finished ({e.strerror}); what was written until then is kept; free some space") from None
    files.close()
