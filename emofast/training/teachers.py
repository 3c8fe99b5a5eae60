"""Networks of earlier experiments: to go on from, and as teachers of what they think of every training picture."""

from __future__ import annotations

import warnings

import numpy as np
from fastai.learner import Learner, load_learner

from emofast.console import console, warn
from emofast.emotions import EMOTIONS
from emofast.training.ensemble import ensemble_of
from emofast.training.predictions import predict
from emofast.training.results import Result
from emofast.training.run import Run

__all__ = ["taught", "trained"]


def taught(run: Run, votes: np.ndarray, names: tuple[str, ...], share: float) -> np.ndarray:
    """`votes` mixed with `share` of what the experiments `names` think of each training picture; float32 [n, 9] by row of train.csv.

    The teachers are mixed as `ensemble_of` picks on validation. Rows they were not asked about, validation's among them, keep
    their votes. Teachers without a trained network on this machine are left out aloud.
    """
    recorded = {r.name: r for r in run.results()}
    teachers = [recorded[n] for n in names if n in recorded and recorded[n].learner]
    absent = sorted(set(names) - {t.name for t in teachers})
    if absent:
        warn(f"teachers without a trained network here are left out: {', '.join(absent)}; running them first makes a better student")
    if not teachers:
        return votes
    mixture = ensemble_of(teachers, run.data)[0].mixture
    console.print("teachers: " + ", ".join(f"{w:.0%} {n}" for n, w in mixture.weights.items()))
    opinions = {t.name: run.once(f"teacher-{t.name}", lambda t=t: _ask(run, t)) for t in teachers if t.name in mixture.weights}
    asked = next(iter(opinions.values())).any(axis=1)
    soft = votes.astype(np.float32)
    soft[asked] = (1 - share) * votes[asked] + share * mixture({name: opinion[asked] for name, opinion in opinions.items()})
    return soft


def trained(run: Run, name: str) -> Learner | None:
    """The trained learner of the experiment `name` on this data set and machine; None, aloud, where there is none."""
    found = [r for r in run.results() if r.name == name and r.learner]
    if not found:
        warn(f"{name} has left no trained network here to go on from: this run starts from nothing; run {name} first")
    return _load(found[0]) if found else None


def _load(result: Result) -> Learner:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "load_learner")  # of strangers' pickles; this program has written the file on this machine
        return load_learner(result.learner)


def _ask(run: Run, teacher: Result) -> np.ndarray:
    """One teacher's probabilities with flip TTA, float32 [n, 9]; zeros for rows it was not asked about."""
    learn = _load(teacher)
    dls = run.get_dls(size=learn.spec.size, bs=256, channels=learn.spec.channels)
    pictures = dls.train.dataset
    opinion = np.zeros((len(run.data.labels), len(EMOTIONS)), np.float32)
    with pictures.set_split_idx(1):  # seen as validation sees them, without augmentation
        dl = dls.valid.new(pictures, shuffle=False, drop_last=False)
        opinion[np.asarray(pictures.items)] = predict(learn, dl, tta=True, decoder=learn.decoder).probabilities
    return opinion
