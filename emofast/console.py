"""One rich console for people, plain lines for pipes and log files."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.markup import escape

__all__ = ["console", "warn"]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """`emofast leaderboard | head` has what it wants: that is no failure, as rich's own exit status 1 would say."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it once more at the end
        raise SystemExit(0)


# A pipe has no width, and rich would take 80 columns and cut tables to fit.
console = _Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
"""Standard output. Piped, rich drops colours; wide lines are never cut."""

_err = Console(stderr=True, highlight=False, soft_wrap=True)


def warn(message: str) -> None:
    """Tell, on standard error, that something was skipped or replaced. Never for errors that stop the work."""
    _err.print(f"[yellow]warning:[/] {escape(message)}")  # a file may be called "[rus] anna.mp4"
