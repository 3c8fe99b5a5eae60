"""An untrained network of the shipped model's size, to measure speed with before there is a trained one."""

from __future__ import annotations

from pathlib import Path

from emofast.nets.spec import NetworkSpec

__all__ = ["ARCH", "stand_in"]

ARCH, SIZE = "small_resnet_d", 48


def stand_in(folder: Path) -> Path:
    """Export an untrained network of the shipped model's shape (48 px grey) into `folder`; returns its card's path.

    Its answers mean nothing; its speed is that of a trained network of this shape.
    """
    import torch
    from fastai.data.all import DataLoaders, Datasets
    from fastai.learner import Learner
    from torch import nn

    from emofast.nets.pretrained import NONE, create_network
    from emofast.recognition.export import export_model

    torch.manual_seed(0)
    data = Datasets([0, 1], [[_no_picture], [_no_label]], splits=[[0], [1]])
    dls = DataLoaders.from_dsets(data.train, data.valid, bs=1, device="cpu")
    learn = Learner(dls, create_network(ARCH, 9, channels=1, weights=NONE), loss_func=nn.CrossEntropyLoss())
    learn.spec = NetworkSpec(ARCH, SIZE, 1, (0.5,), (0.25,))
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
