"""Training speed as ratios within one run: emofast's input pipeline against pure training steps and against stock fastai."""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelValidException
from fastai.learner import Learner
from fastcore.basics import noop
from rich.table import Table

from emofast.console import console
from emofast.data import Competition, get_dls, open_data
from emofast.emotions import EMOTIONS
from emofast.machine import machine
from emofast.training import emotion_learner
from emofast.training.precision import choose_precision

ARCH, SIZE, BS = "resnet10t", 64, 64
SMALL = "small_resnet_d", 48  # as most experiments on small grey pictures
ROUNDS, BATCHES = 9, 60


def run(args: argparse.Namespace) -> None:
    """Measure everything and print one table. The paths take turns, so that a machine whose speed drifts slows all alike."""
    console.print(f"{machine()}; batches of {BS}; {ROUNDS} rounds of {BATCHES} batches in turn, median of the ratios")
    comp = open_data(args.data)
    with tempfile.TemporaryDirectory() as tmp:
        os.environ["EMOFAST_ARTIFACTS"] = tmp  # the split is of no use to anyone
        started = time.perf_counter()
        few = replace(comp, max_rows=BS * BATCHES)
        own, small = emotion_learner(get_dls(few, SIZE, BS), ARCH), emotion_learner(get_dls(few, SMALL[1], BS, channels=1), SMALL[0])
        console.print(f"cache of {len(comp.train_ids)} decoded pictures ready after {time.perf_counter() - started:.1f} s")
        rows = np.linspace(0, len(comp.train_ids) - 1, BS * BATCHES).round().astype(int)
        # fastai wants a validation set; it is not timed
        stock = stock_learner(comp, Path(tmp) / "files", np.append(rows, rows[:BS]), np.arange(len(rows) + BS) >= len(rows))
        paths = [(_pure, small), (_trained, small), (_pure, own), (_trained, own), (_trained, stock)]
        rates = np.array([[measure(learn) for measure, learn in paths] for _ in range(ROUNDS + 1)][1:])  # first: warm-up
    median, table = np.median(rates, axis=0), Table("training", "pictures/s", "ratio", "goal", title=f"training speed on {comp.name}")
    for k, name in ((0, f"{SMALL[0]}, {SMALL[1]} px grey"), (2, f"{ARCH}, {SIZE} px colour")):
        table.add_row(f"{name}: pure steps on one batch in memory", f"{median[k]:.0f}", "", "")
        table.add_row("emofast", f"{median[k + 1]:.0f}", f"{np.median(rates[:, k + 1] / rates[:, k]):.0%} of pure", ">= 95 %")
    of_stock = np.median(rates[:, 3] / rates[:, 4])
    table.add_row(f"{ARCH}, {SIZE} px colour: stock fastai", f"{median[4]:.0f}", f"emofast is {of_stock:.1f} times as fast", ">= 1.5")
    console.print(table)


class Clock(Callback):
    """Adds up the training parts of all epochs, and keeps fits quiet."""

    seconds = 0.0

    def before_fit(self):
        self.learn.logger = noop

    def before_train(self):
        self.started = time.perf_counter()

    def after_train(self):
        Clock.seconds += time.perf_counter() - self.started


class _NoValidation(Callback):
    def before_validate(self):
        raise CancelValidException


def _trained(learn: Learner) -> float:
    Clock.seconds = 0.0
    with learn.no_bar():
        learn.fit(1, 1e-3, cbs=[Clock(), _NoValidation()])
    return len(learn.dls.train) * BS / Clock.seconds


def _pure(learn: Learner) -> float:
    """Forward, loss, backward, step on one batch in memory, in the same precision, layout and optimiser."""
    if learn.opt is None:
        learn.create_opt()
    faces, label = (t.as_subclass(torch.Tensor) for t in learn.dls.one_batch())
    faces, model = faces.contiguous(memory_format=torch.channels_last), learn.model.train()
    half = choose_precision(faces.device).name == "bf16"
    started = time.perf_counter()
    for _ in range(BATCHES):
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=half):
            logits = model(faces)
        learn.loss_func(logits.float(), label).backward()
        learn.opt.step()
        learn.opt.zero_grad()
    return BATCHES * BS / (time.perf_counter() - started)


def stock_learner(comp: Competition, folder: Path, rows: np.ndarray, is_valid: np.ndarray) -> Learner:
    """What a fastai tutorial would write: files on disk, `ImageDataLoaders.from_df`, its default workers and precision.

    rows: of train.csv; is_valid: bool [rows], which of these to validate on, in this order.
    """
    from fastai.vision.augment import Resize, aug_transforms
    from fastai.vision.data import ImageDataLoaders
    from fastai.vision.learner import vision_learner

    for r in np.unique(rows):
        path = folder / comp.train_names[r]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(comp.train_pictures.read(comp.train_names[r]))
    names, labels = [comp.train_names[r] for r in rows], [EMOTIONS[comp.labels[r]] for r in rows]
    frame = pd.DataFrame({"name": names, "label": labels, "is_valid": is_valid})
    dls = ImageDataLoaders.from_df(frame, folder, valid_col="is_valid", item_tfms=Resize(SIZE), batch_tfms=aug_transforms(), bs=BS)
    return vision_learner(dls, ARCH, pretrained=False)
