"""`emofast submit`: a checked file to Kaggle, its score back, and a line about it in `submissions.csv`."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from rich.console import Console

from emofast import paths
from emofast.console import console, warn
from emofast.data.competition import Competition
from emofast.data.download import ROWS
from emofast.errors import EmofastError
from emofast.kaggle_account import COMPETITION, DAILY_LIMIT, PAGE, KaggleAccount, Submission
from emofast.submission import check_submission

__all__ = ["COLUMNS", "send_submission"]

COLUMNS = ["time", "file", "sha256", "members", "validation_accuracy", "public", "private", "message", "ref"]
"""Of `artifacts/<data set>/submissions.csv`; time in UTC, `members` as "experiment=weight ...", scores empty until known."""

PATIENCE, POLL = 600.0, 5.0
"""Seconds to wait for a score, and between two looks."""

PASS_PUBLIC, TOP_PRIVATE = 0.29880, 0.4
"""The competition's marks: public above the first passes, private above the second is the top mark."""


def send_submission(comp: Competition, path: Path, message: str = "", yes: bool = False, force: bool = False) -> int:
    """Send a submission, wait for its score, record both; returns the exit status: 1 where the user does not agree.

    Asks before sending unless `yes`. A file that was sent before is not sent again unless `force`: its score is shown. It is
    known by its hash, from `submissions.csv` or, sent from another computer, from Kaggle's own list.
    Raises `EmofastError` for a file Kaggle would not take, no submission left today, and everything `KaggleAccount` raises.
    """
    expected = ROWS["sample_submission.csv"]
    if len(comp.test_ids) != expected:
        raise EmofastError(f"{comp.folder} has {len(comp.test_ids)} test pictures, {COMPETITION} has {expected}: its results are not sent.")
    check_submission(path, comp)
    ledger, row = paths.artifacts() / comp.name / "submissions.csv", _row(path, message)
    before = None if force else _recorded(ledger, row)
    if before and before["public"]:
        _tell_before(path, before)
        _tell(float(before["public"]), float(before["private"]) if before["private"] else None)
        return 0
    if not (yes or before or sys.stdin.isatty()):
        raise EmofastError("nobody is at the terminal to be asked; give --yes to send without a question.")
    account = KaggleAccount()
    listed = account.submissions()
    before = before or (None if force else _sent_elsewhere(listed, row))
    if before:
        _tell_before(path, before)
        row = before
    elif not _send(account, path, row, _left_today(listed), yes):
        return 1
    _record(ledger, row)  # before the score is there: a killed wait forgets nothing
    scored = _wait(account, row, path)
    row["public"], row["private"] = ("" if s is None else f"{s:.5f}" for s in (scored.public, scored.private))
    _record(ledger, row)
    _tell(scored.public, scored.private)
    return 0


def _send(account: KaggleAccount, path: Path, row: dict[str, str], left: int, yes: bool) -> bool:
    """Ask, send, and complete the line with Kaggle's number and the time; False where the user does not agree."""
    if not yes and not _agreed(path, row, left):
        console.print("Nothing was sent.")
        return False
    row["ref"] = str(account.submit(path, row["message"]) or "")
    row["time"] = _stamp(datetime.now(UTC))
    console.print(f"{path} is sent; {left - 1} of today's {DAILY_LIMIT} submissions are left.")
    return True


def _row(path: Path, message: str) -> dict[str, str]:
    """The line about this file, its message ending with a tag that finds it again in Kaggle's list."""
    digest, card = paths.sha256(path), path.with_suffix(".json")
    made = json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {}
    if made.get("sha256") != digest:  # edited by hand since, or a json file of something else
        if made:
            warn(f"{card} describes another file than {path}: it is sent without members and validation accuracy")
        made = {}
    validation = f"{made['validation_accuracy']:.4f}" if made else ""
    message = message or (f"{len(made['members'])} members, validation {validation}" if made else "by hand")
    return {
        "time": "",
        "file": path.name,
        "sha256": digest,
        "members": " ".join(f"{name}={weight:g}" for name, weight in made.get("members", {}).items()),
        "validation_accuracy": validation,
        "public": "",
        "private": "",
        "message": f"{message} [{_tag(digest)}]",
        "ref": "",
    }


def _tag(digest: str) -> str:
    return f"sha256:{digest[:16]}"


def _read(ledger: Path) -> pd.DataFrame:
    return pd.read_csv(ledger, dtype=str, keep_default_na=False) if ledger.is_file() else pd.DataFrame(columns=COLUMNS, dtype=str)


def _recorded(ledger: Path, row: dict[str, str]) -> dict[str, str] | None:
    rows = _read(ledger)
    rows = rows[rows["sha256"] == row["sha256"]]
    return None if rows.empty else rows.iloc[-1].to_dict()


def _sent_elsewhere(listed: list[Submission], row: dict[str, str]) -> dict[str, str] | None:
    found = _find(listed, row)
    return found and {**row, "time": _stamp(found.sent), "message": found.message, "ref": str(found.ref)}


def _record(ledger: Path, row: dict[str, str]) -> None:
    """Append the line, or put it in the place of the one about the same submission."""
    rows = _read(ledger)
    same = ["sha256", "time", "ref"]
    rows = rows[(rows[same] != [row[c] for c in same]).any(axis=1)]
    with paths.atomic_write(ledger) as partial:
        pd.concat([rows, pd.DataFrame([row])]).sort_values("time", kind="stable")[COLUMNS].to_csv(partial, index=False)


def _left_today(listed: list[Submission]) -> int:
    today = datetime.now(UTC).date()
    # What Kaggle could not score does not count against the limit.
    left = DAILY_LIMIT - sum(s.sent.date() == today and s.state != "error" for s in listed)
    if left <= 0:
        raise EmofastError(f"all {DAILY_LIMIT} submissions of today are used; Kaggle's next day begins at 00:00 UTC, send it then.")
    return left


def _agreed(path: Path, row: dict[str, str], left: int) -> bool:
    validation = f", validation {row['validation_accuracy']}" if row["validation_accuracy"] else ""
    console.print(f"{path}{validation}: {left} of today's {DAILY_LIMIT} submissions are left.")
    try:
        return input("Send it? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _find(listed: list[Submission], row: dict[str, str]) -> Submission | None:
    """Ours in Kaggle's list: by its number, or by the hash in its message where Kaggle gave no number."""
    if row["ref"]:
        return next((s for s in listed if str(s.ref) == row["ref"]), None)
    return next((s for s in listed if _tag(row["sha256"]) in s.message), None)


def _wait(account: KaggleAccount, row: dict[str, str], path: Path) -> Submission:
    """Ours, once Kaggle has scored it."""
    later = f"the same command shows its score later, as does {PAGE}/submissions"
    end = time.monotonic() + PATIENCE
    with Console(stderr=True).status("waiting for Kaggle's score"):
        while True:
            try:
                found = _find(account.submissions(), row)
            except EmofastError as e:
                raise EmofastError(f"{path} was sent, but its score could not be read ({str(e).rstrip('.')}); {later}.") from None
            if found and found.state == "error":
                raise EmofastError(f"Kaggle could not score {path} ({found.error or 'it gives no reason'}); --force sends it again.")
            if found and found.state == "complete":
                return found
            if time.monotonic() >= end:
                raise EmofastError(f"{path} was sent, but Kaggle has not scored it within {PATIENCE / 60:.0f} minutes; {later}.")
            time.sleep(POLL)


def _tell(public: float | None, private: float | None) -> None:
    for name, score, mark, what in (("public", public, PASS_PUBLIC, "pass"), ("private", private, TOP_PRIVATE, "top mark")):
        if score is None:
            console.print(f"{name}: Kaggle does not tell")
        else:
            console.print(f"{name}: {score:.5f}  ({what} above {mark:.4f}: {'reached' if score > mark else 'not reached'})")


def _tell_before(path: Path, before: dict[str, str]) -> None:
    console.print(f"{path} was sent before, at {before['time']}; --force sends it again.")


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
