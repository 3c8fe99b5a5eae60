"""What is put on a network, and the parameter groups that body, stages and head are trained by."""

import torch
from torch import nn


class VAOutput(nn.Module):
    """Squeezes the last two outputs, valence and arousal, into (-1, 1); [n, k] to [n, k]."""

    def forward(self, x):
        return torch.cat([x[:, :-2], torch.tanh(x[:, -2:])], 1)


class Around(nn.Module):
    """A network that asks another one, `net`."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)


def network_of(model: nn.Module) -> nn.Module:
    """What `create_network` made, without what is around it and the output for valence and arousal of `emotion_learner`."""
    if isinstance(model, Around):
        return network_of(model.net)
    return model[0] if isinstance(model, nn.Sequential) and isinstance(model[-1], VAOutput) else model


def split_head(model: nn.Module) -> list[list[nn.Parameter]]:
    """Two parameter groups: body and head. Together they are all parameters, each once."""
    head = {id(p) for p in network_of(model).get_classifier().parameters()}
    everything = list(model.parameters())
    return [[p for p in everything if id(p) not in head], [p for p in everything if id(p) in head]]


def split_stages(model: nn.Module) -> list[list[nn.Parameter]]:
    """Parameter groups for stage-wise learning rates: stem, each stage, head, from the input up.

    Stages as timm's `group_matcher(coarse=True)` knows them.
    """
    from timm.models import group_parameters  # here, so that opening a model file does not wait for timm

    net, (body, head) = network_of(model), split_head(model)
    names, in_body = dict(net.named_parameters()), {id(p) for p in body}
    groups = group_parameters(net, net.group_matcher(coarse=True)).values()
    stages = [[names[n] for n in group if id(names[n]) in in_body] for group in groups]
    return [*filter(None, stages), head]
