"""One seed of an experiment as its `train(run)` sees it: data, settings, and a `fit` that survives a kill."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from fastai.data.core import DataLoaders
from fastai.learner import Learner

from emofast import paths
from emofast.console import console
from emofast.data import get_dls
from emofast.data.competition import Competition
from emofast.training.checkpoint import Checkpoint, CheckpointFile, get_rng, set_rng
from emofast.training.progress import EpochProgress
from emofast.training.results import Result, read_results

__all__ = ["QUICK_EPOCHS", "QUICK_ROWS", "Run"]

QUICK_EPOCHS, QUICK_ROWS = 4, 2000


@dataclass
class Run:
    """`data`, `seed`, `epochs` (after the flags), `weights`, `device`, `quick`; `folder` holds the checkpoints."""

    data: Competition
    seed: int
    epochs: int
    weights: str
    device: torch.device
    quick: bool
    folder: Path
    resume: bool
    _stage: int = field(default=0, init=False)
    _file: CheckpointFile = field(init=False, repr=False)

    def __post_init__(self):
        self._file = CheckpointFile(self.folder / f"seed{self.seed}.pt", self.resume)

    @property
    def history(self) -> list[dict]:
        """One row of numbers per finished epoch."""
        return self._file.state["history"]

    @property
    def seconds(self) -> float:
        """Time spent in finished epochs, over all restarts."""
        return self._file.state["seconds"]

    def results(self) -> list[Result]:
        """The recorded results of other experiments on this data set, without ensembles."""
        own = self.folder.parent
        return [r for r in read_results(own.parent) if r.name != own.name and not r.is_ensemble]

    def get_dls(self, **kwargs) -> DataLoaders:
        """`emofast.data.get_dls` on this run's data and device; a quick run trains on at most 2,000 pictures."""
        return get_dls(self.data, max_rows=QUICK_ROWS if self.quick else None, device=self.device, **kwargs)

    def fit(self, learn: Learner, epochs: int, lr: float | slice, cbs: list | None = None, **kwargs) -> None:
        """Train for `epochs` by fastai's one-cycle schedule (`kwargs` go to `fit_one_cycle`), with a checkpoint after each.

        May be called several times; each call is a stage. A resumed run skips the stages and epochs it has done.
        """
        stage, done = self._stage, self._file.state
        self._stage += 1
        if epochs < 1:  # a stage that is a share of very few epochs
            return
        start = done["epoch"] if stage == done["stage"] else 0
        if stage < done["stage"]:
            return
        if start >= epochs:
            learn.model.load_state_dict(done["model"])
            set_rng(done["rng"], learn.dls)  # the next stage draws on from where this one ended
            return
        if start:
            console.print(f"seed {self.seed}: going on after epoch {start} of {epochs}")
            learn.create_opt()  # the checkpoint's state goes into this one, and `fit` keeps it
        else:
            learn.opt = None  # of an earlier stage, whose parameter groups may have been others
        names = {metric.name for metric in learn.metrics}
        monitor = ("accuracy",) if "accuracy" in names else ("ccc_valence", "ccc_arousal")
        progress = EpochProgress(f"seed {self.seed}", self.folder / "run.log", start)
        own = [progress, Checkpoint(self._file, stage, start, monitor), *(cbs or [])]
        try:
            with learn.no_bar():
                learn.fit_one_cycle(epochs, lr, cbs=own, start_epoch=start, **kwargs)
        finally:
            progress.stop()

    def once(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """`compute()`, kept on disk: a resumed run reads the array, and skips the stages that it took."""
        path = self.folder / f"seed{self.seed}.{name}.npz"
        if self.resume and path.is_file():
            with np.load(path) as kept:
                self._stage = int(kept["stage"])
                set_rng(pickle.loads(kept["rng"].tobytes()))  # written by this program, never fetched
                return kept["values"]
        values = compute()
        with paths.atomic_write(path) as partial, partial.open("wb") as file:
            np.savez(file, values=values, stage=self._stage, rng=np.frombuffer(pickle.dumps(get_rng()), np.uint8))
        return values

    def use_best(self, learn: Learner) -> int:
        """Load the weights of the last stage's best epoch on validation; returns its number, from 1."""
        best = self._file.state["best"]
        learn.model.load_state_dict(best["model"])
        return best["epoch"] + 1
