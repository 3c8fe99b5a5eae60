"""Progress of a training run: a live bar for a person at a terminal, one plain line per epoch for pipes and log files."""

from __future__ import annotations

import time
from pathlib import Path

from fastai.callback.core import Callback
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from emofast.console import console

__all__ = ["EpochProgress"]


class EpochProgress(Callback):
    """Replaces fastai's bar, whose block characters fill log files. `log`: file that gets the plain lines too."""

    order = 60  # after the Recorder (50), before Checkpoint (80): a line is printed even if writing then fails

    def __init__(self, title: str, log: Path, start_epoch: int = 0):
        self.title, self.log_file, self.start_epoch = title, log, start_epoch
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    def before_fit(self):
        self.old_logger, self.learn.logger = self.learn.logger, lambda _: None  # the Recorder's own printing
        self._started, self._seen = time.perf_counter(), 0
        self._bar.start()
        total = (self.n_epoch - self.start_epoch) * len(self.dls.train)
        self._task = self._bar.add_task(self.title, total=total, note="")

    def after_batch(self):
        if self.training:
            self._seen += 1
            left = self._left((self.n_epoch - self.start_epoch) * len(self.dls.train))
            note = f"epoch {self.epoch + 1}/{self.n_epoch}  loss {float(self.smooth_loss):.3f}  {left} left"
            self._bar.update(self._task, advance=1, note=note)

    def after_epoch(self):
        if self.epoch < self.start_epoch:
            return
        pairs = [(n, v) for n, v in zip(self.recorder.metric_names, self.recorder.log) if n not in ("epoch", "time")]
        numbers = "  ".join(f"{n} {v:.3f}" for n, v in pairs if v is not None)
        left = self._left((self.n_epoch - self.start_epoch) * len(self.dls.train))
        line = f"{self.title}  epoch {self.epoch + 1}/{self.n_epoch}  {numbers}  {left} left"
        self._bar.console.print(line, markup=False)
        with self.log_file.open("a", encoding="utf-8") as f:
            f.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")

    def after_fit(self):
        self.learn.logger = self.old_logger

    def stop(self):
        """Give the terminal back; the runner calls it whatever ended the fit, Ctrl-C included."""
        self._bar.stop()

    def _left(self, total: int) -> str:
        seconds = (time.perf_counter() - self._started) / max(self._seen, 1) * (total - self._seen)
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
