"""What experiments add to a fit: an average of the weights that validates better than they do, epochs that cost less, and teachers."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from fastai.callback.core import Callback, CancelValidException
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.torch_core import TensorImage, get_model, to_device

from emofast.data.augmentation import PoorCamera
from emofast.training.precision import choose_precision


class EMA(Callback):
    """Keeps an exponential moving average of the weights, validates it, and leaves it in the model at the end
    (Polyak & Juditsky 1992; Tan & Le 2019, arXiv:1905.11946).

    `decay` per step; it starts lower, so that the first random weights are soon forgotten.
    """

    order = 90  # swaps back after the checkpoint (80) has kept the average as the epoch's weights

    def __init__(self, decay: float = 0.998):
        self.decay, self.swapped = decay, False

    def before_fit(self):
        self.run = not hasattr(self.learn, "lr_finder")
        self.average, self.raw, self.steps, self.swapped = _copy(get_model(self.model)), None, 0, False

    def after_batch(self):
        if not self.training:
            return
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in get_model(self.model).state_dict().items():
                average = self.average[name]
                average.lerp_(value, 1 - decay) if value.is_floating_point() else average.copy_(value)

    def before_validate(self):
        self.raw = _copy(get_model(self.model))
        get_model(self.model).load_state_dict(self.average)
        self.swapped = True

    def after_epoch(self):
        if self.swapped and self.epoch < self.n_epoch - 1:
            get_model(self.model).load_state_dict(self.raw)
        self.swapped = False

    def state_dict(self) -> dict:
        """What a checkpoint keeps beside the model: while that holds the average the weights themselves, else the average."""
        return {"raw": self.raw if self.swapped else None, "average": None if self.swapped else self.average, "steps": self.steps}

    def load_state_dict(self, state: dict) -> None:
        """Go on from a checkpoint whose model has been loaded."""
        net = get_model(self.model)
        average = state["average"] and to_device(state["average"], next(net.parameters()).device)
        self.average, self.steps = average or _copy(net), state["steps"]
        if state["raw"]:
            net.load_state_dict(state["raw"])


def _copy(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


class GrowingPictures(Callback):
    """Train the first `epochs` epochs of a fit on `smaller`, the rest on the Learner's own `dls`, under one schedule
    (Howard 2018, fast.ai's DAWNBench entry). Both hold the same pictures."""

    order = 30  # before a checkpoint (80) looks at the dls

    def __init__(self, smaller: DataLoaders, epochs: int):
        self.smaller, self.epochs = smaller, epochs

    def before_fit(self):
        self.large = self.dls

    def before_epoch(self):
        now = self.smaller if self.epoch < self.epochs else self.large
        now.train.rng = self.dls.train.rng  # one order of pictures, which a resumed run goes on with
        self.learn.dls = now

    def after_fit(self):
        self.learn.dls = self.large


class ValidateLast(Callback):
    """Validate only after the last epoch of a fit."""

    def before_validate(self):
        if self.epoch < self.n_epoch - 1:
            raise CancelValidException


class ViewByView(Callback):
    """Teachers see every training picture just as it is shown, enlarged to their own sizes; the mean of what they say becomes `share` of
    its target (Beyer et al. 2022, arXiv:2106.05237). Then a poor camera takes a part `poor` of the pictures, which only the student sees.

    For targets that are shares of classes. The teachers are trained learners, and learn nothing.
    """

    order = 5  # before the batch is made ready for the network

    def __init__(self, teachers: Sequence[Learner], share: float, poor: float = 0.0):
        self.teachers, self.share, self.poor = [(t.model.eval(), t.spec.size) for t in teachers], share, PoorCamera(poor)

    def before_fit(self):
        for net, _ in self.teachers:
            net.to(self.dls.device)

    def before_batch(self):
        if not self.training:
            return
        views, device = self.x.as_subclass(torch.Tensor), self.dls.device
        half = choose_precision(device).name == "bf16"
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=half):
            larger = ((net, F.interpolate(views, (size, size), mode="bilinear")) for net, size in self.teachers)
            said = [net(x.contiguous(memory_format=torch.channels_last)).float().softmax(1) for net, x in larger]
        target = self.y.as_subclass(torch.Tensor).lerp(torch.stack(said).mean(0), self.share)
        self.learn.yb = (target.as_subclass(type(self.y)),)
        mean, std = (views.new_tensor(v).view(1, -1, 1, 1) for v in self.dls.stats)
        seen = self.poor.encodes(TensorImage((views * std + mean).clamp(0, 1)))
        self.learn.xb = (TensorImage((seen.as_subclass(torch.Tensor) - mean) / std),)
