"""Submissions by the real kaggle client to a loopback server: sent once, scored, recorded, and refusals in one sentence."""

import csv
import hashlib
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import KEY, KaggleServer, lead_kaggle_to, running
from tiny_competition import TEST, write_tiny

from emofast import kaggle_account, sending
from emofast.cli import main
from emofast.data.download import ROWS
from emofast.kaggle_account import PAGE, KaggleAccount

TOKEN = "KGAT_a-token-nobody-may-see"


def now() -> datetime:
    """Asked for anew each time: a suite may run over midnight."""
    return datetime.now(UTC)


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def kaggle(monkeypatch, home):
    monkeypatch.setattr(sending, "POLL", 0.01)
    monkeypatch.setitem(ROWS, "sample_submission.csv", len(TEST))
    with running(KaggleServer()) as server:
        lead_kaggle_to(server, monkeypatch, home)
        yield server


@pytest.fixture
def data(tmp_path) -> Path:
    return write_tiny(tmp_path / "skillbox")


@pytest.fixture
def made(own_artifacts) -> Path:
    """submission.csv and submission.json as `emofast submission` leaves them."""
    folder = own_artifacts / "skillbox"
    folder.mkdir(parents=True)
    rows = "".join(f"{n.split('/')[1]},happy\r\n" for n in TEST)
    (folder / "submission.csv").write_bytes(b"image_path,emotion\r\n" + rows.encode())
    members = {"01_resnet_baseline": 0.25, "02_convnext": 0.75}
    digest = hashlib.sha256((folder / "submission.csv").read_bytes()).hexdigest()
    (folder / "submission.json").write_text(json.dumps({"sha256": digest, "members": members, "validation_accuracy": 0.59124}))
    return folder / "submission.csv"


@pytest.fixture
def submit(kaggle, data, made, capsys):
    """Run the command; returns exit status, standard output and error, neither of which ever holds a credential."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["submit", "--data", str(data), *arguments])
        out, err = capsys.readouterr()
        assert KEY not in out + err and TOKEN not in out + err
        return status, out, err

    return run


def ledger(made: Path) -> list[dict[str, str]]:
    path = made.with_name("submissions.csv")
    return list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []


def test_sent_scored_and_recorded(kaggle, submit, made):
    kaggle.earlier(now())
    kaggle.pending = 3
    status, out, _ = submit("--yes", "--message", "first, with two networks")
    assert status == 0
    assert kaggle.uploads == [made.read_bytes()]
    assert "3 of today's 5 submissions are left" in out
    assert "public: 0.58320  (pass above 0.2988: reached)" in out
    assert "private: 0.58100  (top mark above 0.4000: reached)" in out
    [row] = ledger(made)
    assert datetime.now(UTC) - datetime.fromisoformat(row.pop("time")) < timedelta(minutes=1)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    assert row == {
        "file": "submission.csv",
        "sha256": digest,
        "members": "01_resnet_baseline=0.25 02_convnext=0.75",
        "validation_accuracy": "0.5912",
        "public": "0.58320",
        "private": "0.58100",
        "message": f"first, with two networks [sha256:{digest[:16]}]",
        "ref": "7001",
    }
    assert kaggle.submissions[0]["description"] == row["message"]


def test_a_file_edited_by_hand_loses_the_members_aloud(kaggle, submit, made):
    made.write_bytes(made.read_bytes().replace(b"happy", b"sad"))
    status, _, err = submit("--yes")
    assert status == 0 and "describes another file" in err
    [row] = ledger(made)
    assert (row["members"], row["validation_accuracy"]) == ("", "") and row["message"].startswith("by hand")


def test_the_same_file_is_not_sent_twice_unless_forced(kaggle, submit, made):
    submit("--yes")
    asked = len(kaggle.log)
    status, out, _ = submit()
    assert status == 0 and "was sent before" in out and "public: 0.58320" in out
    assert len(kaggle.log) == asked, "known from submissions.csv, without a question to Kaggle"
    made.write_bytes(made.read_bytes().replace(b"happy", b"sad"))
    submit("--yes")
    submit("--yes", "--force")
    assert len(kaggle.uploads) == 3
    assert [r["ref"] for r in ledger(made)] == ["7000", "7001", "7002"]


def test_what_another_computer_sent_is_known_from_kaggles_list(kaggle, submit, made):
    submit("--yes")
    made.with_name("submissions.csv").unlink()
    status, out, _ = submit("--yes")
    assert status == 0 and len(kaggle.uploads) == 1 and "was sent before" in out
    [row] = ledger(made)
    assert row["public"] == "0.58320" and row["ref"] == "7000"


def test_private_score_that_kaggle_keeps_to_itself(kaggle, submit, made):
    kaggle.verdict = {"status": "COMPLETE", "publicScore": "0.20000"}
    _, out, _ = submit("--yes")
    assert "public: 0.20000  (pass above 0.2988: not reached)" in out and "private: Kaggle does not tell" in out
    assert ledger(made)[0]["private"] == ""


def test_a_file_of_the_users_own(kaggle, submit, made, tmp_path):
    own = tmp_path / "mine.csv"
    own.write_bytes(made.read_bytes())
    assert submit(str(own), "--yes")[0] == 0
    assert ledger(made)[0]["file"] == "mine.csv" and ledger(made)[0]["members"] == ""


def test_nobody_at_the_terminal(kaggle, submit, made):
    status, _, err = submit()
    assert status == 2 and "give --yes" in err
    assert not kaggle.log and not ledger(made)


DRIVER = """
import sys
from kagglesdk.kaggle_env import KaggleEnv, _env_to_endpoint
from emofast import sending
from emofast.cli import main
from emofast.data.download import ROWS
_env_to_endpoint[KaggleEnv.LOCAL], sending.POLL, ROWS["sample_submission.csv"] = sys.argv[1], 0.01, int(sys.argv[2])
sys.exit(main(sys.argv[3:]))
"""


def at_a_terminal(answer: bytes, *arguments: str) -> tuple[int, str]:
    """Exit status and all that the terminal of a real process shows."""
    master, slave = pty.openpty()
    command, project = [sys.executable, "-c", DRIVER, *arguments], Path(__file__).parents[1]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=project)
    os.close(slave)
    os.write(master, answer)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return process.wait(), shown.decode()


@pytest.mark.parametrize("answer, status, uploads", [(b"y\n", 0, 1), (b"\n", 1, 0), (b"\x04", 1, 0)])
def test_asks_at_a_terminal(kaggle, data, made, answer, status, uploads, monkeypatch):
    monkeypatch.setenv("VERBOSE", "1")  # makes the kaggle package print its requests, headers and all
    got, shown = at_a_terminal(answer, kaggle.url, str(len(TEST)), "submit", "--data", str(data))
    assert (got, len(kaggle.uploads)) == (status, uploads), shown
    assert "validation 0.5912: 5 of today's 5 submissions are left" in shown
    assert ("public: 0.58320" in shown) == bool(uploads) == ("Nothing was sent" not in shown)
    [sent] = {h["Authorization"] for line, h in kaggle.log if "Submissions" in line}
    assert KEY not in shown and sent.split()[1] not in shown


def test_the_days_limit(kaggle, submit, made):
    for _ in range(4):
        kaggle.earlier(now())
        kaggle.earlier(now() - timedelta(days=1))
        kaggle.earlier(now(), status="ERROR")
    assert "0 of today's 5 submissions are left" in submit("--yes")[1]
    made.write_bytes(made.read_bytes().replace(b"happy", b"sad"))
    status, _, err = submit("--yes")
    assert status == 2 and "all 5 submissions of today are used; Kaggle's next day begins at 00:00 UTC" in err
    assert len(kaggle.uploads) == 1


def test_a_score_that_takes_too_long_is_shown_later(kaggle, submit, made, monkeypatch):
    monkeypatch.setattr(sending, "PATIENCE", 0.0)
    kaggle.pending = 2
    status, _, err = submit("--yes")
    assert status == 2 and "was sent, but Kaggle has not scored it within 0 minutes; the same command shows its score later" in err
    assert ledger(made)[0]["public"] == ""
    monkeypatch.setattr(sending, "PATIENCE", 9.0)
    status, out, _ = submit()
    assert status == 0 and "public: 0.58320" in out
    assert len(kaggle.uploads) == 1 and [r["public"] for r in ledger(made)] == ["0.58320"]


def test_a_network_that_fails_after_sending(kaggle, submit, made):
    kaggle.after_submission = lambda: kaggle.cut.add("ListSubmissions")
    status, _, err = submit("--yes")
    assert status == 2 and "was sent, but its score could not be read (Kaggle cannot be reached" in err
    assert ledger(made)[0]["ref"] == "7000"


def test_a_file_that_kaggle_cannot_score(kaggle, submit, made):
    kaggle.verdict = {"status": "ERROR", "errorDescription": "Evaluation Exception"}
    status, _, err = submit("--yes")
    assert status == 2 and "could not score" in err and "(Evaluation Exception); --force sends it again" in err


def test_an_upload_that_fails_without_an_exception(kaggle, submit, made):
    kaggle.upload_status = 400
    status, _, err = submit("--yes")
    assert status == 2 and "failed on the way to Kaggle and nothing was submitted" in err
    assert not kaggle.submissions and not ledger(made)


def test_what_is_not_a_submission_is_never_sent(kaggle, submit, made, monkeypatch):
    made.write_bytes(made.read_bytes().replace(b"3.jpg", b"33.jpg"))
    status, _, err = submit("--yes")
    assert status == 2 and "the foreign id '33.jpg'" in err
    monkeypatch.setitem(ROWS, "sample_submission.csv", 5000)
    status, _, err = submit("--yes")
    assert status == 2 and "has 4 test pictures" in err
    assert not kaggle.log


def echo(kaggle: KaggleServer) -> str:
    return f"no, {KEY} and {next(iter(kaggle.good))} are bad"


REFUSALS = {
    "rules": (lambda k: k.refuse.update(ListSubmissions=(403, "Forbidden")), f"accept the competition's rules once at {PAGE}/rules"),
    "gone": (lambda k: k.refuse.update(ListSubmissions=(404, "Not found")), f"(404); look whether {PAGE} is still there"),
    "too many": (lambda k: k.refuse.update(ListSubmissions=(429, "Slow down", {"Retry-After": "37"})), "(429); wait 37 seconds"),
    "trouble": (lambda k: k.refuse.update(StartSubmissionUpload=(503, "Oops")), "trouble of its own (503)"),
    "limit": (lambda k: k.refuse.update(CreateSubmission=(400, "Your team is out of them.")), "(400): Your team is out of them; see"),
    "echo": (lambda k: k.refuse.update(CreateSubmission=(400, echo(k))), "(400): no, *** and Basic *** are bad"),
    "keys": (lambda k: k.good.clear(), "refuses your username and key (401); make a new token"),
    "cut": (lambda k: k.cut.add("ListSubmissions"), "cannot be reached for the list of submissions (ConnectionError)"),
    "silent": (lambda k: k.silent.add("ListSubmissions"), "for the list of submissions (no answer within 1 s)"),
}


def impatient(ask, monkeypatch):
    """`ask`, waiting a second for its answer; signing in, which imports a library first, has all its time."""

    def hurried(account):
        with monkeypatch.context() as patch:
            patch.setattr(kaggle_account, "_ANSWER_SECONDS", 1)
            return ask(account)

    return hurried


@pytest.mark.parametrize("refusal", REFUSALS)
def test_refusals_are_one_sentence_with_the_way_out(kaggle, submit, made, monkeypatch, refusal):
    arrange, expected = REFUSALS[refusal]
    arrange(kaggle)
    if refusal == "silent":
        monkeypatch.setattr(KaggleAccount, "submissions", impatient(KaggleAccount.submissions, monkeypatch))
    status, _, err = submit("--yes")
    assert status == 2 and expected in err, err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert not ledger(made)


@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize("introspection", [{}, {"IntrospectToken": (401, "Unauthorized")}, {"IntrospectToken": (403, "Forbidden")}])
def test_a_stale_token_over_good_keys(kaggle, submit, home, monkeypatch, place, introspection):
    kaggle.refuse = introspection
    if place == "environment":
        monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    else:
        (home / ".kaggle" / "access_token").write_text(TOKEN)
    status, _, err = submit("--yes")
    where = "$KAGGLE_API_TOKEN" if place == "environment" else "~/.kaggle/access_token"
    assert status == 2 and f"refuses the token in {where} and is used before your username and key: remove it" in err, err


def test_a_good_token(kaggle, submit, home):
    (home / ".kaggle" / "kaggle.json").unlink()
    (home / ".kaggle" / "access_token").write_text(TOKEN)
    kaggle.good = {f"Bearer {TOKEN}"}
    assert submit("--yes")[0] == 0


def test_keys_from_the_environment(kaggle, submit, home, monkeypatch):
    (home / ".kaggle" / "kaggle.json").unlink()
    monkeypatch.setenv("KAGGLE_USERNAME", "ada")
    monkeypatch.setenv("KAGGLE_KEY", KEY)
    assert submit("--yes")[0] == 0


def test_no_credentials_names_every_way_to_give_them(kaggle, submit, home):
    (home / ".kaggle" / "kaggle.json").unlink()
    status, out, err = submit("--yes")
    assert status == 2 and err.count("\n") == 1
    for way in ("~/.kaggle/access_token", "KAGGLE_API_TOKEN", "kaggle auth login", "kaggle.json", "KAGGLE_USERNAME and KAGGLE_KEY"):
        assert way in err
    assert "Authentication required" not in out, "not kaggle's own page"
