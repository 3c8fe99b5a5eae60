"""What several experiments share: soft targets from other networks, networks to go on from, and the three-stage recipe."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner

from emofast.console import console, warn
from emofast.data import Competition, frozen_split, get_dls, vote_shares
from emofast.data.augmentation import face_augmentation, strong_augmentation
from emofast.data.cache import training_faces
from emofast.data.split import duplicate_groups
from emofast.emotions import N
from emofast.errors import EmofastError
from emofast.nets.heads import cross_entropy
from emofast.nets.streams import Turned, TwoStreams
from emofast.paths import sha256
from emofast.recognition.card import read_card
from emofast.recognition.model_files import open_onnx, unpickle
from emofast.recognition.recognizer import find_model
from emofast.training.callbacks import EMA
from emofast.training.ensemble import ensemble_of
from emofast.training.learners import emotion_learner
from emofast.training.optimizer import FusedAdam
from emofast.training.predictions import predict, training_dl
from emofast.training.results import Result, named_results, results_folder

STUDENT = "artifacts/emofast.onnx"


def three_stages(
    data: Competition, arch: str, votes: np.ndarray, epochs: int, bs: int, lr: float, drop: float,
    strength: float = 0.5, balance: float = 0.0, cbs: Callable[[], Sequence[Callback]] = tuple, opt_func: Callable = FusedAdam,
    pseudo: np.ndarray | None = None,
) -> Learner:  # fmt: skip
    """Train a small grey network with EMA: half the time on pictures of 36 px, then of 48 px, both under strong augmentation; the last
    eighth at a low rate under mild augmentation, on faces as they are used. `cbs`: makes more callbacks for the first two fits.
    `pseudo`: of `pseudo_labels`."""
    small, large, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, balance=balance, pseudo=pseudo, augment=augment)
        for size, augment in ((36, strong_augmentation(strength)), (48, strong_augmentation(strength)), (48, face_augmentation()))
    )
    learn = emotion_learner(large, arch, drop=drop, opt_func=opt_func)  # it is used at the large size
    last = epochs // 8
    first = (epochs - last) // 2
    stages = [
        (small, first, lr, {"div_final": 4}, cbs()),
        (large, epochs - last - first, lr, {"div": 4, "pct_start": 0.1}, cbs()),
        (mild, last, 0.15 * lr, {}, ()),
    ]
    for dls, n, rate, schedule, more in stages:
        if n:  # a stage that is a share of very few epochs
            learn.dls = dls
            learn.fit_one_cycle(n, rate, cbs=[EMA(), *more], reset_opt=True, **schedule)
    return learn


def fine_tune_large(
    data: Competition, arch: str, weights: str, size: int, bs: int, epochs: int, lr: float, ratio: float, drop: float,
    pseudo: np.ndarray | None = None, **options,
) -> Learner:  # fmt: skip
    """Fine-tune a pretrained network on photographs of a few hundred pixels: the head alone for an epoch; then all layers, the stem at
    1 / `ratio` of the head's rate, half of the epochs at two thirds of the size; with EMA, strong augmentation and label smoothing.
    `pseudo`: of `pseudo_labels`; `options`: of timm's network."""
    target = "class" if pseudo is None else "votes"
    smaller, large = (
        get_dls(data, s, bs, target, votes=vote_shares(data), pseudo=pseudo, augment=strong_augmentation(0.6))
        for s in (max(1, round(size / 48)) * 32, size)
    )
    # the learner's own size is the large one, at which it is used
    learn = emotion_learner(large, arch, weights, cross_entropy(0.1), split="stages", drop=drop, **options)
    learn.dls = smaller
    if weights != "none":
        learn.freeze()
        learn.fit_one_cycle(1, lr)
        learn.unfreeze()
    for dls, n in ((smaller, epochs // 2), (large, epochs - epochs // 2)):
        if n:
            learn.dls = dls
            learn.fit_one_cycle(n, slice(lr / ratio, lr), cbs=[EMA()], reset_opt=True)
    return learn


def _recorded(data: Competition, names: Sequence[str], networks: bool = True) -> list[Result]:
    """Those of the named experiments that are recorded on this data set; the others are told. Where their `networks` are wanted, raises
    `EmofastError` for one that is not on this machine: what is recorded without it would replace a result that had it."""
    named = named_results(results_folder(data.name, data.max_rows is not None), names)
    found = list(named.values())
    if absent := sorted(set(names) - set(named)):
        warn(f"not recorded on {data.name} and left out: {', '.join(absent)}; run them first for a better network")
    if networks and (gone := [r.name for r in found if not r.learner]):
        raise EmofastError(
            f"{', '.join(gone)}: recorded on {data.name}, but the trained network is not on this machine; train it again first: "
            f"python experiments/{gone[0].partition('+')[0]}.py --data {data.folder}"
        )
    return found


def distill(data: Competition, votes: np.ndarray, teachers: Sequence[str], share: float) -> np.ndarray:
    """Soft targets (Hinton et al. 2015, arXiv:1503.02531): `votes` mixed with `share` of what the teachers, other experiments,
    predict for each training picture; float32 [n, 9] by row of train.csv.

    The teachers are mixed as `ensemble_of` picks on validation. Rows they do not predict, validation's among them, keep their votes.
    Teachers that are not recorded are left out, with a warning.
    """
    found = _recorded(data, teachers)
    if not found:
        return votes
    mixture = ensemble_of(found, data)[0].mixture
    console.print("teachers: " + ", ".join(f"{w:.0%} {n}" for n, w in mixture.weights.items()))
    predictions = {r.name: _predict_training(data, r) for r in found if r.name in mixture.weights}
    predicted = next(iter(predictions.values())).any(axis=1)
    soft = votes.astype(np.float32)
    soft[predicted] = (1 - share) * votes[predicted] + share * mixture({name: p[predicted] for name, p in predictions.items()})
    return soft


def distill_shipped(data: Competition, votes: np.ndarray, share: float) -> np.ndarray:
    """Soft targets as `distill` makes them, with the shipped model (with flip TTA) as the one teacher: it needs no trained network."""
    model = find_model(STUDENT)
    student, mirrored = open_onnx(model), (read_card(model) or {}).get("mirrored")  # then it looks at the mirror image by itself
    faces = training_faces(data, student.size, student.channels)
    soft, train = votes.astype(np.float32), np.flatnonzero(~frozen_split(data))
    for rows in np.array_split(train, len(train) // 64 + 1):
        x = faces.rows(rows)
        views = (x,) if mirrored else (x, np.ascontiguousarray(x[..., ::-1]))
        soft[rows] = (1 - share) * votes[rows] + share * np.mean([student.run(view)[0] for view in views], axis=0)
    return soft


def shipped_teacher() -> str:
    """Which network `distill_shipped` asks: its experiment's name and the beginning of its file's SHA-256."""
    model = find_model(STUDENT)
    return f"{(read_card(model) or {}).get('experiment', 'unknown')} {sha256(model)[:12]}"


def pseudo_labels(data: Competition, teachers: Sequence[str]) -> np.ndarray | None:
    """Soft targets for the test pictures (Lee 2013, "Pseudo-Label"), whose truth is not used: what the teachers, other experiments, have
    recorded for them, mixed as `ensemble_of` picks on validation; float32 [n_test, 9]. None, with a warning, where none is recorded.
    """
    found = _recorded(data, teachers, networks=False)
    if not found:
        return None
    ensemble, _, test = ensemble_of(found, data)
    return ensemble.mixture({name: t["probabilities"] for name, t in test.items()}).astype(np.float32)


def _predict_training(data: Competition, teacher: Result) -> np.ndarray:
    """One teacher's probabilities with flip TTA, float32 [n, 9]; zeros for rows it was not trained on."""
    learn = unpickle(teacher.learner)
    learn.dls = get_dls(data, size=learn.spec.size, bs=256, channels=learn.spec.channels)
    learn.model.to(learn.dls.device)
    out = np.zeros((len(data.labels), N), np.float32)
    with training_dl(learn) as dl:
        out[dl.dataset.items] = predict(learn, dl, tta=True, decoder=learn.decoder).probabilities
    return out


def load_trained(data: Competition, experiment: str) -> Learner | None:
    """The trained learner of another experiment on this data set; None, with a warning, where it is not recorded."""
    found = _recorded(data, [experiment])
    return unpickle(found[0].learner) if found else None


def two_streams(dls: DataLoaders, first: Learner, second: Learner) -> Learner:
    """A learner of two trained networks in one (`TwoStreams`): `first` sees the faces of `dls` as they are, `second` at its own size."""
    archs = (part.spec.arch for part in (second, first))
    own = next((arch for arch in archs if arch != "two_streams"), "small_resnet")  # both parts may be of two streams themselves
    learn = emotion_learner(dls, own, "none")  # its network gives way
    learn.model = TwoStreams(first.model, second.model, second.spec.size, N).to(dls.device)
    learn.spec = replace(learn.spec, arch="two_streams")
    return learn


def turned(learn: Learner, degrees: float) -> Learner:
    """A trained learner whose network from now on looks at every face three times (`Turned`)."""
    learn.model = Turned(learn.model, degrees).to(learn.dls.device)
    learn.spec = replace(learn.spec, size=learn.dls.size)
    return learn


def out_of_fold(
    data: Competition, make: Callable[[np.ndarray, np.ndarray | None], Learner], epochs: int, lr: float, folds: int = 3, share: float = 0.5
) -> np.ndarray:
    """Soft labels for data sets without votes: each picture's class, mixed with `share` of what a network that has not seen it predicts.

    `make(votes, held_out)` builds a learner; one is trained per fold, for `epochs`. float32 [n, 9] by row of train.csv.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    classes = np.eye(N, dtype=np.float32)[data.labels]
    console.print(f"{data.name} has no votes: {folds} networks of {epochs} epochs stand in for the annotators")
    soft = classes.copy()  # an unreadable picture keeps its class
    copies = duplicate_groups((data.train_pictures, data.train_names))  # a network has seen a picture whose copy it has seen
    for _, fold in StratifiedGroupKFold(folds, shuffle=True, random_state=42).split(classes, data.labels, copies):
        held_out = np.zeros(len(classes), bool)
        held_out[fold] = True
        learn = make(classes, held_out)
        learn.fit_one_cycle(epochs, lr)
        rows = np.asarray(learn.dls.valid.dataset.items)
        soft[rows] = (1 - share) * classes[rows] + share * predict(learn, learn.dls.valid).probabilities
    return soft
