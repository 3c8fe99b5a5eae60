"""A MobileNet that tells the 9,131 people of VGGFace2 apart, as a start for expressions.

Savchenko 2019 (HSE_FaceRec_tf; VGGFace2: Cao et al. 2018, arXiv:1710.08092), from the file `faceres.bin` of the npm package
`@vladmandic/human` (MIT), where batch norms are folded into the convolutions and all numbers have 16 bits.
"""

from pathlib import Path

import numpy as np
import timm
import torch
from torch import nn

from emofast.errors import EmofastError
from emofast.nets.spec import IMAGENET_STATS

_MEAN = (123.68, 116.779, 103.939)
"""What its input is less, of 255, in the order of its filters."""

_HEADS = 256 * 100 + 100 + 1024 * 256 + 256 + 256 + 1
"""Numbers at the file's start: its heads for age and sex."""

_LENGTH = 6_978_814
_BOUNDS = 2
"""Numbers after each layer: zero and six, between which it is cut off."""


def vggface_mobilenet(n_out: int, channels: int = 3, drop: float = 0.0, **options) -> nn.Module:
    """timm's MobileNet (Howard et al. 2017, arXiv:1704.04861) for faces [n, channels, h, w], padded as TensorFlow does; 3.2 M parameters.

    Its own faces have 224 px. `options`: of timm's network.
    """
    net = timm.create_model("mobilenetv1_100", num_classes=n_out, in_chans=channels, drop_rate=drop, pad_type="same", **options)
    net.get_classifier().reset_parameters()  # timm's own start has 1 / sqrt(n_out): nine classes would begin at a loss of 5
    return net


@torch.no_grad()
def load_vggface(net: nn.Module, path: Path) -> None:
    """Put the file's weights into `net`, all but its head. ImageNet's normalisation, and one channel for three, are folded into the first
    layer; what is outside a picture is ImageNet's mean grey to it.

    The batch norms then are fixed shifts; `calibrate` before training. Raises `EmofastError` for a file of another network.
    """
    data = path.read_bytes()
    if len(data) != _LENGTH:
        raise EmofastError(f"{path} is not the recogniser of @vladmandic/human (faceres.bin).")
    numbers = torch.from_numpy(np.frombuffer(data, "<f2", (len(data) - 8) // 2).astype(np.float32))  # the last eight bytes are no weights
    at = _HEADS

    def take(*shape: int) -> torch.Tensor:
        nonlocal at
        at += (n := int(np.prod(shape)))
        return numbers[at - n : at].view(shape)

    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    for i, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True)):
        n, size, depthwise = convolution.out_channels, convolution.kernel_size, convolution.groups > 1
        if depthwise:
            filters = take(*size, n, 1).permute(2, 3, 0, 1) * take(n).view(-1, 1, 1, 1)
            shift = take(n)
        else:
            filters, shift = take(*size, 3 if i == 0 else convolution.in_channels, n).permute(3, 2, 0, 1), take(n)
        if i == 0:
            mean, std = (torch.tensor(v).expand(3) * 255 for v in IMAGENET_STATS[convolution.in_channels])
            shift = shift + (filters.sum((2, 3)) * (mean - torch.tensor(_MEAN))).sum(1)
            filters = filters * std.view(1, 3, 1, 1)
            filters = filters if convolution.in_channels == 3 else filters.sum(1, keepdim=True)
        convolution.weight.copy_(filters)
        norm.weight.fill_(1)
        norm.bias.copy_(shift)
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        take(_BOUNDS)
