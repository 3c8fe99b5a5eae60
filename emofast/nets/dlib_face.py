"""dlib's face recogniser as a PyTorch network: 29 layers that have seen three million faces, a start for learning expressions.

Davis King, 2017, public domain. The weights come from the package `face_recognition_models`, the extra `faces`.
"""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from emofast.errors import EmofastError, NoWeights
from emofast.nets.small import Staged
from emofast.nets.spec import IMAGENET_STATS

_MEAN = (122.782, 117.001, 104.298)
"""dlib's network sees (pixel - mean of its channel) / 256."""
_LAYER = re.compile(rb"\x01.(con_4|affine_|fc_2)", re.DOTALL)


class _Block(nn.Module):
    """Two 3x3 convolutions around a shortcut without parameters, in dlib's arithmetic.

    A block of stride 2 does not pad its first convolution and averages 2x2 in its shortcut; of the two, the smaller is filled up with
    zeros at the end of height, width and channels. `pad`: pad it all the same; small pictures would end in a single pixel.
    """

    def __init__(self, n_in: int, n_out: int, stride: int):
        super().__init__()
        self.stride = stride
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_out, 3, stride, 2 - stride, bias=False), nn.BatchNorm2d(n_out)
        self.conv2, self.bn2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False), nn.BatchNorm2d(n_out)

    def forward(self, x, pad: bool):
        shortcut = x
        if self.stride == 2:
            shortcut = F.avg_pool2d(x, 2, 2, ceil_mode=pad)
            x = F.pad(x, (1, 1, 1, 1)) if pad else x
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        size = [max(a, b) for a, b in zip(y.shape[1:], shortcut.shape[1:])]
        return F.relu(_fill(y, size) + _fill(shortcut, size))


def _fill(x: torch.Tensor, size: list[int]) -> torch.Tensor:
    """`x` [n, c, h, w] with zeros at its ends up to `size` (c, h, w)."""
    (c, h, w), (channels, height, width) = x.shape[1:], size
    return x if [c, h, w] == size else F.pad(x, (0, width - w, 0, height - h, 0, channels - c))


class DlibFaceResNet(Staged):
    """Faces [n, channels, h, w], 64 to 150 px, normalised as ImageNet's, to [n, n_out]; 5.6 M parameters.

    Batch norms stand for dlib's affine layers. dlib's own chips have 150 px with a face of about 100: a tight crop looks to it as it
    should at 96 to 112 px. Smaller pictures than dlib's are padded in every block of stride 2.
    """

    SIZE = 150

    def __init__(self, n_out: int, channels: int = 3, drop: float = 0.0):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(channels, 32, 7, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(3, 2))
        stages, before = [stem], 32
        for width, blocks, stride in ((32, 3, 1), (64, 4, 2), (128, 3, 2), (256, 3, 2), (256, 1, 2)):
            stages.append(nn.Sequential(_Block(before, width, stride), *[_Block(width, width, 1) for _ in range(blocks - 1)]))
            before = width
        self.stages = nn.Sequential(*stages)
        self.drop, self.fc = nn.Dropout(drop), nn.Linear(256, n_out)

    def forward(self, x):
        return self.fc(self.drop(self.features(x)))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """What the head sees: [n, 256]."""
        pad = x.shape[-1] < self.SIZE
        x = self.stages[0](x)
        for stage in self.stages[1:]:
            for block in stage:
                x = block(x, pad)
        return x.mean((2, 3))


def installed_file() -> Path:
    """The `.dat` of the installed package `face_recognition_models`; `NoWeights` where there is none.

    Found without importing the package, which wants the `pkg_resources` that setuptools no longer has.
    """
    package = find_spec("face_recognition_models")
    path = package and Path(package.submodule_search_locations[0]) / "models" / "dlib_face_recognition_resnet_model_v1.dat"
    if not path or not path.is_file():
        raise NoWeights(
            "--weights dlib reads dlib's face recogniser from the package face_recognition_models, which is not installed: "
            "pip install face_recognition_models==0.3.0 (100 MB), or train from nothing with --weights none."
        )
    return path


def read_tensors(path: Path) -> list[np.ndarray]:
    """The learnt tensors of a dlib network file, flat float32, from the input to the output: for a convolution its filters and then
    its biases, for an affine layer gamma and then beta, for the last layer its matrix [256, 128].

    Each layer is written as its name, for the last one its two sizes, and a tensor: a version, four sizes, raw little-endian floats.
    Integers are a length byte and that many bytes, least first (dlib/serialize.h). Raises `EmofastError` for a file cut short.
    """
    data, at, tensors = path.read_bytes(), 0, []
    while layer := _LAYER.search(data, at):
        at, sizes = layer.end(), []
        for _ in range(7 if layer[1] == b"fc_2" else 5):
            length = data[at]
            sizes.append(int.from_bytes(data[at + 1 : at + 1 + length], "little"))
            at += 1 + length
        count = int(np.prod(sizes[-4:]))
        if count * 4 > len(data) - at:
            raise EmofastError(f"{path} ends in the middle of a tensor: it is damaged; install face_recognition_models 0.3.0 again.")
        tensors.append(np.frombuffer(data, "<f4", count, at))
        at += 4 * count
    return tensors


def load_dlib(net: DlibFaceResNet, path: Path) -> torch.Tensor:
    """Put dlib's weights into `net`, all but its head, and return dlib's own last layer, [128, 256]: `net`'s pooled features times it are
    dlib's face descriptor. ImageNet's normalisation, and one channel for three, are folded into the first convolution.

    The batch norms then are dlib's affine layers; `calibrate` before training. Raises `EmofastError` for a file of another network.
    """
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    tensors = [torch.from_numpy(t.copy()) for t in read_tensors(path)]
    channels = convolutions[0].in_channels
    shapes = [(m.out_channels, 3 if i == 0 else m.in_channels, *m.kernel_size) for i, m in enumerate(convolutions)]
    expected = [n for shape in shapes for n in (int(np.prod(shape)) + shape[0], 2 * shape[0])] + [256 * 128]
    if [len(t) for t in tensors] != expected:
        raise EmofastError(f"{path} is not dlib's face recogniser (dlib_face_recognition_resnet_model_v1.dat).")
    with torch.no_grad():
        for i, (convolution, norm, shape) in enumerate(zip(convolutions, norms, shapes)):
            (filters, bias), (gamma, beta) = tensors[2 * i].split([int(np.prod(shape)), shape[0]]), tensors[2 * i + 1].chunk(2)
            filters = filters.view(shape)
            if i == 0:  # exact, since it pads nothing
                mean, std = (torch.tensor(v).expand(3) * 255 for v in IMAGENET_STATS[channels])
                bias = bias + (filters.sum((2, 3)) * (mean - torch.tensor(_MEAN)) / 256).sum(1)
                filters = filters * (std / 256).view(1, 3, 1, 1)
                filters = filters if channels == 3 else filters.sum(1, keepdim=True)
            convolution.weight.copy_(filters)
            norm.weight.copy_(gamma)
            norm.bias.copy_(beta + gamma * bias)
            norm.running_mean.zero_()
            norm.running_var.fill_(1 - norm.eps)
    return tensors[-1].view(256, 128).T


@torch.no_grad()
def calibrate(net: nn.Module, faces: torch.Tensor) -> None:
    """Make batch norms that were frozen affine layers true ones, by their inputs' mean and variance on `faces` [n, channels, h, w].

    What `net` computes stays the same; from here on it can be trained with batch statistics. A few hundred pictures suffice.
    """

    def measure(norm: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        var, mean = torch.var_mean(inputs[0], (0, 2, 3))
        spread = (norm.running_var + norm.eps).sqrt()
        norm.bias += norm.weight * (mean - norm.running_mean) / spread
        norm.weight *= (var + norm.eps).sqrt() / spread
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)

    hooks = [m.register_forward_pre_hook(measure) for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    training = net.training
    net.eval()(faces)
    net.train(training)
    for hook in hooks:
        hook.remove()
