"""What one seed of an experiment gives: predictions, a row of facts, and the exported Learner."""

from __future__ import annotations

import copy
import errno
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from fastai.learner import Learner
from fastai.torch_core import set_seed

from emofast import paths
from emofast.console import warn
from emofast.data import get_test_dl
from emofast.data.competition import Competition
from emofast.nets.pretrained import NONE
from emofast.training.checkpoint import save_whole
from emofast.training.predictions import Predictions, fit_decoder, predict
from emofast.training.run import Run

__all__ = ["SeedResult", "finished_seed", "train_seed"]


@dataclass
class SeedResult:
    """Predictions with and without flip TTA; `rows`: rows of train.csv in validation, int [n_valid]; `facts`: plain values."""

    facts: dict
    rows: np.ndarray
    valid: Predictions
    valid_tta: Predictions
    test: Predictions
    test_tta: Predictions
    history: list[dict]


def finished_seed(folder: Path, seed: int) -> SeedResult | None:
    """The result of a seed that an earlier, killed run completed, or None."""
    path = _path(folder, seed)
    return torch.load(path, weights_only=False) if path.is_file() else None  # written by this program, never fetched


def _path(folder: Path, seed: int) -> Path:
    return folder / f"seed{seed}.done.pt"


def train_seed(train: Callable[[Run], Learner | SeedResult], run: Run) -> SeedResult:
    """Train, take the epoch that validates best, predict validation and test pictures, keep everything on disk."""
    set_seed(run.seed, reproducible=True)
    learn = train(run)
    if isinstance(learn, SeedResult):  # a mixture of results: nothing was trained
        return learn
    best_epoch = run.use_best(learn)
    learn.decoder = decoder = fit_decoder(learn)  # travels with an exported valence-arousal learner
    test_dl, readable = get_test_dl(learn.dls, run.data)
    valid, valid_tta = (predict(learn, learn.dls.valid, tta, decoder) for tta in (False, True))
    test, test_tta = (_fill_unreadable(predict(learn, test_dl, tta, decoder), readable, run.data) for tta in (False, True))
    _tell_unreadable(run.data, readable)
    learner = run.folder / "learner.pkl"
    _export(learn, learner)  # before the seed counts as done: a kill in between trains no epoch again
    facts = {
        "seed": run.seed,
        "best_epoch": best_epoch,
        "train_seconds": round(run.seconds, 1),
        "parameters": sum(p.numel() for p in learn.model.parameters()),
        "ms_per_face_cpu": round(_ms_per_face(learn), 3),
        "network": learn.spec.to_dict(),
        "from_nothing": learn.weights == NONE,  # whatever the flag said: emofast's own networks have no pretrained weights
        "learner_sha256": paths.sha256(learner),
    }
    rows = np.asarray(learn.dls.valid.dataset.items)
    result = SeedResult(facts, rows, valid, valid_tta, test, test_tta, run.history)
    save_whole(result, _path(run.folder, run.seed))
    (run.folder / f"seed{run.seed}.pt").unlink(missing_ok=True)  # the state to train on from: large, and of no more use
    return result


def _export(learn: Learner, path: Path) -> None:
    try:
        with paths.atomic_write(path) as partial:
            learn.export(partial)
    except RuntimeError as e:  # how torch's writer reports a full disk
        if shutil.disk_usage(path.parent).free > 1 << 20:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from e


def _fill_unreadable(predictions: Predictions, readable: np.ndarray, comp: Competition) -> Predictions:
    """A test picture that cannot be read still needs a row: it gets the classes' frequencies, so the most frequent one."""
    predictions.probabilities[~readable] = np.bincount(comp.labels, minlength=9) / len(comp.labels)
    return predictions


def _tell_unreadable(comp: Competition, readable: np.ndarray) -> None:
    if not readable.all():
        first = comp.test_names[int(np.argmin(readable))]
        warn(f"{comp.name}: {(~readable).sum()} TEST pictures cannot be read, first {first}; they are predicted as the most frequent class")


def _ms_per_face(learn: Learner, runs: int = 30) -> float:
    """Median milliseconds of one face through the network, fp32, one CPU thread, without preprocessing."""
    model = copy.deepcopy(learn.model).cpu().eval()
    x = torch.zeros(1, learn.spec.channels, learn.spec.size, learn.spec.size)
    threads, times = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            for _ in range(runs + 5):
                started = time.perf_counter()
                model(x)
                times.append(time.perf_counter() - started)
    finally:
        torch.set_num_threads(threads)
    return float(np.median(times[5:]) * 1000)
