"""A residual network small enough for a webcam on one CPU thread."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

__all__ = ["SmallResNet"]


class _Block(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016, arXiv:1512.03385), with SiLU."""

    def __init__(self, n_in: int, n_out: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out)
        self.conv2, self.bn2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out)
        shape_kept = n_in == n_out and stride == 1
        self.shortcut = nn.Identity() if shape_kept else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))

    def forward(self, x):
        y = self.bn2(self.conv2(F.silu(self.bn1(self.conv1(x)))))
        return F.silu(y + self.shortcut(x))


class SmallResNet(nn.Module):
    """Faces [n, channels, h, w] to [n, n_out]: a stride-2 stem, a stage of two blocks per width, mean pooling; 0.7 M parameters.

    Made for 48-px pictures, whose detail a stem of stride 4, as large networks have, would throw away.
    """

    def __init__(self, n_out: int, channels: int = 1, widths: tuple[int, ...] = (32, 64, 128), drop: float = 0.0):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(channels, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.SiLU())
        stages = [
            nn.Sequential(_Block(before, width, 1 if i == 0 else 2), _Block(width, width, 1))
            for i, (before, width) in enumerate(zip((widths[0], *widths), widths))
        ]
        self.stages = nn.Sequential(stem, *stages)
        self.drop, self.fc = nn.Dropout(drop), nn.Linear(widths[-1], n_out)

    def forward(self, x):
        return self.fc(self.drop(self.stages(x).mean((2, 3))))

    def get_classifier(self) -> nn.Module:
        """The head, as timm's networks name it."""
        return self.fc

    def group_matcher(self, coarse: bool = False) -> dict:
        """Stages as timm's `group_parameters` wants them."""
        return {"stem": r"^stages\.0", "blocks": r"^stages\.(\d+)" if coarse else r"^stages\.(\d+)\.(\d+)"}
