"""The table and pictures of everything recorded on a data set."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from rich.table import Table

from emofast.console import console
from emofast.data.competition import Competition
from emofast.data.pictures import read_face
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import atomic_write
from emofast.training.metrics import accuracy, elect, ferplus_scores, paired_difference
from emofast.training.results import Result, read_results


def leaderboard_table(results: list[Result], data: Competition | None = None) -> pd.DataFrame:
    """One row per experiment, best first. Accuracies are on validation, means over seeds.

    `noise`: the spread over seeds where there are several, else half the width of the 95 % bootstrap interval. `ancestor`: the experiment
    it descends from; `difference`, `low`, `high`: to that one's accuracy with TTA on the same pictures, and its 95 % interval.
    `test`: in the FER+ protocol, where the data set has test_votes.csv; `test_accuracy`: on the class that they elect.
    """
    by_name, test_votes = {r.name: r for r in results}, data.test_votes if data else None
    table = pd.DataFrame([_row(r, by_name, test_votes) for r in results])
    return table.sort_values(["accuracy_tta", "experiment"], ascending=[False, True], ignore_index=True)


def _row(r: Result, by_name: dict[str, Result], test_votes: tuple[np.ndarray, np.ndarray] | None) -> dict:
    s = r.summary
    scores, (low, high), seeds = s["scores"], s["scores"]["accuracy_interval"], len(s["settings"]["seeds"])
    votes, ancestor, tested = scores.get("votes", {}), ancestor_of(r, by_name), test_votes is not None
    difference = paired_difference(_right(r), _right(by_name[ancestor])) if ancestor else (np.nan,) * 3
    return {
        "experiment": r.name,
        "accuracy": scores["accuracy"],
        "noise": scores["accuracy_spread"] if seeds > 1 else (high - low) / 2,
        "runs": seeds,
        "accuracy_tta": scores["accuracy_tta"],
        "ancestor": ancestor or "",
        **dict(zip(("difference", "low", "high"), difference)),
        "macro_f1_tta": scores["macro_f1_tta"],
        "ferplus_tta": scores.get("ferplus", {}).get("accuracy", np.nan),
        **{name: votes.get(name, np.nan) for name in ("js", "spearman", "auroc_uncertain", "uncertain_found")},
        "test": ferplus_scores(r.test["probabilities"], *test_votes)["accuracy"] if tested else np.nan,
        "test_accuracy": accuracy(r.test["probabilities"], elect(test_votes[0])) if tested else np.nan,
        "calibration_error": scores["calibration_error"],
        "parameters_m": s["parameters"] / 1e6,
        "ms_per_face_cpu": s["ms_per_face_cpu"],
        "train_minutes": s["train_seconds"] / 60,
        "epochs": r.epochs,
        "weights": r.weights,
        "quick": s["settings"]["quick"],
        "date": s["date"],
    }


def _right(r: Result) -> np.ndarray:
    """Share of the seeds that are right with flip TTA, float [n]; the mean of their probabilities would be an ensemble's."""
    valid = r.valid
    return np.mean(valid.get("per_seed_tta", valid["probabilities"][None]).argmax(2) == valid["labels"], axis=0)


def chosen_apart(results: list[Result]) -> float:
    """Accuracy with flip TTA of the best single network, chosen on one half of validation and scored on the other; mean over 500
    random halves. What the first row of a table promises is too good: it was chosen on the pictures it is scored on."""
    right = np.stack([_right(r) for r in results if not r.is_ensemble])
    rng, scores = np.random.default_rng(0), []
    for _ in range(500):
        half = rng.permutation(right.shape[1]) < right.shape[1] // 2
        scores += [right[right[:, rows].mean(1).argmax(), ~rows].mean() for rows in (half, ~half)]
    return float(np.mean(scores))


def ancestor_of(r: Result, by_name: dict[str, Result]) -> str | None:
    """The recorded experiment that `r` descends from: of a variant its script's own run, else what the script's header says first."""
    if r.name != r.experiment and r.experiment in by_name:
        return r.experiment
    found = re.search(r"^Descends from\s+(\d\d)", (r.folder / "source.py").read_text(encoding="utf-8"), re.MULTILINE)
    return next((n for n in by_name if found and n.startswith(found[1] + "_") and "+" not in n.replace("+weights=none", "")), None)


def print_leaderboard(table: pd.DataFrame, results: list[Result], title: str) -> None:
    """Show a person the columns that decide, and first what choosing among them is worth; the csv has all."""
    if sum(not r.is_ensemble for r in results) > 1:
        console.print(f"best single network, chosen on one half of validation, scored on the other: {chosen_apart(results):.4f} with TTA")
    caption = (
        "validation; ± spread over seeds, with one run half the 95 % bootstrap interval; Δ to the ancestor with flip TTA, on the same "
        "pictures, with its 95 % interval; JS: divergence to the annotators' votes"
    )
    shown = Table(title=title, caption=caption)
    tested = bool(table.test.notna().any())
    columns = ("experiment", "accuracy", "± ", "runs", "with TTA", "Δ ancestor", "macro F1", "FER+", "JS", "M par.", "ms/face", "min")
    for name in (*columns, *["test FER+"] * tested):
        shown.add_column(name, justify="left" if name == "experiment" else "right", no_wrap=True)
    for i, r in table.iterrows():
        name = r.experiment + (" (quick)" if r.quick else "")
        change = f"{r.difference:+.4f} [{r.low:+.3f}, {r.high:+.3f}] {r.ancestor[:2]}" if r.ancestor else ""
        cells = [name, f"{r.accuracy:.4f}", f"{r.noise:.4f}", str(r.runs), f"{r.accuracy_tta:.4f}", change, f"{r.macro_f1_tta:.4f}"]
        cells += ["" if pd.isna(v) else f"{v:.4f}" for v in (r.ferplus_tta, r.js)]
        cells += [f"{r.parameters_m:.2f}", f"{r.ms_per_face_cpu:.1f}", f"{r.train_minutes:.0f}", *[f"{r.test:.4f}"] * tested]
        shown.add_row(*cells, style="bold green" if i == 0 else "")
    console.print(shown)


def markdown(table: pd.DataFrame, rows: int) -> str:
    """The first `rows` rows as a table for a README."""
    head = ("experiment", "flip TTA", "±", "macro F1", "FER+ protocol", "JS to votes", "M parameters", "ms per face", "minutes")
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for r in table.head(rows).itertuples():
        name = f"[{r.experiment}](experiments/{r.experiment.split('+')[0]}.py)"
        scores = (r.accuracy_tta, r.noise, r.macro_f1_tta, r.ferplus_tta, r.js)
        cells = [name, *("" if pd.isna(v) else f"{v:.4f}".removeprefix("0") for v in scores)]
        lines.append(f"| {' | '.join([*cells, f'{r.parameters_m:.2f}', f'{r.ms_per_face_cpu:.1f}', f'{r.train_minutes:.0f}'])} |")
    return "\n".join(lines)


def write_leaderboard(folder: Path, comp: Competition | None = None) -> pd.DataFrame:
    """Write `leaderboard.csv`, `curves.png` and `mistakes.csv` into `folder`; with the data at hand also `mistakes.png`,
    which shows faces and is therefore never committed. Returns the table."""
    results = read_results(folder)
    if not results:
        raise EmofastError(f"{folder} has no recorded result; run an experiment first, e.g. python experiments/01_resnet_baseline.py.")
    seen = results[0].valid["ids"].tolist()
    if others := [r.name for r in results if r.valid["ids"].tolist() != seen]:
        raise EmofastError(f"{', '.join(others)}: not of the validation pictures of {results[0].name}; the data have changed, train anew.")
    if comp is not None and not set(seen) <= set(comp.train_ids):
        raise EmofastError(f"{folder} was recorded on other pictures than {comp.folder} has now; train anew.")
    table = leaderboard_table(results, comp)
    path = folder / "leaderboard.csv"
    if comp is None and path.is_file():  # what only the data can tell stays
        known = pd.read_csv(path, index_col="experiment").reindex(columns=["test", "test_accuracy"])
        table[[*known]] = known.reindex(table.experiment).to_numpy()
    with atomic_write(path) as partial:
        table.round(4).to_csv(partial, index=False)
    results.sort(key=lambda r: table.experiment.tolist().index(r.name))
    _save(_curves(results), folder / "curves.png")
    wrong = mistakes(results[0])
    with atomic_write(folder / "mistakes.csv") as partial:
        wrong.round(4).to_csv(partial, index=False)
    if comp is not None and len(wrong):
        _save(_mistakes_figure(wrong, comp, results[0].name), folder / "mistakes.png")
    return table


def mistakes(result: Result) -> pd.DataFrame:
    """The 40 wrong predictions on validation the network was surest of: id, true, predicted, confidence; surest first."""
    valid = result.valid
    confidence, predicted = valid["probabilities"].max(1), valid["probabilities"].argmax(1)
    wrong = np.flatnonzero(predicted != valid["labels"])
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:40]
    true, taken_for = np.array(EMOTIONS)[[valid["labels"][wrong], predicted[wrong]]]
    return pd.DataFrame({"image_path": valid["ids"][wrong], "true": true, "predicted": taken_for, "confidence": confidence[wrong]})


def _curves(results: list[Result]) -> Figure:
    """Learning curves, `results` best first: the best ten have a colour and a name, the others are grey behind them."""
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for i, r in enumerate(r for r in results if not r.is_ensemble and len(r.history)):
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
        if face is not None:  # it could be read when it was validated on
            ax.imshow(face.transpose(1, 2, 0))
        ax.set_title(f"{row.true} → {row.predicted}\n{row.confidence:.2f}", fontsize=7)
    return figure


def _save(figure: Figure, path: Path) -> None:
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=110, metadata={"Software": None})
