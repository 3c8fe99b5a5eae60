"""What a user reads when something is wrong: one sentence and exit code 2, never a traceback."""

import errno
import os
import re
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

_PLACES = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP,
}  # fmt: skip
"""Of an `OSError`: the place cannot be used, through no fault of the program."""


class EmofastError(Exception):
    """Bad input. The message is one clear sentence that names the file, the reason and the way out."""

    def __init__(self, message: str):
        super().__init__(message)
        self._message = message  # fastai writes into `args` of what a callback raises

    def __str__(self) -> str:
        return self._message


class NoWeights(EmofastError):
    """Pretrained weights that cannot be had on this machine."""


def interruption(e: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C or signal behind an exception: one that falls into the import of a compiled module becomes that module's ImportError."""
    while e is not None and not isinstance(e, KeyboardInterrupt):
        e = e.__cause__ or e.__context__
    return e


def first_line(e: Exception) -> str:
    """The first line of what a library's exception says, for one of our sentences; of one that says nothing, its class."""
    return (str(e).strip() or type(e).__name__).splitlines()[0].rstrip(".")[:200]


def exits_cleanly(main: Callable[..., int | None]) -> Callable[..., int]:
    """Turn `main` into a command: its exit status (None is 0); 2 and one sentence for bad input; 130 where it is told to end."""

    @wraps(main)
    def command(*args, **kwargs) -> int:
        from emofast.console import fail

        _open_streams()
        _take_signals()
        try:
            return main(*args, **kwargs) or 0
        except (EmofastError, ImportError, KeyboardInterrupt) as e:
            if interruption(e):
                fail("interrupted; what was finished is kept, and the same command goes on (experiments: with --resume).")
                return 130
            if isinstance(e, EmofastError):
                fail(str(e))
            elif isinstance(e, ModuleNotFoundError) and e.name and not e.name.startswith("emofast"):
                fail(f"{e.name} is not installed; ./run_all.sh --setup in emofast's folder installs everything")
            elif not isinstance(e, ModuleNotFoundError) and re.search(r"\.so\b|\.dylib\b|DLL load failed", str(e)):
                fail(f"a library of the system is missing ({first_line(e)}); on Debian and Ubuntu: apt install libgl1 libglib2.0-0")
            else:
                raise
            return 2
        except BrokenPipeError:  # `... | head -1` has what it wants
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more at the end
            return 0
        except OSError as e:
            place = os.fsdecode(e.filename) if e.filename else ""
            if e.errno in (errno.ENOSPC, errno.EDQUOT):
                where = f" while writing {place}" if place else ""
                fail(f"the disk is full{where}; free some space and start the same command again, it goes on (experiments: with --resume).")
            elif e.errno in _PLACES and place:
                fail(f"{place}: {e.strerror}; name another place, or change what stands there.")
            else:
                raise
            return 2

    return command


def _open_streams() -> None:
    """Letters that a terminal or log file lacks are written out, and a closed stream is an empty one: the next file that is opened
    would take its number, and get what libraries print."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _take_signals() -> None:
    """SIGTERM and a closed terminal end the program as Ctrl-C does, unless somebody else takes them, as `nohup` takes the latter."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
