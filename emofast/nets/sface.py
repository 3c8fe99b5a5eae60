"""OpenCV Zoo's face recogniser SFace as a PyTorch network: a MobileNet that tells people apart, a start for expressions.

Zhong and others 2021 (arXiv:2205.12010), Apache-2.0; the file `face_recognition_sface_2021dec.onnx` of OpenCV Zoo.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from emofast.errors import EmofastError
from emofast.nets.small import Staged
from emofast.nets.spec import IMAGENET_STATS

_STAGES = (((64, 1),), ((128, 2), (128, 1)), ((256, 2), (256, 1)), ((512, 2), *[(512, 1)] * 5), ((1024, 2), (1024, 1)))
"""Width and stride of each depthwise separable block, by stage."""


class _Leak(torch.autograd.Function):
    """`PReLU` whose slopes are not learnt: torch's own makes a training step half as long again."""

    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(x, slope)
        return torch.relu(x).mul_(1 - slope).addcmul_(x, slope)

    @staticmethod
    def backward(ctx, grad):
        x, slope = ctx.saved_tensors
        return torch.ops.aten.threshold_backward(grad, x, 0).mul_(1 - slope).addcmul_(grad, slope), None


class _Leaky(nn.Module):
    """x where it is positive, else x times its channel's slope."""

    def __init__(self, n: int):
        super().__init__()
        self.register_buffer("slope", torch.full((n,), 0.25))

    def forward(self, x):
        slope = self.slope.to(x.dtype)
        return _Leak.apply(x, slope.view(1, -1, 1, 1)) if x.requires_grad else F.prelu(x, slope)


def _layer(n_in: int, n_out: int, size: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(n_in, n_out, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(n_out, eps=1e-3), _Leaky(n_out))


class SFace(Staged):
    """Faces [n, channels, h, w], 48 to 112 px, normalised as ImageNet's, to [n, n_out]; 3.2 M parameters.

    Its own chips have 112 px. Mean pooling and a head stand for the recogniser's last layer, which looks at 7x7 places.
    """

    def __init__(self, n_out: int, channels: int = 3, drop: float = 0.0):
        super().__init__()
        mean, std = (torch.tensor(v).view(1, -1, 1, 1) * 255 for v in IMAGENET_STATS[channels])
        self.register_buffer("scale", std / 128)  # it sees (pixel - 127.5) / 128
        self.register_buffer("offset", (mean - 127.5) / 128)
        stages, before = [], 32
        for i, blocks in enumerate(_STAGES):
            layers = [_layer(channels, before, 3)] if i == 0 else []
            for width, stride in blocks:
                layers += [_layer(before, before, 3, stride, before), _layer(before, width, 1)]
                before = width
            stages.append(nn.Sequential(*layers))
        self.stages = nn.Sequential(*stages)
        self.drop, self.fc = nn.Dropout(drop), nn.Linear(before, n_out)

    def forward(self, x):
        return self.fc(self.drop(self.stages(x * self.scale + self.offset).mean((2, 3))))


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """The learnt tensors of an ONNX file, by name."""
    import onnx  # for this alone: opening a model file must not wait for it

    return {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


@torch.no_grad()
def load_sface(net: SFace, path: Path) -> None:
    """Put SFace's weights into `net`, all but its head: what its stages make of a face is then what the file's layers make of it.

    One channel stands for three of the same value. Raises `EmofastError` for a file of another network.
    """
    tensors = {name: torch.from_numpy(t.copy()) for name, t in read_tensors(path).items()}
    if tensors.get("conv_14_conv2d_weight", torch.empty(0)).shape != (1024, 1024, 1, 1):
        raise EmofastError(f"{path} is not SFace (OpenCV Zoo's face_recognition_sface_2021dec.onnx).")
    names = ["conv_1", *(f"conv_{i}{kind}" for i in range(2, 15) for kind in ("_dw", ""))]
    for name, (convolution, norm, leaky) in zip(names, [layer for stage in net.stages for layer in stage], strict=True):
        filters = tensors[f"{name}_conv2d_weight"]
        convolution.weight.copy_(filters if convolution.weight.shape == filters.shape else filters.sum(1, keepdim=True))
        norm.weight.copy_(tensors[f"{name}_batchnorm_gamma"])
        norm.bias.copy_(tensors[f"{name}_batchnorm_beta"])
        norm.running_mean.copy_(tensors[f"{name}_batchnorm_moving_mean"])
        norm.running_var.copy_(tensors[f"{name}_batchnorm_moving_var"])
        leaky.slope.copy_(tensors[f"{name}_relu_gamma"].flatten())
