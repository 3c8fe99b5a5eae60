"""`emofast sweep`: an experiment with many values of its arguments, chosen by Optuna; every trial is a recorded variant."""

import json
import subprocess
import sys
from collections.abc import Callable

from emofast.console import console
from emofast.data import open_data
from emofast.errors import EmofastError
from emofast.training.results import Result, results_folder, variant_name
from emofast.training.runner import Experiment, load_experiment


def sweep(which: str, data: str | None, ranges: dict[str, str], trials: int, more: list[str]) -> None:
    """Run `trials` variants of the experiment `which` on `data`, and print the best one's arguments and accuracy (with flip TTA).

    `ranges`: argument to "LOW..HIGH" (logarithmic from a factor of ten up) or "A,B,C". `more`: further flags of the script. Trials are
    kept in a journal file: several processes may share a sweep, and a killed one goes on. Choosing among many on validation flatters
    the best: run it with other seeds before believing it.
    """
    try:
        import optuna
    except ImportError:
        raise EmofastError("sweep needs Optuna, which is not installed: pip install optuna") from None
    exp = load_experiment(which)
    if not ranges:
        raise EmofastError(f"say what to vary, e.g. --lr 1e-4..1e-2 or --drop 0.1,0.3; {exp.name} has {', '.join(exp.defaults)}.")
    choices = {name: _choice(exp, name, text) for name, text in ranges.items()}
    comp = open_data(data)
    folder = results_folder(comp.name, "--quick" in more)
    journal = folder / exp.name / "checkpoints" / "sweep.journal"
    journal.parent.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # of an interrupted trial it would print a traceback
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal)))
    name = json.dumps(ranges, sort_keys=True)
    study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)

    def objective(trial) -> float:
        arguments = {name: choose(trial) for name, choose in choices.items()}
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in arguments.items()]
        done = subprocess.run([sys.executable, str(exp.script), "--data", str(comp.folder), *more, "--resume", *flags])
        if done.returncode:
            raise optuna.TrialPruned(f"exit status {done.returncode}")
        plain = {**exp.defaults, **(exp.quick if "--quick" in more else {})}
        # the latter where the script's own weights cannot be had
        names = [variant_name(exp.name, plain, arguments | start) for start in ({}, {"weights": "none"})]
        result = Result(folder / next(name for name in names if (folder / name / "result.json").is_file()))
        score = result.summary["scores"]["accuracy_tta"]
        console.print(f"trial {trial.number + 1}: {' '.join(flags)}  accuracy with TTA {score:.4f}", markup=False)
        return score

    complete = [optuna.trial.TrialState.COMPLETE]
    study.optimize(objective, n_trials=max(0, trials - len(study.get_trials(states=complete))))
    if not study.get_trials(states=complete):
        raise EmofastError(f"no trial of {exp.name} came to its end; the messages above say why.")
    best = {name: choose(study.best_trial) for name, choose in choices.items()}
    console.print(f"best of {trials}: {best}, accuracy with TTA {study.best_value:.4f}; all are in {journal}", markup=False)


def _choice(exp: Experiment, name: str, text: str) -> Callable:
    """How a trial draws the argument `name`."""
    if name not in exp.defaults:
        raise EmofastError(f"{exp.name} has no argument {name}; it has {', '.join(exp.defaults)}.")
    kind = exp.kinds[name]
    try:
        if ".." in text and kind in (int, float):
            low, high = (kind(v) for v in text.split(".."))
            if low > high:
                raise ValueError
            if kind is int:
                return lambda trial: trial.suggest_int(name, low, high)
            # five digits: the value is part of a folder's name
            return lambda trial: float(f"{trial.suggest_float(name, low, high, log=low > 0 and high / low >= 10):.4g}")
        values = [kind(v) for v in text.split(",")]
    except ValueError:
        raise EmofastError(f"--{name} {text}: give LOW..HIGH or A,B,C of {kind.__name__} numbers.") from None
    return lambda trial: trial.suggest_categorical(name, values)
