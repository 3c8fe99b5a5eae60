"""Progress of a training run: a live bar for a person at a terminal, one plain line per epoch for pipes and log files."""

import math
import time

from fastai.callback.core import Callback
from fastai.learner import Recorder
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from emofast.console import console
from emofast.errors import EmofastError


def epoch_numbers(recorder: Recorder) -> dict:
    """Numbers of the epoch that has just ended, by name; of one that was not validated the loss of training alone."""
    whole = len(recorder.log) == len(recorder.metric_names)
    names = recorder.metric_names if whole else ["epoch", "train_loss"]
    return {name: value for name, value in zip(names, recorder.log) if name != "time"}


def live_bar() -> Progress:
    """For the fits of a session; nothing is drawn where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class EpochProgress(Callback):
    """In an experiment's run, replaces fastai's bar, whose block characters fill log files, and ends the run where the loss is no number
    any more. `run.log` in the session's folder gets the plain lines too."""

    _stateattrs = ("session", "bar")  # who pickles or copies the Learner has no use for a bar on this screen
    order = 60  # after the Recorder (50), before Checkpoint (80): a line is printed even if writing then fails

    def before_fit(self):
        self.run = False  # as in `Checkpoint`

    def begin(self) -> None:
        """A fit begins, before its first epoch."""
        self.run, self.session = True, self.learn.checkpoint.session
        self.bar = self.session.bar
        self.old_logger, self.learn.logger = self.learn.logger, lambda _: None  # the Recorder's own printing
        self._started, self._seen, self._task = time.perf_counter(), 0, None

    def after_loss(self):
        if self.training and not math.isfinite(self.loss.item()):
            raise EmofastError(
                f"the loss is {self.loss.item()} in epoch {self.epoch + 1}, batch {self.iter + 1}: lower the learning rate (--lr), "
                "or find one with --lr-find; a finished epoch before is kept (--resume)."
            )

    def after_batch(self):
        if self.training:
            if self._task is None:  # the first epoch that is not skipped
                self._total = (self.n_epoch - self.epoch) * len(self.dls.train)
                self._task = self.bar.add_task(self._title, total=self._total, note="")
            self._seen += 1
            note = f"epoch {self.epoch + 1}/{self.n_epoch}  loss {float(self.smooth_loss):.3f}  {self._left} left"
            self.bar.update(self._task, advance=1, note=note)

    def after_epoch(self):
        if self._task is None:
            return
        values = epoch_numbers(self.recorder)
        numbers = "  ".join(f"{n} {v:.3f}" for n, v in values.items() if n != "epoch" and v is not None)
        line = f"{self._title}  epoch {self.epoch + 1}/{self.n_epoch}  {numbers}  {self._left} left"
        self.bar.console.print(line, markup=False)
        with (self.session.folder / "run.log").open("a", encoding="utf-8") as f:
            f.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")

    def after_fit(self):
        self.learn.logger = self.old_logger
        if self._task is not None:
            self.bar.remove_task(self._task)

    @property
    def _title(self) -> str:
        return f"seed {self.session.seed}" + (f", fit {self.session.fits}" if self.session.fits > 1 else "")

    @property
    def _left(self) -> str:
        seconds = (time.perf_counter() - self._started) / max(self._seen, 1) * (self._total - self._seen)
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"
