"""How far a long run is: a bar at a terminal, a line a minute in a log."""

import time

from rich.progress import BarColumn, Progress, TextColumn

from emofast.console import console

_TELL_EVERY = 60  # seconds between two lines of a log


class Bar(Progress):
    """Progress over `total` units of any kind; what was there before counts as done, but says nothing about the speed."""

    def __init__(self, total: float):
        super().__init__(BarColumn(), TextColumn("{task.description}", markup=False), console=console, disable=not console.is_terminal)
        self._total, self._done, self._found, self._begun = total, 0.0, 0.0, time.monotonic()
        self._told, self._task = self._begun, self.add_task("starting", total=total or 1)

    def count(self, units: float, found: bool = False) -> None:
        """`found`: made by an earlier run."""
        self._done += units
        self._found += units * found

    def tell(self, counts: str) -> None:
        """Show share, `counts` and time left; in a log once a minute."""
        now, worked = time.monotonic(), self._done - self._found
        left = f", {duration((now - self._begun) * (self._total - self._done) / worked)} left" if worked > 0 else ""
        text = f"{100 * self._done / (self._total or 1):3.0f} % of the work, {counts}{left}"
        self.update(self._task, completed=self._done, description=text)
        if not console.is_terminal and now - self._told >= _TELL_EVERY:
            self._told = now
            console.print(f"{duration(now - self._begun)}: {text}")


def duration(seconds: float) -> str:
    """40 s, 12 min or 3:05 h."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60}:{minutes % 60:02d} h"
