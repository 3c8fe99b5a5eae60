"""The whole way from uint8 faces to probabilities as one torch module: the learner runs it, the ONNX file is made from it."""

from __future__ import annotations

import torch
from torch import nn

from emofast.emotions import CENTRES, EMOTIONS
from emofast.network import NetworkSpec

__all__ = ["SPREAD", "FaceGraph"]

SPREAD = 0.1
"""Squared distance on the circumplex that counts as one logit: the centres of neighbouring classes lie about 0.1 apart."""


class FaceGraph(nn.Module):
    """uint8 [n, channels, size, size] to probabilities [n, 9] and valence-arousal [n, 2], both float32.

    Inside: /255, normalisation, the network, softmax of its logits over `temperature`. Where the network gives only one of the two,
    the other is derived: valence-arousal is the mean of the class centres weighted by the probabilities; logits are the negative squared
    distances to the centres over `SPREAD`, that is a Gaussian of one width around each.
    """

    def __init__(self, model: nn.Module, spec: NetworkSpec, temperature: float = 1.0):
        super().__init__()
        self.model, self.target, self.temperature = model, spec.target, float(temperature)
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(spec.std).view(1, -1, 1, 1))
        self.register_buffer("centres", torch.tensor(CENTRES))

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.model((faces.float() / 255 - self.mean) / self.std)
        n = len(EMOTIONS)
        if self.target == "va":
            distances = (output[:, None, :] - self.centres).square().sum(2)
            return (-distances / (SPREAD * self.temperature)).softmax(1), output
        probabilities = (output[:, :n] / self.temperature).softmax(1)
        return probabilities, output[:, n:] if self.target == "class+va" else probabilities @ self.centres
