"""In which order experiments run: each script says what it reads, in `@experiment(after=...)`, and nothing else does."""

import io
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median
from types import SimpleNamespace

from PIL import Image

from emofast.console import warn
from emofast.data import Competition
from emofast.data.pictures import FORMATS
from emofast.errors import EmofastError
from emofast.paths import PROJECT
from emofast.training.runner import Experiment, experiment_of

LARGE = 200
"""Median pixels of a picture's shorter side from which recipes for large photographs come first."""


def plan(only: str = "", tour: bool = False, large: bool = False, folder: Path = PROJECT / "experiments") -> list[Experiment]:
    """The experiments in an order in which each comes after what it reads; scripts without `@experiment` train nothing and are left out.

    `only`: comma-separated numbers, or `all`. Without it: those that a quick run shows (`tour`), those for large photographs (`large`), or
    all the others, which are made for small ones.
    A script that cannot be loaded is told, and is in the order all the same: started, it fails and is named, and stops no other.
    Raises `EmofastError` for a number that names no script, and for scripts that wait for each other.
    """
    found = {e.name: e for script in sorted(folder.glob("[0-9][0-9]_*.py")) if (e := _planned(script))}
    if only and only != "all":
        numbers = [n.strip() for n in only.split(",")]
        if unknown := [n for n in numbers if not any(name.startswith(f"{n}_") for name in found)]:
            lacking = f"no script in experiments/ has the number {unknown[0]} and trains something"
            raise EmofastError(f"--only {only}: {lacking}; there are: {' '.join(found)}.")
        found = {name: e for name, e in found.items() if name[:2] in numbers}
    elif not only:
        found = {name: e for name, e in found.items() if (e.tour if tour else e.large == large)}
    sorter, order, ready = TopologicalSorter({name: [a for a in e.after if a in found] for name, e in found.items()}), [], []
    try:
        sorter.prepare()
    except CycleError as circle:
        raise EmofastError(f"experiments wait for each other: {', '.join(circle.args[1])}; see their @experiment(after=...).") from None
    while sorter.is_active():  # the lowest number first of those that may
        first, *ready = sorted([*ready, *sorter.get_ready()])
        order.append(found[first])
        sorter.done(first)
    return order


def _planned(script: Path) -> Experiment | SimpleNamespace | None:
    try:
        return experiment_of(script)
    except EmofastError as e:
        warn(str(e))
        return SimpleNamespace(name=script.stem, script=script, after=(), tour=False, large=False)


def picture_size(data: Competition, sample: int = 50) -> int:
    """Median of the shorter sides of some training pictures, in pixels."""
    sizes = []
    for name in data.train_names[:: max(1, len(data.train_names) // sample)]:
        with suppress(OSError, EmofastError):  # counted and named by `data check`
            sizes.append(min(Image.open(io.BytesIO(data.train_pictures.read(name)), formats=FORMATS).size))
    return int(median(sizes)) if sizes else 0
