"""A submission sent to Kaggle, its score awaited and noted."""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from emofast.console import console, warn
from emofast.data import Competition
from emofast.data.download import ROWS
from emofast.errors import EmofastError
from emofast.kaggle_account import COMPETITION, DAILY_LIMIT, PAGE, kaggle
from emofast.paths import artifacts, atomic_write, sha256
from emofast.submission import check_submission
from emofast.tables import read_rows

COLUMNS = ["time", "file", "sha256", "members", "validation_accuracy", "public", "private", "message", "ref"]
"""Of `artifacts/<data set>/submissions.csv`; time in UTC, `members` as "experiment=weight ...", scores empty until known."""

PATIENCE, POLL = 600.0, 5.0
"""Seconds to wait for a score, and between two looks."""

MARKS = {"public": (0.29880, "pass"), "private": (0.4, "top mark")}
"""The competition's marks: what each score has to exceed, and for what."""


def send_submission(comp: Competition, path: Path, message: str = "", yes: bool = False, force: bool = False) -> int:
    """Send a submission, wait for its score, record both; returns the exit status: 1 where the user does not agree.

    Asks before sending unless `yes`. A file that `submissions.csv` knows is not sent again unless `force`: its score is shown.
    Raises `EmofastError` for a file Kaggle would not take, no submission left today, and everything `kaggle` raises.
    """
    expected = ROWS["sample_submission.csv"]
    if len(comp.test_ids) != expected:
        raise EmofastError(f"{comp.folder} has {len(comp.test_ids)} test pictures, {COMPETITION} has {expected}: its results are not sent.")
    check_submission(path, comp)
    ledger, row = artifacts() / comp.name / "submissions.csv", _line(path, message)
    with atomic_write(ledger) as partial:  # a place that cannot be written, or a table open in Excel, is told before anything is sent
        _noted(ledger).to_csv(partial, index=False)
    known = _noted(ledger).query("sha256 == @row['sha256']")
    if len(known) and not force:
        row = known.iloc[-1].to_dict()
        console.print(f"{path} was sent before, at {row['time']}; --force sends it again.")
    elif not yes and not sys.stdin.isatty():
        raise EmofastError("nobody is at the terminal to be asked; give --yes to send without a question.")
    elif not _send(path, row, yes):
        console.print("Nothing was sent.")
        return 1
    _note(ledger, row)  # before the score is there: a killed wait forgets nothing
    if not row["public"]:
        row["public"], row["private"] = _wait(row, path)
        _note(ledger, row)
    for name, (mark, what) in MARKS.items():
        score, reached = row[name], row[name] and float(row[name]) > mark
        told = f"{score}  ({what} above {mark:.4f}: {'reached' if reached else 'not reached'})" if score else "Kaggle does not tell"
        console.print(f"{name}: {told}")
    return 0


def _line(path: Path, message: str) -> dict[str, str]:
    """The line about this file."""
    digest, card = sha256(path), path.with_suffix(".json")
    try:
        made = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    except ValueError:
        made = None
    if not isinstance(made, dict) or (made and made.get("sha256") != digest):  # edited by hand since, or of something else
        warn(f"{card} describes another file than {path}: it is sent without members and validation accuracy")
        made = {}
    validation = f"{made['validation_accuracy']:.4f}" if made else ""
    return dict.fromkeys(COLUMNS, "") | {
        "file": path.name,
        "sha256": digest,
        "members": " ".join(f"{name}={weight:g}" for name, weight in made.get("members", {}).items()),
        "validation_accuracy": validation,
        "message": message or (f"{len(made['members'])} members, validation {validation}" if made else "by hand"),
    }


def _send(path: Path, row: dict[str, str], yes: bool) -> bool:
    """Ask, send, and complete the line with Kaggle's number and the time; False where the user does not agree."""
    today = datetime.now(UTC).date()
    # What Kaggle could not score does not count against the limit.
    left = DAILY_LIMIT - sum(s.date.date() == today and s.status.name != "ERROR" for s in _submissions())
    if left <= 0:
        raise EmofastError(f"all {DAILY_LIMIT} submissions of today are used; Kaggle's next day begins at 00:00 UTC, send it then.")
    console.print(f"{path}, validation {row['validation_accuracy'] or 'unknown'}: {left} of today's {DAILY_LIMIT} submissions are left.")
    if not yes:
        console.print("Send it? [y/N] ", end="")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            return False
    with kaggle("the submission") as api:
        answer = api.competition_submit(str(path), row["message"], COMPETITION, quiet=True)
    if answer.message == api.COMPETITION_SUBMIT_UPLOAD_FAILED_MESSAGE:  # returned, not raised
        raise EmofastError(f"the upload of {path} failed on the way to Kaggle and nothing was submitted; start the same command again.")
    row["ref"], row["time"] = str(answer.ref), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    console.print(f"{path} is sent.")
    return True


def _submissions() -> list:
    """The team's newest submissions as Kaggle lists them."""
    with kaggle("the list of submissions") as api:
        return api.competition_submissions(COMPETITION, page_size=100) or []


def _wait(row: dict[str, str], path: Path) -> tuple[str, str]:
    """Public and private score, once Kaggle has them; empty where it does not tell."""
    end = time.monotonic() + PATIENCE
    while True:
        found = next((s for s in _submissions() if str(s.ref) == row["ref"]), None)
        if found and found.status.name == "ERROR":
            raise EmofastError(f"Kaggle could not score {path} ({found.error_description or 'no reason given'}); --force sends it again.")
        if found and found.status.name == "COMPLETE":
            return found.public_score or "", found.private_score or ""
        if time.monotonic() >= end:
            raise EmofastError(f"{path} was sent and has no score yet; the same command shows it later, as does {PAGE}/submissions.")
        time.sleep(POLL)


def _noted(ledger: Path) -> pd.DataFrame:
    rows = [row for _, row in read_rows(ledger, COLUMNS, "mend or remove it")] if ledger.is_file() else []
    return pd.DataFrame(rows, columns=COLUMNS, dtype=str)


def _note(ledger: Path, row: dict[str, str]) -> None:
    """Append the line, or put it in the place of the one about the same submission."""
    rows = _noted(ledger)
    rows = rows[rows["ref"] != row["ref"]]
    with atomic_write(ledger) as partial:
        pd.concat([rows, pd.DataFrame([row])]).sort_values("time", kind="stable")[COLUMNS].to_csv(partial, index=False)
