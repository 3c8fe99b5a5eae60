"""Small fastai learners of every target kind, trained for a moment on grey squares: real files without a real training."""

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from emofast.emotions import EMOTIONS
from emofast.faces import prepare_face
from emofast.nets.spec import NetworkSpec

OUTPUTS = {"class": 9, "votes": 9, "va": 2, "class+va": 11}


def read_tensor(path: Path, size: int, channels: int):
    import torch

    return torch.from_numpy(prepare_face(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), size, channels)).float().div(255).sub(0.5).div(0.25)


def read_label(path: Path):
    import torch

    return torch.tensor(int(path.stem) % len(EMOTIONS))


def make_learner(folder: Path, target: str = "class", channels: int = 1, size: int = 32, seed: int = 0):
    """An exported learner at `folder`/learner.pkl; returns its path."""
    import torch
    from fastai.callback.progress import ProgressCallback  # noqa: F401  (it is this import that gives Learner its no_bar)
    from fastai.data.all import DataLoaders, Datasets, L
    from fastai.learner import Learner
    from torch import nn

    folder.mkdir(parents=True, exist_ok=True)
    rng, files = np.random.default_rng(seed), L()
    for i in range(12):
        files.append(folder / f"{i}.png")
        cv2.imwrite(str(files[-1]), rng.integers(0, 256, (40, 40), np.uint8))
    torch.manual_seed(seed)
    data = Datasets(files, [[partial(read_tensor, size=size, channels=channels)], [read_label]], splits=[range(8), range(8, 12)])
    dls = DataLoaders.from_dsets(data.train, data.valid, bs=4, num_workers=0, device="cpu")
    body = [nn.Conv2d(channels, 8, 3, 2), nn.BatchNorm2d(8), nn.SiLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten()]
    head = [nn.Linear(128, OUTPUTS[target])] + ([nn.Tanh()] if target == "va" else [])
    learn = Learner(dls, nn.Sequential(*body, *head), loss_func=nn.CrossEntropyLoss(), path=folder)
    if target in ("class", "votes"):
        with learn.no_bar(), learn.no_logging():
            learn.fit(1, 1e-2)
    learn.spec = NetworkSpec(arch="small", size=size, channels=channels, mean=(0.5,) * channels, std=(0.25,) * channels, target=target)
    learn.export(folder.resolve() / "learner.pkl")
    return folder / "learner.pkl"
