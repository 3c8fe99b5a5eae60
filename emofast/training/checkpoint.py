"""A checkpoint after every epoch, from which a killed run goes on as if nothing had happened: bit for bit on one machine."""

from __future__ import annotations

import copy
import io
import random
import time
from pathlib import Path

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders

from emofast import paths

__all__ = ["Checkpoint", "CheckpointFile", "get_rng", "save_whole", "set_rng"]


class CheckpointFile:
    """State of one seed's run: which stage and epoch is done, and everything needed to go on from there.

    A stage is one call of `Run.fit`. `best` holds the weights of the epoch that validated best within the last stage.
    """

    def __init__(self, path: Path, resume: bool):
        self.path = path
        self.state: dict = {"stage": 0, "epoch": 0, "history": [], "best": None, "seconds": 0.0}
        if resume and path.is_file():
            self.state = torch.load(path, map_location="cpu", weights_only=False)  # written by this program, never fetched

    def write(self) -> None:
        save_whole(self.state, self.path)


def save_whole(contents, path: Path) -> None:
    """`torch.save`, whole or not at all. By way of memory, because torch's own writer reports a full disk as a RuntimeError
    about file positions; a plain write raises the `OSError` that the commands turn into a sentence."""
    buffer = io.BytesIO()
    torch.save(contents, buffer)
    with paths.atomic_write(path) as partial:
        partial.write_bytes(buffer.getbuffer())


class Checkpoint(Callback):
    """Writes the file after each epoch, restores it before the first one that is left, and keeps the best weights.

    Order 80: after fastai's SkipToEpoch (70), so that skipped epochs do not count, and after the Recorder has its numbers.
    """

    order = 80

    def __init__(self, file: CheckpointFile, stage: int, start_epoch: int, monitor: tuple[str, ...]):
        self.file, self.stage, self.start_epoch, self.monitor = file, stage, start_epoch, monitor

    def before_epoch(self):
        self._started = time.perf_counter()
        if self.epoch == self.start_epoch and self.start_epoch:
            self.learn.model.load_state_dict(self.file.state["model"])
            self.learn.opt.load_state_dict(self.file.state["opt"])
            self.recorder.smooth_loss.count, self.recorder.smooth_loss.val = self.file.state["smooth_loss"]
            for callback in self._with_state():
                callback.load_state_dict(self.file.state["callbacks"][callback.name])
            set_rng(self.file.state["rng"], self.dls)

    def after_epoch(self):
        if self.epoch < self.start_epoch:
            return
        state, names, log = self.file.state, list(self.recorder.metric_names), list(self.recorder.log)
        seconds = time.perf_counter() - self._started
        row = {"stage": self.stage, **{n: v for n, v in zip(names, log) if n != "time"}, "seconds": round(seconds, 1)}
        score = float(np.mean([row[n] for n in self.monitor]))
        if self.epoch == 0 or state["best"] is None or score > state["best"]["score"]:
            weights = {k: v.detach().cpu().clone() for k, v in self.model.state_dict().items()}
            state["best"] = {"score": score, "epoch": self.epoch, "stage": self.stage, "model": weights}
        state.update(
            stage=self.stage,
            epoch=self.epoch + 1,
            history=[*state["history"], row],
            seconds=state["seconds"] + seconds,
            model=self.model.state_dict(),
            opt=copy.copy(self.opt.state_dict()),
            callbacks={c.name: c.state_dict() for c in self._with_state()},
            rng=get_rng(self.dls),
            smooth_loss=(self.recorder.smooth_loss.count, self.recorder.smooth_loss.val),
        )
        self.file.write()

    def _with_state(self) -> list[Callback]:
        # asked of the class: on an instance fastai looks further, in the Learner
        return [c for c in self.learn.cbs if hasattr(type(c), "state_dict")]


def get_rng(dls: DataLoaders | None = None) -> dict:
    """State of every random number generator that training draws from; with `dls` also of its shuffling."""
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "dls": dls.train.rng.getstate() if dls else None,
    }


def set_rng(state: dict, dls: DataLoaders | None = None) -> None:
    """Go on from what `get_rng` gave."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
    if dls:
        dls.train.rng.setstate(state["dls"])
