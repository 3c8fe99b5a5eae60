"""Networks by name, with weights that are fetched, read from a file, or drawn; and their parameter groups."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import timm
import torch
import torchvision
from fastai.torch_core import params
from timm.models import group_parameters
from torch import nn

from emofast.console import console, warn
from emofast.errors import EmofastError
from emofast.training.small import SMALL, SmallResNet

__all__ = ["VAOutput", "create_network", "head_of", "split_head", "split_stages", "usable_weights"]

IMAGENET = "imagenet"
NONE = "none"


class VAOutput(nn.Module):
    """Squeezes the last two outputs, valence and arousal, into (-1, 1); [n, k] to [n, k]."""

    def forward(self, x):
        return torch.cat([x[:, :-2], torch.tanh(x[:, -2:])], 1)


def create_network(arch: str, n_out: int, channels: int = 3, weights: str = IMAGENET, drop: float = 0.0) -> nn.Module:
    """A timm or torchvision network with `n_out` outputs, or one of emofast's own (`SMALL`).

    `arch`: timm's name, with its tag for particular weights (`convnext_tiny.in12k_ft_in1k`), or torchvision's, forced by
    `torchvision.NAME`. `weights`: `imagenet` (fetched), `none` (drawn by the seed), or a state-dict file (.pth, .safetensors).
    Raises `EmofastError` for an unknown name and for weights that cannot be had, naming the ways out.
    """
    weights = usable_weights(arch, weights)
    pretrained, base = weights == IMAGENET, _base(arch)
    try:
        if base in SMALL:
            model = SmallResNet(n_out, channels, drop=drop, **SMALL[base])
        elif base in timm.list_models():
            model = timm.create_model(arch, pretrained=pretrained, num_classes=n_out, in_chans=channels, drop_rate=drop)
        else:
            model = _torchvision(arch.removeprefix("torchvision."), n_out, channels, pretrained, drop)
    except (OSError, RuntimeError) as e:  # hub errors are OSErrors; "no pretrained weights exist" is a RuntimeError
        if not pretrained:
            raise
        raise EmofastError(
            f"the pretrained weights of {arch} cannot be fetched ({_first_line(e)}); train from nothing with --weights none, give a "
            "file with --weights FILE.safetensors, or fetch them once on a connected machine and copy its Hugging Face cache ($HF_HOME)."
        ) from e
    if weights not in (IMAGENET, NONE):
        _load_file(model, Path(weights))
    return model


def usable_weights(arch: str, weights: str) -> str:
    """`weights`, or `none`, aloud, for a network of emofast's own, of which there are none on ImageNet."""
    if _base(arch) not in SMALL or weights != IMAGENET:
        return weights
    warn(f"{arch} is emofast's own and has no pretrained weights: it starts from nothing")
    return NONE


def _base(arch: str) -> str:
    """A timm name without its tag."""
    return arch.split(".")[0]


def _torchvision(name: str, n_out: int, channels: int, pretrained: bool, drop: float) -> nn.Module:
    if name not in torchvision.models.list_models(torchvision.models):
        near = get_close_matches(name, timm.list_models(), n=5, cutoff=0.75)
        raise EmofastError(
            f"neither timm nor torchvision has a network {name!r}" + (f"; did you mean one of {', '.join(near)}?" if near else ".")
        )
    if channels != 3:
        raise EmofastError(
            f"torchvision's {name} takes 3 channels; use get_dls(channels=3), or timm's network of that name for {channels}."
        )
    model = torchvision.models.get_model(name, weights="DEFAULT" if pretrained else None)
    path, head = _last_linear(model)
    parent = model.get_submodule(path.rpartition(".")[0])
    linear = nn.Linear(head.in_features, n_out)
    setattr(parent, path.rpartition(".")[2], nn.Sequential(nn.Dropout(drop), linear) if drop else linear)
    return model


def _last_linear(model: nn.Module) -> tuple[str, nn.Linear]:
    linear = [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]
    if not linear:
        raise EmofastError(
            f"torchvision's {type(model).__name__} ends in no linear layer, so its head cannot be replaced; use a timm network."
        )
    return linear[-1]


def _load_file(model: nn.Module, path: Path) -> None:
    """Load what fits; the head of another task does not, and is told."""
    if not path.is_file():
        raise EmofastError(f"--weights: no file {path}; give imagenet, none, or a state-dict file (.pth or .safetensors).")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as e:  # safetensors, pickle and zip each raise their own
        raise EmofastError(
            f"{path} is not a state-dict file ({_first_line(e)}); save one with torch.save(model.state_dict(), FILE)."
        ) from e
    own = model.state_dict()
    tensors = {k: v for k, v in state.items() if isinstance(v, torch.Tensor)} if isinstance(state, dict) else {}
    fitting = {k: v for k, v in tensors.items() if k in own and own[k].shape == v.shape}
    if not fitting:
        raise EmofastError(f"{path} holds no tensor that fits this network; it was saved from another architecture.")
    model.load_state_dict(fitting, strict=False)
    console.print(
        f"weights: {len(fitting)} of {len(own)} tensors from {path}" + ("" if len(fitting) == len(own) else "; the others stay random")
    )


def _first_line(e: Exception) -> str:
    return (str(e).strip() or type(e).__name__).splitlines()[0][:200]


def head_of(model: nn.Module) -> nn.Module:
    """The classifier of a network made by `create_network`."""
    net = model[0] if isinstance(model, nn.Sequential) and isinstance(model[-1], VAOutput) else model
    return net.get_classifier() if hasattr(net, "get_classifier") else _last_linear(net)[1]


def split_head(model: nn.Module) -> list[list[nn.Parameter]]:
    """Two parameter groups: body and head. Together they are all parameters, each once."""
    head = {id(p) for p in head_of(model).parameters()}
    everything = params(model)
    return [[p for p in everything if id(p) not in head], [p for p in everything if id(p) in head]]


def split_stages(model: nn.Module) -> list[list[nn.Parameter]]:
    """Parameter groups for stage-wise learning rates: stem, each stage, head, from the input up.

    Stages as timm's `group_matcher(coarse=True)` knows them; a network without one raises `EmofastError`.
    """
    net = model[0] if isinstance(model, nn.Sequential) and isinstance(model[-1], VAOutput) else model
    if not hasattr(net, "group_matcher"):
        raise EmofastError("split='stages' needs a timm network, which names its stages; use split='head' for torchvision's.")
    body, head = split_head(model)
    names = {name: p for name, p in net.named_parameters()}
    in_body, groups = {id(p) for p in body}, []
    for group in group_parameters(net, net.group_matcher(coarse=True)).values():
        stage = [names[n] for n in group if id(names[n]) in in_body]
        if stage:
            groups.append(stage)
    return [*groups, head]
