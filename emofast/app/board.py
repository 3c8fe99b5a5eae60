"""Recorded experiments as data for the page: read from the files that runs leave behind, nothing else."""

import json
import math
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
from starlette.exceptions import HTTPException

from emofast.paths import artifacts

PICTURES = ("confusion.png", "curves.png", "mistakes.png")
_LOG = "checkpoints/run.log"


def datasets() -> dict:
    """Names of the data sets that have results, or will."""
    signs = ("*/leaderboard.csv", "*/*/result.json", f"*/*/{_LOG}")
    return {"datasets": sorted({p.relative_to(artifacts()).parts[0] for sign in signs for p in artifacts().glob(sign)})}


def leaderboard(data: str) -> dict:
    """`leaderboard.csv` as it stands (columns, rows), the surest mistakes, and what trains now."""
    folder = _folder(data)
    table = _table(folder / "leaderboard.csv")
    return {
        "columns": list(table[0]) if table else [], "rows": table, "mistakes": _table(folder / "mistakes.csv")[:40],
        "training": _training(folder),
    }  # fmt: skip


def compare(data: str, against: str) -> dict[str, dict]:
    """Accuracy of every experiment minus that of `against` on the same validation pictures, with its 95 % interval.

    The interval is 1.96 standard errors of the paired difference; what was validated on other pictures is left out. Of a damaged
    record there is only the `error`.
    """
    right, found = {}, {}
    for path in sorted(_folder(data).glob("*/valid.npz")):
        try:
            with np.load(path) as valid:
                # each seed by itself, as in the leaderboard: the mean of their probabilities would be an ensemble's
                seeds = valid["per_seed_tta"] if "per_seed_tta" in valid else valid["probabilities"][None]
                are = (seeds.argmax(2) == valid["labels"]).mean(0).tolist()
                right[path.parent.name] = dict(zip(valid["ids"].tolist(), are))
        except Exception as e:  # what numpy, zipfile and zlib raise on damage has no base class in common
            found[path.parent.name] = {"error": f"{path} is damaged ({type(e).__name__}); run the experiment again"}
    if against not in right | found:
        raise HTTPException(404, "this experiment has no recorded predictions")
    base = right.get(against, {})
    for name, one in right.items():
        if not one or one.keys() != base.keys():
            continue
        difference = np.array([one[i] - base[i] for i in base])
        half = 1.96 * difference.std() / math.sqrt(len(difference))
        found[name] = {"difference": float(difference.mean()), "half": float(half), "n": len(difference)}
    return found


def picture(data: str, name: str, file: str) -> Path:
    """A picture of one experiment, or of the data set where `name` is "-"."""
    path = _folder(data, *([] if name == "-" else [name])) / file
    if file not in PICTURES or not path.is_file():
        raise HTTPException(404, "there is no such picture")
    return path


def _training(folder: Path) -> list[dict]:
    """Runs that have written into their log after their result, within the last hour: name, seconds since, the log's end."""
    found = []
    for log in folder.glob(f"*/{_LOG}"):
        result, changed = log.parents[1] / "result.json", log.stat().st_mtime
        since = time.time() - changed
        if since < 3600 and not (result.is_file() and result.stat().st_mtime >= changed):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            found.append({"name": log.parents[1].name, "since": round(since), "log": "\n".join(lines[-12:])})
    return sorted(found, key=lambda r: r["since"])


def _folder(*names: str) -> Path:
    """A folder below the results. The names come from an address: nothing but names."""
    folder = artifacts().joinpath(*names)
    if not all(re.fullmatch(r"[\w+=.,-]{1,120}", n) and n.strip(".") for n in names) or not folder.is_dir():
        raise HTTPException(404, "there are no such results")
    return folder


def _table(path: Path) -> list[dict]:
    """Rows of a csv; nothing (or NaN) as None."""
    try:
        return json.loads(pd.read_csv(path).to_json(orient="records"))
    except (OSError, ValueError):
        return []
