"""Who hears how a trailer comes along: the terminal, unless a page or another program listens. And how far a long run is: a bar at a
terminal, a line a minute in a log."""

import time

from rich.progress import BarColumn, Progress, TextColumn

from emofast.console import console, warn

_TELL_EVERY = 60  # seconds between two lines of a log


class Bar(Progress):
    """Progress over `total` units of any kind; what was there before counts as done, but says nothing about the speed."""

    def __init__(self, total: float):
        columns = BarColumn(), TextColumn("{task.description}", markup=False)
        super().__init__(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.done, self._total, self._found, self._begun = 0.0, total, 0.0, time.monotonic()
        self._told, self._task = self._begun, self.add_task("starting", total=total or 1)

    def count(self, units: float, found: bool = False) -> None:
        """`found`: made by an earlier run."""
        self.done += units
        self._found += units * found

    def tell(self, counts: str) -> None:
        """Show share, `counts` and time left; in a log once a minute."""
        now, worked = time.monotonic(), self.done - self._found
        left = f", {duration((now - self._begun) * (self._total - self.done) / worked)} left" if worked > 0 else ""
        text = f"{100 * self.done / (self._total or 1):3.0f} % of the work, {counts}{left}"
        self.update(self._task, completed=self.done, description=text)
        if not console.is_terminal and now - self._told >= _TELL_EVERY:
            self._told = now
            console.print(f"{duration(now - self._begun)}: {text}")


def duration(seconds: float) -> str:
    """40 s, 12 min or 3:05 h."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60}:{minutes % 60:02d} h"


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
    """A bar for each stage, lines for the rest."""

    def __init__(self):
        self._bar, self._stage = Bar(0), ""

    def progress(self, stage: str, done: float, total: float, unit: str = "") -> None:
        if stage != self._stage:
            self.close()
            self._bar, self._stage = Bar(total), stage
            self._bar.start()
        self._bar.count(done - self._bar.done)
        self._bar.tell(f"{stage}: {done:.0f} of {total:.0f} {unit}")
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
