"""An untrained network of the shipped model's size, to measure speed with before there is a trained one."""

from __future__ import annotations

from pathlib import Path

from emofast.network import NetworkSpec

__all__ = ["stand_in"]

SIZE = 48


def stand_in(folder: Path) -> Path:
    """Export an untrained residual network (0.7 M parameters, 48 px grey) into `folder`; returns its card's path.

    Its answers mean nothing; its speed is that of a trained network of this shape.
    """
    import torch
    from fastai.data.all import DataLoaders, Datasets
    from fastai.learner import Learner
    from torch import nn

    from emofast.recognition.export import export_model

    torch.manual_seed(0)
    data = Datasets([0, 1], [[_no_picture], [_no_label]], splits=[[0], [1]])
    dls = DataLoaders.from_dsets(data.train, data.valid, bs=1, device="cpu")
    learn = Learner(dls, _residual_network(), loss_func=nn.CrossEntropyLoss())
    learn.spec = NetworkSpec("untrained residual network", SIZE, 1, (0.5,), (0.25,))
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / "untrained.pkl").resolve()
    learn.export(path)
    return export_model(path, folder, facts={"note": "untrained, for measuring speed only"}, name="stand-in")


def _no_picture(_):
    import torch

    return torch.zeros(1, SIZE, SIZE)


def _no_label(_):
    import torch

    return torch.tensor(0)


def _residual_network():
    from torch import nn

    class Block(nn.Module):
        def __init__(self, n_in: int, n_out: int, stride: int):
            super().__init__()
            self.way = nn.Sequential(
                nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.SiLU(),
                nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out),
            )  # fmt: skip
            same = n_in == n_out and stride == 1
            self.short = nn.Identity() if same else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))
            self.act = nn.SiLU()

        def forward(self, x):
            return self.act(self.way(x) + self.short(x))

    stem = nn.Sequential(nn.Conv2d(1, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.SiLU())
    blocks = [Block(32, 32, 1), Block(32, 32, 1), Block(32, 64, 2), Block(64, 64, 1), Block(64, 128, 2), Block(128, 128, 1)]
    return nn.Sequential(stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 9))
