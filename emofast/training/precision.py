"""Mixed precision that really is mixed: bf16 on processors and GPUs that have it, fp16 on older GPUs, else fp32."""

import re
from dataclasses import dataclass
from functools import cache

import torch
from fastai.callback.core import Callback
from fastai.callback.fp16 import MixedPrecision

from emofast.errors import EmofastError
from emofast.training.memory import give_back_memory, keep_memory


@dataclass(frozen=True)
class Precision:
    """Chosen number format and why, for the person and for `result.json`."""

    name: str  # bf16, fp16 or fp32
    reason: str

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


def choose_device(device: str = "auto") -> torch.device:
    """`auto`: CUDA where there is a GPU, else the CPU. Raises `EmofastError` for `cuda` without one, and for one too old for torch."""
    if device == "cpu" or (device == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise EmofastError("--device cuda was asked for and torch sees no GPU here; use --device cpu, or install the NVIDIA driver.")
    oldest = min(map(int, re.findall(r"sm_(\d+)", " ".join(torch.cuda.get_arch_list()))), default=0)
    major, minor = torch.cuda.get_device_capability()
    if 10 * major + minor < oldest:
        way = "use --device cpu, or install a torch that knows it (pytorch.org)"
        raise EmofastError(f"{torch.cuda.get_device_name()} is too old for torch {torch.__version__}; {way}.")
    return torch.device("cuda")


@cache
def choose_precision(device: torch.device) -> Precision:
    """The fastest format that trains as well as fp32 on `device`.

    bf16 on a CPU only pays with instructions for it: without them torch emulates, several times slower than fp32.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return Precision("bf16", f"{name} multiplies bfloat16")
        return Precision("fp16", f"{name} has no bfloat16; gradients are scaled")
    if device.type != "cpu":
        return Precision("fp32", f"mixed precision is not tested on {device.type}")
    if torch.cpu._is_amx_tile_supported():
        return Precision("bf16", "this CPU has AMX tiles")
    if torch.cpu._is_avx512_bf16_supported():
        return Precision("bf16", "this CPU has AVX512-BF16")
    return Precision("fp32", "this CPU has neither AMX nor AVX512-BF16")


def _fp32(module, inputs):
    """Depthwise convolutions of a processor are slower in bf16: EfficientNet-Lite0 at 96 px trains at 109 pictures a second all in bf16,
    at 127 in fp32 and at 142 with these alone in fp32 (AMD EPYC with AVX512-BF16, two cores; artifacts/bench/steps-epyc.txt)."""
    torch.set_autocast_enabled("cpu", False)
    return tuple(x.float() for x in inputs)


def _bf16(module, inputs, output):
    torch.set_autocast_enabled("cpu", True)


class ScaledGradients(MixedPrecision):
    """fastai's own fp16, for GPUs that have no bf16; it gives way to what `learn.to_fp16()` adds."""

    name = "mixed_precision"

    def before_fit(self):
        self.run = sum(isinstance(c, MixedPrecision) for c in self.learn.cbs) == 1
        if self.run:
            super().before_fit()


class Autocast(Callback):
    """Channels-last batches of plain tensors, and bf16 forward passes where `choose_precision` finds that the device has them.

    fastai's own `MixedPrecision` is CUDA only. Plain tensors, because fastai's `TensorImage` sends every operation of
    the network through Python; channels last, because that is the layout convolutions are fast in. The device is asked
    at each use: an exported learner may run on another machine than it was trained on.
    """

    order = 10  # after MixUp and the like have made the batch

    def before_fit(self):
        self.after_fit()  # of the one before, where Ctrl-C broke it off
        self.learn.model.to(memory_format=torch.channels_last)
        if self.dls.device.type != "cpu":
            return
        keep_memory()
        if choose_precision(self.dls.device).name == "bf16":
            depthwise = (m for m in self.model.modules() if isinstance(m, torch.nn.Conv2d) and m.groups > 1)
            self._hooks = [h for m in depthwise for h in (m.register_forward_pre_hook(_fp32), m.register_forward_hook(_bf16))]

    def after_epoch(self):
        give_back_memory()

    def after_fit(self):
        self.after_cancel_batch()
        for hook in getattr(self, "_hooks", []):
            hook.remove()
        self._hooks = []

    def before_batch(self):
        self.learn.xb = tuple(x.as_subclass(torch.Tensor).contiguous(memory_format=torch.channels_last) for x in self.xb)
        if not hasattr(self.learn, "mixed_precision"):  # fastai's own is at work
            bf16 = choose_precision(self.x.device).name == "bf16"
            self._context = torch.autocast(self.x.device.type, torch.bfloat16, enabled=bf16)
            self._context.__enter__()

    def after_pred(self):
        self.after_cancel_batch()
        self.learn.pred = self.pred.float()  # losses in fp32

    def after_cancel_batch(self):
        context, self._context = getattr(self, "_context", None), None
        if context is not None:
            context.__exit__(None, None, None)
