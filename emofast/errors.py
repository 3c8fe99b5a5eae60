"""What a user reads when something is wrong: one sentence and exit code 2, never a traceback."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from functools import wraps

__all__ = ["EmofastError", "NoWeights", "exits_cleanly"]


_PLACES = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
"""Of an `OSError`: the place cannot be used, through no fault of the program."""


class EmofastError(Exception):
    """Bad input. The message is one clear sentence that names the file, the reason and the way out."""


class NoWeights(EmofastError):
    """Pretrained weights that cannot be had on this machine."""


def exits_cleanly(main: Callable[..., int | None]) -> Callable[..., int]:
    """Turn `main` into a command: its exit status (None is 0); 2 and one sentence for bad input; 130 for Ctrl-C."""

    @wraps(main)
    def command(*args, **kwargs) -> int:
        try:
            return main(*args, **kwargs) or 0
        except EmofastError as e:
            print(f"error: {e}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("\nInterrupted. What was finished is kept; the same command goes on (experiments: with --resume).", file=sys.stderr)
            return 130
        except OSError as e:
            if e.errno in _PLACES and e.filename:
                print(f"error: {e.filename}: {e.strerror}; name another place, or change what stands there.", file=sys.stderr)
                return 2
            if e.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            where = f" while writing {e.filename}" if e.filename else ""
            again = "free some space and start the same command again, it goes on (experiments: with --resume)"
            print(f"error: the disk is full{where}; {again}.", file=sys.stderr)
            return 2

    return command
