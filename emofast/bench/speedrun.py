"""Time to accuracy, in the manner of DAWNBench: a stock fastai script, a small network of ours and the speedrun, in turn."""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.progress import ProgressCallback
from fastai.learner import Learner, defaults
from fastai.torch_core import set_seed
from rich.table import Table

from emofast.bench.record import write_record
from emofast.bench.training import Clock, stock_learner
from emofast.console import console
from emofast.data import Competition, frozen_split, open_data
from emofast.errors import EmofastError
from emofast.machine import machine
from emofast.training.metrics import ferplus_scores
from emofast.training.predictions import raw_outputs
from emofast.training.runner import load_experiment


def run(args: argparse.Namespace) -> None:
    """Train every contender with every seed and print seconds of training against accuracy in the FER+ protocol."""
    data = open_data(args.data)
    if data.votes is None:
        raise EmofastError(f"{data.folder} has no train_votes.csv, by which this bench scores; name a data set with votes.")
    seeds = range(42, 42 + args.runs)
    threads = torch.get_num_threads()
    console.print(f"{machine()}, {threads} threads; {data.name}; seconds are of training steps and their loading alone")
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        contenders = _contenders(data, Path(tmp))
        for seed in seeds:
            for name, make in contenders.items():
                seconds, accuracy = _trained(make, data, seed)
                console.print(f"{name}, seed {seed}: {seconds:.0f} s, {accuracy:.4f}")
                scores = {"seconds": round(seconds, 2), "ferplus_accuracy": round(accuracy, 4)}
                rows.append({"contender": name, "seed": seed, **scores, "threads": threads})
                write_record("bench/speedrun.csv", f"speedrun --data {data.name}", rows)
    console.print(_table(pd.DataFrame(rows)))


def _contenders(data: Competition, folder: Path) -> dict[str, Callable[[], Learner]]:
    """Each trains as its own users would run it, and has the length at which it comes to about the same accuracy."""
    small, speedrun = load_experiment("12"), load_experiment("31")

    def stock() -> Learner:
        learn = stock_learner(data, folder, np.arange(len(data.labels)), frozen_split(data))
        learn.fit_one_cycle(8, 4e-3)
        return learn

    return {"31_speedrun": lambda: speedrun(data), "stock fastai": stock, "12_small_grey, 6 epochs": lambda: small(data, epochs=6)}


def _trained(make: Callable[[], Learner], data: Competition, seed: int) -> tuple[float, float]:
    """Seconds of training, and accuracy in the FER+ protocol on validation with flip TTA."""
    set_seed(seed, reproducible=True)
    before, Clock.seconds = list(defaults.callbacks), 0.0
    defaults.callbacks[:] = [c for c in before if c is not ProgressCallback] + [Clock]
    try:
        learn = make()
    finally:
        defaults.callbacks[:] = before
    rows = np.flatnonzero(frozen_split(data))
    probabilities = raw_outputs(learn, learn.dls.valid, tta=True)
    return Clock.seconds, ferplus_scores(probabilities, data.votes[rows], data.annotators[rows])["accuracy"]


def _table(frame: pd.DataFrame) -> Table:
    table = Table("contender", "seconds", "FER+ accuracy", "seeds", "stock takes", title="time to accuracy")
    stock = frame[frame.contender == "stock fastai"].seconds.mean()
    for name, group in frame.groupby("contender", sort=False):
        seconds, accuracy = group[["seconds", "ferplus_accuracy"]].mean()
        spread = f" ± {group.ferplus_accuracy.std():.4f}" if len(group) > 1 else ""
        table.add_row(name, f"{seconds:.0f}", f"{accuracy:.4f}{spread}", str(len(group)), f"{stock / seconds:.1f} times as long")
    return table
