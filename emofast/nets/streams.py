"""Two networks in one: both look at the same face, each at the size it was made for."""

import torch
import torch.nn.functional as F
from torch import nn


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
