"""In which order experiments run: each script says what it reads, in `@experiment(after=...)`, and nothing else does."""

from __future__ import annotations

import ast
import io
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

from PIL import Image

from emofast.data import Competition
from emofast.data.pictures import FORMATS, Unreadable
from emofast.errors import EmofastError
from emofast.paths import PROJECT

LARGE = 200
"""Median pixels of a picture's shorter side from which recipes for large photographs come first."""


@dataclass(frozen=True)
class Planned:
    """A script of experiments/, without importing it. `after`: names of the scripts whose results it reads. `tour`: part of a quick run.
    `large`: for photographs of `LARGE` pixels and more."""

    script: Path
    after: tuple[str, ...]
    tour: bool
    large: bool

    @property
    def name(self) -> str:
        return self.script.stem


def plan(only: str = "", tour: bool = False, large: bool = False, folder: Path = PROJECT / "experiments") -> list[Planned]:
    """The experiments in an order in which each comes after what it reads; scripts without `@experiment` train nothing and are left out.

    `only`: comma-separated numbers, or `all`. Without it: those that a quick run shows (`tour`), those for large photographs (`large`), or
    all the others, which are made for small ones.
    Raises `EmofastError` for a number that names no script, and for scripts that wait for each other.
    """
    found = {p.name: p for path in sorted(folder.glob("[0-9][0-9]_*.py")) if (p := _read(path))}
    if only and only != "all":
        numbers = [n.strip() for n in only.split(",")]
        unknown = [n for n in numbers if not any(name.startswith(f"{n}_") for name in found)]
        if unknown:
            raise EmofastError(f"--only {only}: no script in experiments/ has the number {unknown[0]}; there are: {' '.join(found)}.")
        found = {name: p for name, p in found.items() if name[:2] in numbers}
    elif not only:
        found = {name: p for name, p in found.items() if (p.tour if tour else p.large == large)}
    try:
        order = TopologicalSorter({name: [a for a in p.after if a in found] for name, p in found.items()}).static_order()
        return [found[name] for name in order]
    except CycleError as e:
        raise EmofastError(f"experiments wait for each other: {', '.join(e.args[1])}; see their @experiment(after=...).") from None


def picture_size(data: Competition, sample: int = 50) -> int:
    """Median of the shorter sides of some training pictures, in pixels."""
    sizes = []
    for name in data.train_names[:: max(1, len(data.train_names) // sample)]:
        with suppress(OSError, Unreadable):  # counted and named by `data check`
            sizes.append(min(Image.open(io.BytesIO(data.train_pictures.read(name)), formats=FORMATS).size))
    return int(median(sizes)) if sizes else 0


def _read(script: Path) -> Planned | None:
    try:
        tree = ast.parse(script.read_text(encoding="utf-8"))
    except SyntaxError as e:
        raise EmofastError(f"{script}, line {e.lineno}: {e.msg}; mend it or move it out of experiments/.") from None
    constants = {t.id: n.value for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    for node in tree.body:
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "experiment":
                said = {k.arg: k.value for k in call.keywords}
                try:
                    after = _names(said["after"], constants) if "after" in said else ()
                except (AttributeError, KeyError):
                    way = "give a tuple of names, of constants of this file, or of *CONSTANT"
                    raise EmofastError(f"{script}, line {call.lineno}: after= is read without running the script; {way}.") from None
                tour, large = (flag in said and said[flag].value for flag in ("tour", "large"))
                return Planned(script, tuple(after), tour, large)
    return None


def _names(node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """The strings of a tuple such as `(START, *TEACHERS)`."""
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.Name):
        return _names(constants[node.id], constants)
    if isinstance(node, ast.Starred):
        return _names(node.value, constants)
    return [name for element in node.elts for name in _names(element, constants)]
