"""Training speed as ratios within one run: emofast's input pipeline against pure training steps and against stock fastai."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelValidException
from fastai.learner import Learner
from fastcore.basics import noop
from rich.table import Table

from emofast import paths
from emofast.console import console
from emofast.data import Competition, get_dls, open_data, read_competition
from emofast.emotions import EMOTIONS
from emofast.machine import machine
from emofast.training import emotion_learner
from emofast.training.precision import choose_precision

ARCH, SIZE, BS = "resnet10t", 64, 64
ROUNDS, BATCHES = 5, 30
BIG = 400  # pixels of the large source pictures


def run(args: argparse.Namespace) -> None:
    """Measure everything and print one table. The paths take turns, so that a machine whose speed drifts slows all alike."""
    console.print(f"{machine()}; {ARCH} at {SIZE} px, batch {BS}; {ROUNDS} rounds of {BATCHES} batches in turn, median of the ratios")
    comp = open_data(args.data)
    with tempfile.TemporaryDirectory() as tmp:
        os.environ["EMOFAST_ARTIFACTS"] = tmp  # the splits and the large copy's cache are of no use to anyone
        small = _learner(comp)
        os.environ["EMOFAST_CACHE"] = tmp
        large = _learner(_enlarged(comp, Path(tmp) / f"{comp.name}-{BIG}px"))
        rows = _some_rows(comp, BS * BATCHES)
        # fastai wants a validation set; it is not timed
        stock = stock_learner(comp, Path(tmp) / "files", np.append(rows, rows[:BS]), np.arange(len(rows) + BS) >= len(rows))
        rates = [(_pure(small), _trained(small), _trained(large), _trained(stock)) for _ in range(ROUNDS + 1)][1:]  # first: warm-up
        table = Table("training", "pictures/s", "ratio", "goal", title=f"training speed on {comp.name}")
        pure, own, big, old = (median(r) for r in zip(*rates))
        table.add_row("pure steps on one batch in memory", f"{pure:.0f}", "", "")
        table.add_row("emofast", f"{own:.0f}", f"{median(r[1] / r[0] for r in rates):.0%} of pure", ">= 85 %")
        table.add_row(f"emofast, {BIG}-px source pictures", f"{big:.0f}", f"{median(r[2] / r[0] for r in rates):.0%} of pure", ">= 85 %")
        table.add_row("stock fastai", f"{old:.0f}", f"emofast is {median(r[1] / r[3] for r in rates):.1f} times as fast", ">= 1.5")
        console.print(table)
    console.print(_memory())


def _learner(comp: Competition) -> Learner:
    started = time.perf_counter()
    dls = get_dls(replace(comp, max_rows=BS * BATCHES), SIZE, BS)
    console.print(f"{comp.name}: decoded-picture cache ready after {time.perf_counter() - started:.1f} s ({len(comp.train_ids)} pictures)")
    return emotion_learner(dls, ARCH)


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
    frame = pd.DataFrame(
        {"name": [comp.train_names[r] for r in rows], "label": [EMOTIONS[comp.labels[r]] for r in rows], "is_valid": is_valid}
    )
    dls = ImageDataLoaders.from_df(frame, folder, valid_col="is_valid", item_tfms=Resize(SIZE), batch_tfms=aug_transforms(), bs=BS)
    return vision_learner(dls, ARCH, pretrained=False)


def _some_rows(comp: Competition, n: int) -> np.ndarray:
    """`n` rows of train.csv, evenly spread."""
    return np.linspace(0, len(comp.train_ids) - 1, n).round().astype(int)


def _enlarged(comp: Competition, folder: Path) -> Competition:
    """A copy of some pictures at 400 px, in the competition's layout."""
    rows = _some_rows(comp, 2 * BS * BATCHES)
    for r in rows:
        data = np.frombuffer(comp.train_pictures.read(comp.train_names[r]), np.uint8)
        image = cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (BIG, BIG), interpolation=cv2.INTER_CUBIC)
        (folder / comp.train_names[r]).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / comp.train_names[r]), image)
    table = pd.DataFrame({"image_path": [comp.train_ids[r] for r in rows], "emotion": [EMOTIONS[comp.labels[r]] for r in rows]})
    table.to_csv(folder / "train.csv", lineterminator="\r\n", index_label="")
    (folder / "test_kaggle").mkdir()
    (folder / "test_kaggle" / "0.jpg").write_bytes((folder / comp.train_names[0]).read_bytes())
    pd.DataFrame({"image_path": ["0.jpg"], "emotion": ["neutral"]}).to_csv(folder / "sample_submission.csv", index=False)
    return read_competition(folder)


_MEMORY = """
import json, sys
from pathlib import Path
import numpy as np, psutil
from emofast.data.cache import PixelCache
folder, rows = Path(sys.argv[1]), int(sys.argv[2])
cache, rng, process, peak = PixelCache(folder), np.random.default_rng(0), psutil.Process(), 0
before = process.memory_info().rss
for _ in range(400):
    cache.rows(rng.integers(0, rows, 64)).astype(np.float32).mean()
    peak = max(peak, process.memory_info().rss)
print(json.dumps([before / 2**20, peak / 2**20]))
"""


def _memory() -> str:
    """Resident memory while batches are read from a cache of 50,000 pictures at 224 px, in a process of its own.

    The file is sparse: it reads as zeros without 7.5 GB of disk, and a mapped page of it counts as resident like any other.
    """
    shape = (50_000, 3, 224, 224)
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        with (folder / "pixels.u8").open("wb") as f:
            f.truncate(int(np.prod(shape)))
        np.save(folder / "readable.npy", np.ones(shape[0], bool))
        (folder / "cache.json").write_text(json.dumps({"shape": shape}))
        command = [sys.executable, "-c", _MEMORY, tmp, str(shape[0])]
        out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=paths.PROJECT)
        before, peak = json.loads(out.stdout)
    return (
        f"memory: 400 random batches of 64 from 50,000 pictures at 224 px ({np.prod(shape) / 1e9:.1f} GB on disk): "
        f"resident {before:.0f} MB before, {peak:.0f} MB at most (goal: under 2,500 MB more)"
    )
