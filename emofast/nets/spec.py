"""What a trained network needs beside its weights to be fed and read, wherever it ends up."""

from dataclasses import dataclass
from typing import Literal

Target = Literal["class", "votes", "va", "class+va"]
"""What a network is trained on: the class, the annotators' votes, valence-arousal, or class and valence-arousal."""


IMAGENET_STATS = {3: ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), 1: ((0.449,), (0.226,))}
"""By number of channels: mean and spread of ImageNet's RGB and of its grey values; every network here gets faces normalised by them."""


@dataclass(frozen=True)
class NetworkSpec:
    """Input and output of a network; travels with the Learner as `learn.spec` and into the model card.

    Input: uint8 faces from `emofast.faces.prepare_face(image, size, channels)`, divided by 255, minus `mean`, over `std`.
    Output by `target`: `class` and `votes` nine logits; `va` valence and arousal in (-1, 1); `class+va` nine logits, then
    valence and arousal in (-1, 1).
    """

    arch: str
    size: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    target: Target = "class"
