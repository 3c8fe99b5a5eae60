"""The experiment runner: a script defines `train(run)`, `main` does the rest: flags, seeds, resume, results, header."""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from fastai.learner import Learner
from filelock import FileLock, Timeout

from emofast import paths
from emofast.arguments import Help, add_data, whole_number
from emofast.console import console, warn
from emofast.data import find_data, read_competition
from emofast.data.competition import Competition
from emofast.errors import EmofastError, exits_cleanly
from emofast.nets.pretrained import IMAGENET
from emofast.training.header import refresh_header
from emofast.training.precision import choose_device, choose_precision
from emofast.training.record import Code, record
from emofast.training.results import Result, code_hash, package_hash, read_results, results_folder
from emofast.training.run import QUICK_EPOCHS, QUICK_ROWS, Run
from emofast.training.seed import SeedResult, finished_seed, train_seed

__all__ = ["main"]


ALL = "all"


def main(train: Callable[[Run], Learner | SeedResult], epochs: int, uses: Sequence[str] | Literal["all"] = ()) -> None:
    """Run the script that defines `train` as a command. `epochs`: how many by default; `run.epochs` is what to use.

    `uses`: experiments whose recorded results `train` reads; where one of them is recorded anew, this one is out of date too.
    """
    source = Path(inspect.getfile(train)).resolve()
    sys.exit(exits_cleanly(_run)(train, epochs, uses, source, _arguments(train, epochs, source)))


def _arguments(train: Callable, epochs: int, source: Path) -> argparse.Namespace:
    doc = (inspect.getmodule(train).__doc__ or "").strip()
    p = argparse.ArgumentParser(
        description=doc.splitlines()[0] if doc else None,
        epilog=f"example: python experiments/{source.name} --data sample --quick --weights none",
        formatter_class=Help,
    )
    add_data(p)
    p.add_argument("--seed", type=int, default=42, help="first seed; the same seed gives the same numbers on the same machine")
    p.add_argument(
        "--seeds", type=whole_number, default=1, metavar="N", help="how many seeds to train, from --seed up; N > 1 states the spread"
    )
    p.add_argument("--epochs", type=whole_number, metavar="N", help=f"epochs of training (default: {epochs}; quick: {QUICK_EPOCHS})")
    p.add_argument("--weights", default=IMAGENET, metavar="imagenet|dlib|none|FILE", help="where the network's weights come from")
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train; auto takes the GPU if there is one")
    p.add_argument(
        "--quick", action="store_true", help=f"a look: {QUICK_EPOCHS} epochs, at most {QUICK_ROWS} training pictures, results apart"
    )
    p.add_argument("--resume", action="store_true", help="go on where a killed run stopped; do nothing where the result is recorded")
    return p.parse_args()


def _run(train: Callable, epochs: int, uses: Sequence[str] | Literal["all"], source: Path, args: argparse.Namespace) -> None:
    comp = read_competition(find_data(args.data))
    code = Code.of(source)
    settings = {
        "epochs": args.epochs or (min(epochs, QUICK_EPOCHS) if args.quick else epochs),
        "weights": _named(args.weights),
        "quick": args.quick,
        "seeds": list(range(args.seed, args.seed + args.seeds)),
    }
    key = {"code": code_hash(source), "data_fingerprint": comp.fingerprint, "settings": settings}
    folder = results_folder(comp.name, args.quick) / source.stem
    if uses:
        key["uses"] = _used(folder, uses)
    if args.resume and _recorded(folder, key):
        return
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir(parents=True, exist_ok=True)
    lock = FileLock(checkpoints / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise EmofastError(f"{source.name} is already running on {comp.name}; wait for it, or stop it first.") from None
    with lock:
        resume = args.resume and _same_run(checkpoints, key, code)
        _train_all(train, code, comp, args, key, folder, resume)


def _named(weights: str) -> str:
    """What a result says its weights were: of a file its name and contents, not where it lies on this machine."""
    path = Path(weights)
    return f"{path.name}:{paths.sha256(path)[:12]}" if path.is_file() else weights


def _used(folder: Path, uses: Sequence[str] | Literal["all"]) -> dict[str, str]:
    """The results that are read, by the hash of their predictions."""
    others = [r for r in read_results(folder.parent) if r.name != folder.name and not r.is_ensemble and (uses == ALL or r.name in uses)]
    return {r.name: hashlib.sha256((r.folder / "valid.npz").read_bytes()).hexdigest()[:16] for r in others}


def _recorded(folder: Path, key: dict) -> bool:
    if not (folder / "result.json").is_file():
        return False
    summary = Result(folder).summary
    if any(summary.get(k) != v for k, v in key.items()):
        return False
    console.print(
        f"{folder.name}: recorded for the same code, data and settings, accuracy {summary['scores']['accuracy_tta']:.4f}; skipped"
    )
    if summary["package"] != package_hash():
        warn(
            f"{folder.name} was recorded with another version of emofast/data or emofast/training; run it without --resume to measure anew"
        )
    return True


def _same_run(checkpoints: Path, key: dict, code: Code) -> bool:
    """Whether the checkpoints there belong to this very run; others are of no use and are told, as are edits of emofast since."""
    note = checkpoints / "run.json"
    if not note.is_file():
        return False
    begun = json.loads(note.read_text())
    package = begun.pop("package", None)
    if begun == _one_seed(key):
        if package != code.package:
            warn(f"{checkpoints} was begun with another version of emofast/data or emofast/training: its result will mix the two")
        return True
    warn(f"{checkpoints} is of other code, data or settings: starting anew")
    return False


def _one_seed(key: dict) -> dict:
    """The key without the list of seeds: a run with more seeds goes on from the ones that are done."""
    return {**key, "settings": {k: v for k, v in key["settings"].items() if k != "seeds"}}


def _train_all(train: Callable, code: Code, comp: Competition, args, key: dict, folder: Path, resume: bool) -> None:
    checkpoints, settings = folder / "checkpoints", key["settings"]
    if not resume:
        for old in [*checkpoints.glob("seed*"), *checkpoints.glob("learner.pkl")]:
            old.unlink()
        with paths.atomic_write(checkpoints / "run.json") as partial:
            partial.write_text(json.dumps({**_one_seed(key), "package": code.package}))
    device = choose_device(args.device)
    precision = choose_precision(device)
    name = code.script.stem
    console.print(f"{name} on {comp.name}: {device.type}, {precision}, epochs {settings['epochs']}, seeds {settings['seeds']}")
    seeds = []
    for seed in settings["seeds"]:
        run = Run(comp, seed, settings["epochs"], args.weights, device, args.quick, checkpoints, resume)
        seeds.append(finished_seed(checkpoints, seed) or train_seed(train, run))
    summary = record(code, comp, key, folder, seeds, precision)
    if not args.quick and comp.name != "sample":
        refresh_header(code.script)
    scores = summary["scores"]
    console.print(
        f"{name}: accuracy {scores['accuracy']:.4f}, with flip TTA {scores['accuracy_tta']:.4f}, "
        f"macro F1 {scores['macro_f1_tta']:.4f}"
        f" on {summary['valid_rows']} validation pictures; recorded in {folder}"
    )
