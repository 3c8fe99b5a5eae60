"""Epochs that cost less: small pictures first, and no validation before the end."""

from __future__ import annotations

from fastai.callback.core import Callback, CancelValidException
from fastai.data.core import DataLoaders


class GrowingPictures(Callback):
    """Train the first `epochs` epochs of a fit on `smaller`, the rest on the Learner's own `dls`, under one schedule
    (Howard 2018, fast.ai's DAWNBench entry). Both hold the same pictures."""

    order = 30  # before a checkpoint (80) looks at the dls

    def __init__(self, smaller: DataLoaders, epochs: int):
        self.smaller, self.epochs = smaller, epochs

    def before_fit(self):
        self.large = self.dls
        self.smaller.train.rng = self.large.train.rng  # one order of pictures to resume

    def before_epoch(self):
        self.learn.dls = self.smaller if self.epoch < self.epochs else self.large

    def after_fit(self):
        self.learn.dls = self.large


class ValidateLast(Callback):
    """Validate only after the last epoch of a fit."""

    def before_validate(self):
        if self.epoch < self.n_epoch - 1:
            raise CancelValidException
