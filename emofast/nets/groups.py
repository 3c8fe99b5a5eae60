"""What is put on a network, and the parameter groups that body, stages and head are trained by."""

from __future__ import annotations

import torch
from torch import nn

from emofast.errors import EmofastError


class VAOutput(nn.Module):
    """Squeezes the last two outputs, valence and arousal, into (-1, 1); [n, k] to [n, k]."""

    def forward(self, x):
        return torch.cat([x[:, :-2], torch.tanh(x[:, -2:])], 1)


def last_linear(model: nn.Module) -> tuple[str, nn.Linear]:
    """The last linear layer of a torchvision network and its dotted name; raises `EmofastError` where there is none."""
    linear = [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]
    if not linear:
        raise EmofastError(
            f"torchvision's {type(model).__name__} ends in no linear layer, so its head cannot be replaced; use a timm network."
        )
    return linear[-1]


def head_of(model: nn.Module) -> nn.Module:
    """The classifier of a network made by `create_network`."""
    net = model[0] if isinstance(model, nn.Sequential) and isinstance(model[-1], VAOutput) else model
    return net.get_classifier() if hasattr(net, "get_classifier") else last_linear(net)[1]


def split_head(model: nn.Module) -> list[list[nn.Parameter]]:
    """Two parameter groups: body and head. Together they are all parameters, each once."""
    head = {id(p) for p in head_of(model).parameters()}
    everything = list(model.parameters())
    return [[p for p in everything if id(p) not in head], [p for p in everything if id(p) in head]]


def split_stages(model: nn.Module) -> list[list[nn.Parameter]]:
    """Parameter groups for stage-wise learning rates: stem, each stage, head, from the input up.

    Stages as timm's `group_matcher(coarse=True)` knows them; a network without one raises `EmofastError`.
    """
    net = model[0] if isinstance(model, nn.Sequential) and isinstance(model[-1], VAOutput) else model
    if not hasattr(net, "group_matcher"):
        raise EmofastError("split='stages' needs a timm network, which names its stages; use split='head' for torchvision's.")
    from timm.models import group_parameters  # here, so that opening a model file does not wait for timm

    body, head = split_head(model)
    names = {name: p for name, p in net.named_parameters()}
    in_body, groups = {id(p) for p in body}, []
    for group in group_parameters(net, net.group_matcher(coarse=True)).values():
        stage = [names[n] for n in group if id(names[n]) in in_body]
        if stage:
            groups.append(stage)
    return [*groups, head]
