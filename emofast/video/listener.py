"""Who hears how a trailer comes along: the terminal, unless a page or another program listens."""

import time

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from emofast.console import console, warn

_TELL_EVERY = 30  # seconds between two lines of progress in a log file


class Listener:
    """Hears everything and says nothing; override what is wanted. Methods may be called from the thread that makes the trailer only;
    an exception raised in one of them ends the work (that is how to cancel it), and what was finished is kept."""

    def progress(self, stage: str, done: float, total: float, unit: str = "") -> None:
        """`done` of `total` of one stage ("watching", "cutting the trailer", ...) is done; it ends with done == total."""

    def note(self, text: str) -> None:
        """Something worth knowing."""

    def warning(self, text: str) -> None:
        """Something was skipped or assumed."""


class Terminal(Listener):
    """Bars on a terminal, lines now and then in a log."""

    def __init__(self):
        self._bar, self._stage = Progress(disable=True), ""

    def progress(self, stage: str, done: float, total: float, unit: str = "") -> None:
        now = time.monotonic()
        if stage != self._stage:
            self.close()
            count = TextColumn(f"{{task.completed:.0f}} of {{task.total:.0f}} {unit}")
            columns = TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn()
            self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
            self._stage, self._started, self._told, self._task = stage, now, now, self._bar.add_task(stage, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)
        if not console.is_terminal and now - self._told > _TELL_EVERY:
            self._told = now
            console.print(f"{stage}: {done:.0f} of {total:.0f} {unit} after {now - self._started:.0f} s")
        if done >= total:
            self.close()

    def note(self, text: str) -> None:
        console.print(text)

    def warning(self, text: str) -> None:
        warn(text)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()
        self._stage = ""
