"""Residual networks small enough for a webcam on one CPU thread."""

import torch.nn.functional as F
from torch import nn

SMALL = {
    "shallow_resnet": {"widths": (32, 64, 128), "blocks": (1, 1, 1), "standardise": True},  # 0.31 M parameters
    "small_resnet": {"widths": (32, 64, 128)},  # 0.70 M
    "small_resnet_d": {"widths": (32, 64, 128), "blocks": (2, 2, 3), "deep_stem": 16, "standardise": True},  # 1.00 M
    "medium_resnet_d": {"widths": (48, 96, 192), "deep_stem": 16},  # 1.57 M
    "wide_resnet_d": {"widths": (48, 128, 256), "blocks": (1, 3, 2), "deep_stem": 16, "standardise": True},  # 2.95 M
    "deep_resnet_d": {"widths": (64, 128, 256, 512), "blocks": (1, 2, 2, 1), "deep_stem": 16, "standardise": True},  # 6.39 M
}
"""Names that `create_network` knows, and what they mean."""


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


def _stem(n_in: int, n_out: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.SiLU()]


class Staged(nn.Module):
    """A network of `stages`, the stem first, with a head `fc`; what timm's own networks can tell of themselves."""

    def get_classifier(self) -> nn.Module:
        """The head, as timm's networks name it."""
        return self.fc

    def group_matcher(self, coarse: bool = False) -> dict:
        """Stages as timm's `group_parameters` wants them."""
        return {"stem": r"^stages\.0", "blocks": r"^stages\.(\d+)" if coarse else r"^stages\.(\d+)\.(\d+)"}


class SmallResNet(Staged):
    """Faces [n, channels, h, w] to [n, n_out]: a stride-2 stem, a stage of residual blocks per width, mean pooling.

    Made for 48-px pictures, whose detail a stem of stride 4, as large networks have, would throw away. `deep_stem`: channels of
    one more convolution at full resolution before the stem (He et al. 2019, arXiv:1812.01187, "ResNet-D"); 0 for none. `standardise`: each
    picture gets mean 0 and spread 1 first, so that dim and glaring light look alike.
    """

    def __init__(
        self, n_out: int, channels: int = 1, widths: tuple[int, ...] = (32, 64, 128), blocks: tuple[int, ...] = (2, 2, 2),
        deep_stem: int = 0, standardise: bool = False, drop: float = 0.0,
    ):  # fmt: skip
        super().__init__()
        stem = [nn.InstanceNorm2d(channels)] if standardise else []
        stem += _stem(channels, deep_stem, 1) if deep_stem else []
        stem += _stem(deep_stem or channels, widths[0], 2)
        stages = [
            nn.Sequential(_Block(before, width, 1 if i == 0 else 2), *[_Block(width, width, 1) for _ in range(n - 1)])
            for i, (before, width, n) in enumerate(zip((widths[0], *widths), widths, blocks))
        ]
        self.stages = nn.Sequential(nn.Sequential(*stem), *stages)
        self.drop, self.fc = nn.Dropout(drop), nn.Linear(widths[-1], n_out)

    def forward(self, x):
        return self.fc(self.drop(self.stages(x).mean((2, 3))))
