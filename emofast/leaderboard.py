"""The table and pictures of everything recorded on a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.table import Table

from emofast import paths
from emofast.console import console
from emofast.data.competition import Competition
from emofast.data.decode import read_face
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.training.results import Result, read_results

__all__ = ["leaderboard_table", "mistakes", "print_leaderboard", "write_leaderboard"]


def leaderboard_table(results: list[Result]) -> pd.DataFrame:
    """One row per experiment, best first. Accuracies are on validation, means over seeds; `noise` is the spread over seeds
    where there are several, else half the width of the 95 % bootstrap interval."""
    rows = []
    for r in results:
        s = r.summary
        scores, low_high = s["scores"], s["scores"]["accuracy_interval"]
        seeds = len(s["settings"]["seeds"])
        rows.append(
            {
                "experiment": r.name,
                "accuracy": scores["accuracy"],
                "noise": scores["accuracy_spread"] if seeds > 1 else (low_high[1] - low_high[0]) / 2,
                "runs": seeds,
                "accuracy_tta": scores["accuracy_tta"],
                "macro_f1_tta": scores["macro_f1_tta"],
                "ferplus_tta": scores.get("ferplus", {}).get("accuracy", np.nan),
                "calibration_error": scores["calibration_error"],
                "parameters_m": s["parameters"] / 1e6,
                "ms_per_face_cpu": s["ms_per_face_cpu"],
                "train_minutes": s["train_seconds"] / 60,
                "epochs": s["settings"]["epochs"],
                "weights": r.weights,
                "quick": s["settings"]["quick"],
                "date": s["date"],
            }
        )
    return pd.DataFrame(rows).sort_values(["accuracy_tta", "experiment"], ascending=[False, True], ignore_index=True)


def print_leaderboard(table: pd.DataFrame, title: str) -> None:
    """Show a person the columns that decide; the csv has all."""
    shown = Table(title=title, caption="validation; ± is the spread over seeds, with one run half the 95 % bootstrap interval")
    for name in ("experiment", "accuracy", "± ", "runs", "with TTA", "macro F1", "FER+", "M par.", "ms/face", "min"):
        shown.add_column(name, justify="left" if name == "experiment" else "right", no_wrap=True)
    for i, r in table.iterrows():
        ferplus = "" if pd.isna(r.ferplus_tta) else f"{r.ferplus_tta:.4f}"
        name = r.experiment + (" (quick)" if r.quick else "")
        cells = (f"{r.accuracy:.4f}", f"{r.noise:.4f}", str(r.runs), f"{r.accuracy_tta:.4f}", f"{r.macro_f1_tta:.4f}", ferplus)
        cost = (f"{r.parameters_m:.2f}", f"{r.ms_per_face_cpu:.1f}", f"{r.train_minutes:.0f}")
        shown.add_row(name, *cells, *cost, style="bold green" if i == 0 else "")
    console.print(shown)


def write_leaderboard(folder: Path, comp: Competition | None = None) -> pd.DataFrame:
    """Write `leaderboard.csv`, `curves.png` and `mistakes.csv` into `folder`; with the data at hand also `mistakes.png`,
    which shows faces and is therefore never committed. Returns the table."""
    results = read_results(folder)
    if not results:
        raise EmofastError(f"{folder} has no recorded result; run an experiment first, e.g. python experiments/01_resnet_baseline.py.")
    table = leaderboard_table(results)
    with paths.atomic_write(folder / "leaderboard.csv") as partial:
        table.round(4).to_csv(partial, index=False)
    place = {name: i for i, name in enumerate(table.experiment)}
    _save(_curves(sorted(results, key=lambda r: place[r.name])), folder / "curves.png")
    best = next(r for r in results if r.name == table.experiment[0])
    wrong = mistakes(best)
    with paths.atomic_write(folder / "mistakes.csv") as partial:
        wrong.round(4).to_csv(partial, index=False)
    if comp is not None and len(wrong):
        _save(_mistakes_figure(wrong, comp, best.name), folder / "mistakes.png")
    return table


def mistakes(result: Result, most: int = 40) -> pd.DataFrame:
    """The wrong predictions on validation the network was surest of: id, true, predicted, confidence; surest first."""
    valid = result.valid
    confidence, predicted = valid["probabilities"].max(1), valid["probabilities"].argmax(1)
    wrong = np.flatnonzero(predicted != valid["labels"])
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
    names = np.array(EMOTIONS)
    return pd.DataFrame(
        {
            "image_path": valid["ids"][wrong],
            "true": names[valid["labels"][wrong]],
            "predicted": names[predicted[wrong]],
            "confidence": confidence[wrong],
        }
    )


def _curves(results: list[Result]) -> Figure:
    """Learning curves, `results` best first: the best ten have a colour and a name, the others are grey behind them."""
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for i, r in enumerate(r for r in results if not r.is_ensemble):
        history = r.history[r.history.seed == r.history.seed.iloc[0]].reset_index()
        epochs, named = history.index + 1, i < 10
        style = {"color": f"C{i}" if named else "0.8", "zorder": 3 if named else 2}
        label = r.name if named else "the others" if i == 10 else None
        loss.plot(epochs, history.train_loss, ls=":", lw=1, **style)
        loss.plot(epochs, history.valid_loss, label=label, **style)
        if "accuracy" in history:
            accuracy.plot(epochs, history.accuracy, **style)
    loss.set(title="loss (dotted: training)", xlabel="epoch")
    accuracy.set(title="validation accuracy", xlabel="epoch")
    for ax in (loss, accuracy):
        ax.grid(alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure


def _mistakes_figure(wrong: pd.DataFrame, comp: Competition, name: str) -> Figure:
    figure = Figure(figsize=(12, 8.4), layout="constrained")
    figure.suptitle(f"{name} on {comp.name}: wrong and surest of it (true → predicted)")
    axes = figure.subplots(5, 8).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, row in zip(axes, wrong.itertuples()):
        face = read_face(comp.train_pictures, row.image_path.removeprefix("./"), 96, 3)
        ax.imshow(face.transpose(1, 2, 0))
        ax.set_title(f"{row.true} → {row.predicted}\n{row.confidence:.2f}", fontsize=7)
    return figure


def _save(figure: Figure, path: Path) -> None:
    with paths.atomic_write(path) as partial:
        figure.savefig(partial, dpi=110, metadata={"Software": None})
