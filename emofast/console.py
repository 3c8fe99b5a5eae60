"""The one place that prints: rich for people, plain lines for pipes and log files, and nothing that could steer a terminal."""

import os
import re
import sys

from rich.console import Console
from rich.text import Text

# Controls of a terminal, marks that turn the direction of writing, and bytes of a file name that are no text.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""`text` with whatever a terminal would obey, or cannot show, written out: a file may be called `\x1b[2J`."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Console(Console):
    def render_str(self, text: str, **kwargs) -> Text:
        return super().render_str(visible(text), **kwargs)

    def on_broken_pipe(self) -> None:
        """`... | head -1` has what it wants, and the work goes on: an experiment shall be recorded all the same."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())  # Python flushes it once more at the end


def _console(stderr: bool) -> _Console:
    """No markup and no emoji: a file may be called "[rus] anna :smile:.mp4". Where styles are meant, say `markup=True`.

    A pipe has no width, and rich would take 80 columns and cut tables to fit.
    """
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream and stream.isatty() else 200
    return _Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True, width=width)


console = _console(stderr=False)
"""Standard output. Piped, rich drops colours; wide lines are never cut."""

_err = _console(stderr=True)


def warn(message: str) -> None:
    """Tell, on standard error, that something was skipped or replaced. Never for errors that stop the work."""
    _err.print(Text.assemble(("warning:", "yellow"), " ", visible(message)))


def fail(message: str) -> None:
    """Tell, on standard error and in one line, why the work stops; what a damaged file has put into it is cut."""
    message = message if len(message) <= 2000 else f"{message[:1000]} ... {message[-1000:]}"
    _err.print("error: " + message.replace("\n", r"\n"))
