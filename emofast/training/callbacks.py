"""What experiments add to a fit: an average of the weights that validates better than they do, and epochs that cost less."""

import torch
from fastai.callback.core import Callback, CancelValidException
from fastai.data.core import DataLoaders


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
        self.average, self.raw, self.steps, self.swapped = _copy(self.model), None, 0, False

    def after_batch(self):
        if not self.training:
            return
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                average = self.average[name]
                average.lerp_(value, 1 - decay) if value.is_floating_point() else average.copy_(value)

    def before_validate(self):
        self.raw = _copy(self.model)
        self.model.load_state_dict(self.average)
        self.swapped = True

    def after_epoch(self):
        if self.swapped and self.epoch < self.n_epoch - 1:
            self.model.load_state_dict(self.raw)
        self.swapped = False

    def state_dict(self) -> dict:
        """What a checkpoint keeps beside the model: while that holds the average the weights themselves, else the average."""
        return {"raw": self.raw if self.swapped else None, "average": None if self.swapped else self.average, "steps": self.steps}

    def load_state_dict(self, state: dict) -> None:
        """Go on from a checkpoint whose model has been loaded."""
        self.average, self.steps = state["average"] or _copy(self.model), state["steps"]
        if state["raw"]:
            self.model.load_state_dict(state["raw"])


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
