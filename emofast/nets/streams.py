"""Networks around networks: two that see one face, each at the size it was made for; one that sees it turned, or mirrored; one that is
kept in half precision."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn

from emofast.nets.groups import Around


class TwoStreams(nn.Module):
    """Faces [n, channels, h, w] to [n, n_out]: `first` sees them as they are, `second` shrunk to `size` pixels; a last layer, which begins
    as the mean of their outputs, weighs what they say."""

    def __init__(self, first: nn.Module, second: nn.Module, size: int, n_out: int):
        super().__init__()
        self.first, self.second, self.size, self.fc = first, second, size, nn.Linear(2 * n_out, n_out)
        nn.init.zeros_(self.fc.bias)
        with torch.no_grad():
            self.fc.weight.copy_(torch.eye(n_out).repeat(1, 2) / 2)

    def forward(self, x):
        small = F.interpolate(x, (self.size, self.size), mode="area")
        return self.fc(torch.cat([self.first(x), self.second(small)], 1))

    def get_classifier(self) -> nn.Module:
        """The head, as timm's networks name it."""
        return self.fc


class Halved(Around):
    """`net`, whose weights have 16 bits where it is pickled, and 32 where it computes: half the file."""

    def __init__(self, net: nn.Module):
        super().__init__(net.half().float())  # what it computes is what will be kept

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_modules": {"net": copy.deepcopy(self.net).half()}}

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        self.net.float()


class Mirrored(Around):
    """Faces [n, channels, h, w] to the mean of what `net` says of them and of their mirror images, which show the same emotion: flip TTA
    as a network. Twice the work of `net`."""

    def forward(self, x):
        return self.net(torch.cat([x, x.flip(3)])).reshape(2, x.shape[0], -1).mean(0)


class Turned(Around):
    """Faces [n, channels, h, w] to the mean of what `net` says of them as they are and turned by `degrees` to either side: heads tilt, and
    a box is never cut quite straight. Three times the work of `net`."""

    def __init__(self, net: nn.Module, degrees: float):
        super().__init__(net)
        self.degrees = degrees

    def forward(self, x):
        views = [x, *(self._turned(x, math.radians(d)) for d in (self.degrees, -self.degrees))]
        return torch.stack([self.net(view) for view in views]).mean(0)

    def _turned(self, x: torch.Tensor, angle: float) -> torch.Tensor:
        # in double precision, since autocast would have the places of pixels in bf16
        turn = x.new_tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0]], dtype=torch.float64)
        grid = F.affine_grid(turn[None], [1, 1, *x.shape[2:]], align_corners=False).to(x.dtype)
        return F.grid_sample(x, grid.expand(x.shape[0], -1, -1, -1), padding_mode="border", align_corners=False)
