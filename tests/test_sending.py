"""Submissions by the real kaggle client to a loopback server: sent once, scored, recorded, and refusals in one sentence."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import KaggleServer, lead_kaggle_to, running
from tiny_competition import TEST, write_tiny

from emofast import sending
from emofast.cli import main
from emofast.data.download import ROWS
from emofast.kaggle_account import PAGE


@pytest.fixture
def kaggle(monkeypatch):
    monkeypatch.setattr(sending, "POLL", 0.01)
    monkeypatch.setitem(ROWS, "sample_submission.csv", len(TEST))
    with running(KaggleServer()) as server:
        yield server


@pytest.fixture
def key(kaggle, monkeypatch, tmp_path) -> Path:
    return lead_kaggle_to(kaggle.url, monkeypatch, tmp_path / "home")


@pytest.fixture
def made(own_artifacts) -> Path:
    """submission.csv and submission.json as `emofast submission` leaves them."""
    folder = own_artifacts / "skillbox"
    folder.mkdir(parents=True)
    (folder / "submission.csv").write_bytes(b"image_path,emotion\r\n" + "".join(f"{n.split('/')[1]},happy\r\n" for n in TEST).encode())
    digest = hashlib.sha256((folder / "submission.csv").read_bytes()).hexdigest()
    card = {"sha256": digest, "members": {"01_resnet_baseline": 0.25, "02_convnext": 0.75}, "validation_accuracy": 0.59124}
    (folder / "submission.json").write_text(json.dumps(card))
    return folder / "submission.csv"


@pytest.fixture
def submit(key, made, tmp_path, capsys):
    """Run the command; returns exit status, standard output and error."""
    data = write_tiny(tmp_path / "skillbox")

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["submit", "--data", str(data), *arguments])
        return (status, *capsys.readouterr())

    return run


def ledger(made: Path) -> list[dict[str, str]]:
    path = made.with_name("submissions.csv")
    return list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []


def test_sent_scored_and_recorded(kaggle, submit, made):
    kaggle.add(status="COMPLETE")
    kaggle.pending = 3
    status, out, _ = submit("--yes", "--message", "first, with two networks")
    assert status == 0 and kaggle.uploads == [made.read_bytes()]
    assert "validation 0.5912: 4 of today's 5 submissions are left" in out
    assert "public: 0.58320  (pass above 0.2988: reached)" in out and "private: 0.58100  (top mark above 0.4000: reached)" in out
    [row] = ledger(made)
    assert list(row) == sending.COLUMNS and datetime.now(UTC) - datetime.fromisoformat(row["time"]) < timedelta(minutes=1)
    assert list(row.values())[2:] == [
        *(hashlib.sha256(made.read_bytes()).hexdigest(), "01_resnet_baseline=0.25 02_convnext=0.75", "0.5912"),
        *("0.58320", "0.58100", "first, with two networks", "7001"),
    ]


def test_the_same_file_is_not_sent_twice_unless_forced(kaggle, submit, made):
    submit("--yes")
    asked = len(kaggle.log)
    status, out, _ = submit()
    assert status == 0 and "was sent before" in out and "public: 0.58320" in out and len(kaggle.log) == asked
    made.write_bytes(made.read_bytes().replace(b"happy", b"sad"))
    assert "describes another file" in submit("--yes")[2]
    submit("--yes", "--force")
    assert [(r["ref"], r["members"] == "") for r in ledger(made)] == [("7000", False), ("7001", True), ("7002", True)]


def test_a_score_that_takes_too_long_is_shown_later(kaggle, submit, made, monkeypatch):
    kaggle.pending = 2
    with monkeypatch.context() as patch:
        patch.setattr(sending, "PATIENCE", 0.0)
        status, _, err = submit("--yes")
    assert status == 2 and "was sent and has no score yet; the same command shows it later" in err and ledger(made)[0]["public"] == ""
    kaggle.verdict = {"status": "COMPLETE", "publicScore": "0.20000"}
    status, out, _ = submit()
    assert "public: 0.20000  (pass above 0.2988: not reached)" in out and "private: Kaggle does not tell" in out
    assert len(kaggle.uploads) == 1 and [r["public"] for r in ledger(made)] == ["0.20000"]


def test_the_days_limit(kaggle, submit, made):
    for _ in range(5):
        kaggle.add(status="COMPLETE", sent=datetime.now(UTC) - timedelta(days=1))
        kaggle.add(status="ERROR")
    assert "5 of today's 5 submissions are left" in submit("--yes")[1]
    for _ in range(4):
        kaggle.add(status="COMPLETE")
    status, _, err = submit("--yes", "--force")
    assert status == 2 and "all 5 submissions of today are used; Kaggle's next day begins at 00:00 UTC" in err


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("", 1)])
def test_asks_at_a_terminal(kaggle, submit, answer, status, monkeypatch):
    assert "give --yes" in submit()[2] and not kaggle.log
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    got, out, _ = submit()
    assert (got, len(kaggle.uploads)) == (status, 1 - status) and ("Nothing was sent" in out) == bool(status)


def test_what_is_not_a_submission_is_never_sent(kaggle, submit, made):
    made.write_bytes(made.read_bytes().replace(b"3.jpg", b"33.jpg"))
    assert "the foreign id '33.jpg'" in submit("--yes")[2] and not kaggle.log


REFUSALS = {
    "rules": (lambda k: k.refuse.update(ListSubmissions=(403, "Forbidden")), f"accept the competition's rules once at {PAGE}/rules"),
    "gone": (lambda k: k.refuse.update(ListSubmissions=(404, "Not found")), f"look whether {PAGE} is still there"),
    "too many": (lambda k: k.refuse.update(ListSubmissions=(429, "Slow down")), "(429): too many requests; wait a few minutes"),
    "trouble": (lambda k: k.refuse.update(StartSubmissionUpload=(503, "Oops")), "refuses the submission (503): it says Oops"),
    "limit": (lambda k: k.refuse.update(CreateSubmission=(400, "Your team is out.")), "(400): it says Your team is out; see"),
    "keys": (lambda k: setattr(k, "good", "another"), "(401): it does not take your token or key; make a token"),
    "upload": (lambda k: setattr(k, "upload_status", 400), "failed on the way to Kaggle and nothing was submitted"),
    "score": (lambda k: k.verdict.update(status="ERROR", errorDescription="Bad"), "could not score"),
    "network": (lambda k: k.shutdown() or k.server_close(), "cannot be reached for the list of submissions (ConnectionError)"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refusals_are_one_sentence_with_the_way_out(kaggle, submit, refusal):
    arrange, expected = REFUSALS[refusal]
    arrange(kaggle)
    status, out, err = submit("--yes")
    assert status == 2 and expected in err and err.startswith("error: ") and err.count("\n") == 1, err
    assert "Authentication required" not in out, "not kaggle's own page"


def test_without_credentials_and_with_a_stale_token_over_a_good_key(submit, key):
    (key.parent / "access_token").write_text("KGAT_stale")
    stale = submit("--yes")
    (key.parent / "access_token").unlink()
    key.unlink()
    for status, _, err in (stale, submit("--yes")):
        assert status == 2 and err.count("\n") == 1 and "~/.kaggle/access_token" in err and "an old one in either place is used" in err
