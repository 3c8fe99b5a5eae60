"""Soft labels for data sets without votes: what other networks think; float32 [n, 9] by row of train.csv."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from fastai.learner import Learner

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.training.predictions import predict
from emofast.training.run import Run

__all__ = ["out_of_fold"]


def out_of_fold(run: Run, make: Callable[..., Learner], lr: float, folds: int = 3, share: float = 0.5) -> np.ndarray:
    """The class of each picture, mixed with `share` of what a network that has not seen the picture thinks of it.

    For data sets without votes. `make(run, votes, held_out)` builds a learner; one is trained per fold, for half of `run.epochs`.
    """
    from sklearn.model_selection import StratifiedKFold

    labels, epochs = run.data.labels, max(1, run.epochs // 2)
    classes = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    console.print(f"{run.data.name} has no votes: {folds} networks of {epochs} epochs stand in for the annotators")

    def think(fold: np.ndarray) -> np.ndarray:
        held_out = np.zeros(len(labels), bool)
        held_out[fold] = True
        learn = make(run, classes, held_out)
        run.fit(learn, epochs, lr)
        thought = classes.copy()  # an unreadable picture keeps its class
        thought[np.asarray(learn.dls.valid.dataset.items)] = predict(learn, learn.dls.valid).probabilities
        return thought[fold]

    soft = classes.copy()
    for i, (_, fold) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=run.seed).split(classes, labels)):
        soft[fold] = (1 - share) * classes[fold] + share * run.once(f"fold{i}", partial(think, fold))
    return soft
