"""A checkpoint after every epoch of every fit, from which a killed run goes on as if nothing had happened."""

import copy
import io
import pickle
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from fastai.callback.core import Callback, CancelEpochException
from fastai.callback.tracker import TrackerCallback
from fastai.data.load import DataLoader
from fastai.torch_core import get_model, get_random_states, set_random_states, to_device
from fastcore.foundation import L
from rich.progress import Progress

from emofast import paths
from emofast.console import console
from emofast.training.distributed import is_first
from emofast.training.progress import epoch_numbers, live_bar


@dataclass
class Session:
    """One seed of an experiment while it runs: its fits are counted, and each has a file of its own."""

    folder: Path
    seed: int
    fits: int = 0
    bar: Progress = field(default_factory=live_bar)

    @property
    def files(self) -> list[Path]:
        """The checkpoints of its fits, in order."""
        return [self.folder / f"seed{self.seed}.fit{n}.pt" for n in range(self.fits)]


def save_whole(contents, path: Path, pickle_module=pickle) -> None:
    """`torch.save`, whole or not at all. By way of memory, because torch's own writer reports a full disk as a RuntimeError
    about file positions; a plain write raises the `OSError` that the commands turn into a sentence."""
    buffer = io.BytesIO()
    torch.save(contents, buffer, pickle_module=pickle_module)
    with paths.atomic_write(path) as partial:
        partial.write_bytes(buffer.getbuffer())


class Checkpoint(Callback):
    """Keeps what a fit needs to go on, and skips the epochs that an earlier, killed run has done.

    The runner adds it to every Learner that an experiment makes, sets `session`, and calls `begin` where a fit begins; without, as in a
    notebook, it does nothing. A fit that was finished gets its weights, its optimizer and the state of the random numbers back, and
    trains nothing.
    """

    order = 80  # after the Recorder (50) has its numbers, the schedule (60) is set and SaveModelCallback (61) has loaded its best
    session: Session | None = None

    def after_create(self):
        if self.session:
            self.learn.path = self.session.folder  # where SaveModelCallback keeps its best: no other run's file is taken for it

    def before_fit(self):
        self.run = False  # fastai says this before `validate` and `get_preds` too

    def begin(self) -> None:
        """A fit begins, before its first epoch."""
        self.run = True
        self.session.fits += 1
        self.file = self.session.files[-1]
        self.state = {"history": [], "seconds": 0.0, "done": False}
        if self.file.is_file():
            self.state = torch.load(self.file, map_location="cpu", weights_only=False)  # written by this program, never fetched
        self.start = self.n_epoch if self.state["done"] else len(self.state["history"])
        self.trackers = {c.name: c for c in self.learn.cbs if isinstance(c, TrackerCallback)}
        if self.start:
            where = "is done" if self.state["done"] else f"goes on after epoch {self.start} of {self.n_epoch}"
            console.print(f"seed {self.session.seed}: fit {self.session.fits} {where}")

    def before_epoch(self):
        if self.epoch < self.start:
            rows, names = self.state["history"], self.recorder.metric_names[1:]
            row = rows[self.epoch] if self.epoch < len(rows) else {}
            self.recorder.log = L([self.epoch, *(row.get(n) for n in names if n != "time")])
            for tracker in self.trackers.values():  # they would save weights that are not the epoch's
                tracker.run = False
            raise CancelEpochException
        if self.epoch == self.start and self.start:
            self._restore()
            for name, tracker in self.trackers.items():
                vars(tracker).update(self.state["trackers"][name], run=True)
        self._started = time.perf_counter()

    def after_epoch(self):
        if self.epoch >= self.start:
            self._keep_epoch()

    def _keep_epoch(self) -> None:
        seconds = time.perf_counter() - self._started
        row = {"fit": self.session.fits - 1, **epoch_numbers(self.recorder), "seconds": round(seconds, 1)}
        self.state.update(history=[*self.state["history"], row], seconds=self.state["seconds"] + seconds, **self._now())
        self._write()

    def after_fit(self):
        if self.start and self.start >= self.n_epoch:  # every epoch was skipped
            self._restore()
            get_model(self.model).load_state_dict(self.state["model"])  # a moving average has put back the weights that it averages
        elif self.n_epoch and len(self.state["history"]) == self.epoch and len(self.recorder.log) == len(self.recorder.metric_names):
            self._keep_epoch()  # a whole epoch, after which EarlyStoppingCallback (63) has let nobody else have a word
        if not self.state["done"]:
            self.state.update(done=True, **self._now())  # a callback may have loaded its best epoch since
            self._write()

    def _now(self) -> dict:
        scaler = getattr(self.learn, "scaler", None)
        return {
            "model": get_model(self.model).state_dict(),
            "opt": copy.copy(self.opt.state_dict()),
            "scaler": scaler and scaler.state_dict(),
            "callbacks": {c.name: c.state_dict() for c in self._with_state()},
            "trackers": {name: {k: v for k, v in vars(c).items() if k in ("best", "wait")} for name, c in self.trackers.items()},
            "rng": get_random_states(),
            "shuffling": _whole(self.dls.train).rng.getstate(),
            "smooth_loss": (self.recorder.smooth_loss.count, self.recorder.smooth_loss.val),
        }

    def _restore(self) -> None:
        get_model(self.model).load_state_dict(self.state["model"])
        opt = self.state["opt"]  # fastai leaves the state of its optimizers where it was loaded
        self.learn.opt.load_state_dict({**opt, "state": to_device(opt["state"], next(self.model.parameters()).device)})
        if self.state["scaler"] and getattr(self.learn, "scaler", None):
            self.learn.scaler.load_state_dict(self.state["scaler"])
        self.recorder.smooth_loss.count, self.recorder.smooth_loss.val = self.state["smooth_loss"]
        for callback in self._with_state():
            callback.load_state_dict(self.state["callbacks"][callback.name])
        rng = self.state["rng"]
        set_random_states(**rng | {"torch_cuda_state": rng["torch_cuda_state"][: torch.cuda.device_count()]})  # of the GPUs here
        _whole(self.dls.train).rng.setstate(self.state["shuffling"])

    def _write(self) -> None:
        if is_first():
            save_whole(self.state, self.file)

    def _with_state(self) -> list[Callback]:
        # asked of the class: on an instance fastai looks further, in the Learner
        return [c for c in self.learn.cbs if hasattr(type(c), "state_dict")]


def _whole(dl: DataLoader) -> DataLoader:
    """Of a DistributedDL the loader it splits."""
    return getattr(dl, "dl", dl)
