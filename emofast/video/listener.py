"""Who hears how a trailer comes along: the terminal, unless a page or another program listens."""

from __future__ import annotations

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
        self._bar: Progress | None = None
        self._stage, self._started, self._told = "", 0.0, 0.0

    def progress(self, stage: str, done: float, total: float, unit: str = "") -> None:
        if stage != self._stage:
            self._begin(stage, total, unit)
        if self._bar:
            self._bar.update(self._task, completed=done)
        elif time.monotonic() - self._told > _TELL_EVERY:
            self._told = time.monotonic()
            console.print(f"{stage}: {done:.0f} of {total:.0f} {unit} after {self._told - self._started:.0f} s")
        if done >= total:
            self.close()

    def note(self, text: str) -> None:
        console.print(text)

    def warning(self, text: str) -> None:
        warn(text)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.stop()
        self._bar, self._stage = None, ""

    def _begin(self, stage: str, total: float, unit: str) -> None:
        self.close()
        self._stage, self._started = stage, time.monotonic()
        self._told = self._started
        if console.is_terminal:
            count = TextColumn(f"{{task.completed:.0f}} of {{task.total:.0f}} {unit}")
            columns = TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn()
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task(stage, total=total)
            self._bar.start()
