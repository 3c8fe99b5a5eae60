"""`emofast data check`: everything worth knowing about a data set before hours are spent on it."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.progress import track
from rich.table import Column, Table

from emofast.console import console
from emofast.data.competition import Competition
from emofast.data.pictures import Pictures, read_face
from emofast.data.split import duplicate_groups
from emofast.emotions import EMOTIONS, N


@dataclass
class DataReport:
    """What `check_data` found in `data`. Lists hold picture names; `duplicates` counts the copies beyond each first file,
    `copied_test` names the test pictures whose very file is also a training picture."""

    data: Competition
    unreadable: list[str]
    unreadable_test: list[str]
    extra: list[str]
    duplicates: int
    two_classes: list[list[str]]
    copied_test: list[str]


def check_data(comp: Competition) -> DataReport:
    """Decode every picture once and look for what is unreadable, unused, doubled, or doubled under two classes.

    Missing pictures are refused earlier, by `read_competition`.
    """
    n = len(comp.train_names)
    groups = duplicate_groups((comp.train_pictures, comp.train_names), (comp.test_pictures, comp.test_names))
    doubled = [rows for rows in pd.Series(range(n)).groupby(groups[:n]).indices.values() if len(rows) > 1]
    return DataReport(
        comp,
        unreadable=_unreadable(comp.train_pictures, comp.train_names, "training"),
        unreadable_test=_unreadable(comp.test_pictures, comp.test_names, "test"),
        extra=sorted({*comp.train_pictures.identity, *comp.test_pictures.identity} - {*comp.train_names, *comp.test_names}),
        duplicates=sum(len(rows) - 1 for rows in doubled),
        two_classes=[[comp.train_names[r] for r in rows] for rows in doubled if len(set(comp.labels[rows])) > 1],
        copied_test=[name for name, group in zip(comp.test_names, groups[n:]) if group < n],
    )


def _unreadable(pictures: Pictures, names: list[str], what: str) -> list[str]:
    """Names that do not decode, at the smallest size: the whole file is read and parsed all the same."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faces = pool.map(lambda n: read_face(pictures, n, 16, 1) is None, names)
        faces = track(faces, f"reading {what} pictures", total=len(names), console=console, disable=not console.is_terminal)
        return [n for n, bad in zip(names, faces) if bad]


def print_report(report: DataReport) -> None:
    """Tell a person."""
    data, right = report.data, {"justify": "right"}
    title = f"{data.name}: {len(data.labels)} training rows, {len(data.test_ids)} test rows"
    table = Table("class", Column("rows", **right), Column("share", **right), title=title)
    for name, n in zip(EMOTIONS, np.bincount(data.labels, minlength=N)):
        table.add_row(name, str(n), f"{n / len(data.labels):.1%}")
    console.print(table)
    _line("annotators' votes", "no" if data.votes is None else "yes")
    _line("missing pictures", "none (a set that lacks any is refused)")
    _line("unreadable training pictures (skipped in training)", len(report.unreadable), report.unreadable)
    _line("unreadable test pictures (predicted as the most frequent class)", len(report.unreadable_test), report.unreadable_test)
    _line("files that no csv names (ignored)", len(report.extra), report.extra)
    _line("exact duplicates (kept on one side of the split)", report.duplicates)
    _line("test pictures that are training pictures too (known from training)", len(report.copied_test), report.copied_test)
    _line("pictures doubled under two classes", len(report.two_classes), [" = ".join(names[:3]) for names in report.two_classes])


def _line(what: str, value, names: list[str] = ()) -> None:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    console.print(f"{what}: {value}" + (f"  ({shown})" if names else ""))
