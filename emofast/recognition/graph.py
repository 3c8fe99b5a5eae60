"""The whole way from uint8 faces to probabilities as one torch module: the learner runs it, the ONNX file is made from it."""

import numpy as np
import torch
from torch import nn

from emofast.emotions import CENTRES, EMOTIONS
from emofast.nets.spec import NetworkSpec

SPREAD = 0.1
"""Squared distance on the circumplex that counts as one logit where no decoder was fitted: neighbouring centres lie about 0.1 apart."""


class FaceGraph(nn.Module):
    """uint8 [n, channels, size, size] to probabilities [n, 9] and valence-arousal [n, 2], both float32.

    Inside: /255, normalisation, the network, softmax of its logits over `temperature`. Where the network gives only one of the two, the
    other is derived. Valence-arousal is the mean of the class centres weighted by the probabilities. Logits are the log-posteriors of
    `decoder` (the training room's `GaussianDecoder`), or, without one, negative squared distances to the class centres over `SPREAD`.
    """

    def __init__(self, model: nn.Module, spec: NetworkSpec, temperature: float = 1.0, decoder=None):
        super().__init__()
        self.model, self.target, self.temperature = model, spec.target, float(temperature)
        centres = np.array(CENTRES)
        means, precisions, bias = centres, np.tile(np.eye(2) * 2 / SPREAD, (len(EMOTIONS), 1, 1)), np.zeros(len(EMOTIONS))
        if decoder is not None:
            means, precisions = decoder.means, np.linalg.inv(decoder.covariances)
            bias = decoder.log_prior - 0.5 * np.linalg.slogdet(decoder.covariances)[1]
        constants = {
            "mean": np.reshape(spec.mean, (1, -1, 1, 1)), "std": np.reshape(spec.std, (1, -1, 1, 1)),
            "centres": centres, "means": means, "precisions": precisions, "bias": bias,
        }  # fmt: skip
        for name, value in constants.items():
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)

    @classmethod
    def of(cls, learn) -> "FaceGraph":
        """The graph of a Learner that has a `spec`, with its `temperature` and `decoder` where it has them."""
        return cls(learn.model, learn.spec, getattr(learn, "temperature", 1.0), getattr(learn, "decoder", None))

    def forward(self, faces: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.model((faces.float() / 255 - self.mean) / self.std)
        if self.target == "va":
            away = output[:, None, :] - self.means
            logits = self.bias - 0.5 * (away * (away[:, :, None, :] * self.precisions).sum(3)).sum(2)
            return (logits / self.temperature).softmax(1), output
        n = len(EMOTIONS)
        probabilities = (output[:, :n] / self.temperature).softmax(1)
        return probabilities, output[:, n:] if self.target == "class+va" else probabilities @ self.centres
