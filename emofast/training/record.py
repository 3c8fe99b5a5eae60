"""From trained Learners to a recorded result: predictions, scores with their noise, history, confusion matrix, the exported learner."""

import copy
import os
import platform
import shutil
import sys
import timeit
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import cloudpickle
import numpy as np
import pandas as pd
import torch
from fastai.learner import Learner
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from emofast import paths
from emofast.console import warn
from emofast.data import get_test_dl
from emofast.data.competition import Competition, target_va
from emofast.emotions import EMOTIONS, N
from emofast.machine import processor
from emofast.training import metrics
from emofast.training.decoding import nearest_centre
from emofast.training.distributed import apart
from emofast.training.precision import Precision
from emofast.training.predictions import Predictions, fit_decoder, predict
from emofast.training.progress import EpochProgress
from emofast.training.results import write_result
from emofast.training.resume import Checkpoint, Session, save_whole

PACKAGES = ("torch", "torchvision", "fastai", "timm", "numpy")


@dataclass
class SeedResult:
    """Predictions with and without flip TTA; `rows`: rows of train.csv in validation, int [n_valid]; `facts`: plain values."""

    facts: dict
    rows: np.ndarray
    valid: Predictions
    valid_tta: Predictions
    test: Predictions
    test_tta: Predictions
    history: list[dict]


def finished_seed(folder: Path, seed: int) -> SeedResult | None:
    """The result of a seed that an earlier, killed run completed, or None."""
    path = folder / f"seed{seed}.done.pt"
    return torch.load(path, weights_only=False) if path.is_file() else None  # written by this program, never fetched


def seed_result(learn: Learner, data: Competition, session: Session) -> SeedResult:
    """Predict validation and test pictures with what an experiment returned, export it, and keep everything on disk."""
    fits = [_told(path) for path in session.files]
    learn.remove_cbs([Checkpoint, EpochProgress])
    apart(learn)
    learn.decoder = decoder = fit_decoder(learn, data.labels)  # travels with an exported valence-arousal learner
    test_dl, readable = get_test_dl(learn.dls, data)
    valid, valid_tta = (predict(learn, learn.dls.valid, tta, decoder) for tta in (False, True))
    test, test_tta = (predict(learn, test_dl, tta, decoder) for tta in (False, True))
    for seen in (test, test_tta):  # a picture that cannot be read still needs a row: the classes' frequencies, so the most frequent one
        seen.probabilities[~readable] = np.bincount(data.labels, minlength=N) / len(data.labels)
    if not readable.all():
        first = data.test_names[int(np.argmin(readable))]
        warn(f"{data.name}: {(~readable).sum()} TEST pictures cannot be read, first {first}; they are predicted as the most frequent class")
    rows, learner = np.asarray(learn.dls.valid.dataset.items), session.folder / "learner.pkl"
    # As `learn.export` does, with what the script defines, by a writer that reports a full disk; before the seed counts as done: a kill
    # in between trains nothing again.
    learn._end_cleanup()
    learn.dls, learn.opt, learn.path = learn.dls.new_empty(), None, Path()
    save_whole(learn, learner, cloudpickle)
    facts = {
        "seed": session.seed,
        "train_seconds": round(sum(fit["seconds"] for fit in fits), 1),
        "parameters": sum(p.numel() for p in learn.model.parameters()),
        "ms_per_face_cpu": round(_ms_per_face(learn), 3),
        "network": asdict(learn.spec),
        "weights": learn.weights,
        "learner_sha256": paths.sha256(learner),
    }
    history = [row for fit in fits for row in fit["history"]]
    result = SeedResult(facts, rows, valid, valid_tta, test, test_tta, history)
    save_whole(result, session.folder / f"seed{session.seed}.done.pt")
    for path in session.files:  # the states to train on from: large, and of no more use
        path.unlink(missing_ok=True)
    shutil.rmtree(session.folder / learn.model_dir, ignore_errors=True)  # SaveModelCallback's
    return result


def _told(checkpoint: Path) -> dict:
    """Seconds and history of a fit, without reading its weights."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=False, mmap=True)
    return {key: state[key] for key in ("seconds", "history")}


def _ms_per_face(learn: Learner, runs: int = 30) -> float:
    """Median milliseconds of one face through the network, fp32, one CPU thread, without preprocessing."""
    model = copy.deepcopy(learn.model).cpu().eval()
    x = torch.zeros(1, learn.spec.channels, learn.spec.size, learn.spec.size)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # torch.utils.benchmark would do the same, and warn of CUDA compilers at its import
    with torch.inference_mode():
        times = timeit.repeat(lambda: model(x), repeat=runs + 5, number=1)
    torch.set_num_threads(threads)
    return float(np.median(times[5:]) * 1000)


def record(
    script: Path, source: bytes, comp: Competition, key: dict, folder: Path, seeds: list[SeedResult], precision: Precision | str, **more
) -> dict:
    """Write `folder` as the results contract says; returns the contents of `result.json`. `key`: what the run was; `source`: the script
    when it began, as in the hours since somebody may have edited it."""
    rows = seeds[0].rows
    labels = comp.labels[rows]
    each = [_seed_scores(s, labels) for s in seeds]
    summary = {
        "experiment": folder.name,
        "data": comp.name,
        **key,
        "command": f"python experiments/{script.name} {' '.join(_portable(a) for a in sys.argv[1:] if a != 'submission')}".strip(),
        "valid_rows": len(rows),
        "scores": _scores(each, seeds, labels, comp),
        "va_truth": "the drawn faces' true values" if comp.va is not None else "the classes' circumplex centres: no truth about any face",
        "seeds": [{**s.facts, **scores} for s, scores in zip(seeds, each)],
        "parameters": seeds[0].facts["parameters"],
        "ms_per_face_cpu": float(np.median([s.facts["ms_per_face_cpu"] for s in seeds])),
        "train_seconds": float(np.mean([s.facts["train_seconds"] for s in seeds])),
        "precision": str(precision),
        "hardware": f"{processor()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **more,
    }
    history = pd.DataFrame([{"seed": s.facts["seed"], **row} for s in seeds for row in s.history])
    if history.empty:  # nothing was trained; a csv file without a column cannot be read
        history = pd.DataFrame(columns=["seed", "fit", "epoch"])
    valid = {"ids": np.array(comp.train_ids)[rows], "labels": labels, **_arrays([(s.valid, s.valid_tta) for s in seeds])}
    test = {"ids": np.array(comp.test_ids), **_arrays([(s.test, s.test_tta) for s in seeds])}
    figure = _confusion(valid["probabilities"], labels, f"{folder.name} on {comp.name}, validation")
    write_result(folder, summary, history, valid, test, figure, source)
    return summary


def _arrays(seeds: list[tuple[Predictions, Predictions]]) -> dict[str, np.ndarray]:
    """Of each seed's predictions without and with TTA: the mean of the latter, all of the former, and of several seeds all of both."""
    plain, tta = (np.stack([p.probabilities for p in predictions]) for predictions in zip(*seeds))
    each = {"per_seed_tta": tta} if len(tta) > 1 else {}
    return {"probabilities": tta.mean(0).astype(np.float32), "per_seed": plain, **each}


def _confusion(probabilities: np.ndarray, labels: np.ndarray, title: str) -> Figure:
    """Shares of each true class, drawn without a display."""
    ax = Figure(figsize=(7.6, 6.6), layout="constrained").subplots()
    ConfusionMatrixDisplay.from_predictions(
        labels, probabilities.argmax(1), labels=range(N), display_labels=EMOTIONS, normalize="true", values_format=".0%", cmap="Blues",
        xticks_rotation=40, colorbar=False, ax=ax,
    )  # fmt: skip
    ax.set_title(title)
    return ax.figure


def _portable(argument: str) -> str:
    """A path in a recorded command keeps its last name only: other machines have other folders."""
    flag, equals, value = argument.rpartition("=")
    return f"{flag}{equals}{Path(value).name}" if "/" in value else argument


def _seed_scores(s: SeedResult, labels: np.ndarray) -> dict:
    return {
        "accuracy": metrics.accuracy(s.valid.probabilities, labels),
        "accuracy_tta": metrics.accuracy(s.valid_tta.probabilities, labels),
        "macro_f1": metrics.macro_f1(s.valid.probabilities, labels),
        "macro_f1_tta": metrics.macro_f1(s.valid_tta.probabilities, labels),
        "calibration_error": metrics.calibration_error(s.valid.probabilities, labels),
    }


def _means(scores: list[dict]) -> dict:
    return pd.DataFrame(scores).mean(skipna=False).to_dict()


def _scores(each: list[dict], seeds: list[SeedResult], labels: np.ndarray, comp: Competition) -> dict:
    """Means over seeds of `each` one's scores and of more. `accuracy_spread`: standard deviation over seeds, 0 for one;
    `accuracy_interval`: bootstrap of the first seed's validation rows, without TTA."""
    rows, target = seeds[0].rows, seeds[0].facts["network"]["target"]
    scores = {
        **_means(each),
        "accuracy_spread": float(np.std([e["accuracy"] for e in each], ddof=1)) if len(each) > 1 else 0.0,
        "accuracy_interval": metrics.bootstrap_interval(seeds[0].valid.probabilities.argmax(1) == labels),
        "recall": metrics.recalls(seeds[0].valid_tta.probabilities, labels),
    }
    if comp.votes is not None:
        ferplus = [metrics.ferplus_scores(s.valid_tta.probabilities, comp.votes[rows], comp.annotators[rows]) for s in seeds]
        if ferplus[0]["rows"]:  # shares without numbers of annotators leave none
            scores["ferplus"] = _means(ferplus) | {"rows": ferplus[0]["rows"]}
        scores["votes"] = metrics.vote_scores(np.mean([s.valid_tta.probabilities for s in seeds], axis=0), comp.votes[rows])
    if comp.va is not None or target in ("va", "class+va"):
        truth = target_va(comp)[rows]
        scores["ccc"] = np.mean([metrics.ccc(s.valid.va, truth) for s in seeds], axis=0).tolist()
        scores["rmse"] = np.mean([metrics.rmse(s.valid.va, truth) for s in seeds], axis=0).tolist()
    if target in ("va", "class+va"):
        scores["accuracy_nearest_centre"] = float(np.mean([metrics.accuracy(nearest_centre(s.valid.va), labels) for s in seeds]))
    return scores
