"""The download against loopback servers: whole files under their names or nothing, whatever the other side does."""

import io
import socket
import sys
import zipfile
from pathlib import Path

import pytest
import requests
from loopback import FileServer, KaggleServer, lead_kaggle_to, running
from tiny_competition import TABLES, TEST_ZIP, TRAIN, TRAIN_ZIP, archive, jpg

from emofast.cli import main
from emofast.data import download, read_competition
from emofast.data.download import LINKS, ROWS, download_data
from emofast.errors import EmofastError

IDS = {top: [link.split("id=")[1] for link in links] for top, links in LINKS.items()}


@pytest.fixture(autouse=True)
def small_and_local(monkeypatch, tmp_path):
    """The layout with few rows; every connection that leaves this machine fails; no credentials, no cookies of its user."""
    for name, table in TABLES.items():
        monkeypatch.setitem(ROWS, name, table.count(b"\r\n") - 1)
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    connect = socket.socket.connect

    def local_only(self, address):
        assert address[0] == "127.0.0.1", f"a test wanted to reach {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture
def web(monkeypatch, tmp_path):
    """A server of files; the real gdown's requests for drive.google.com are led to it too."""
    import gdown

    with running(FileServer()) as server:
        get = requests.Session.get
        lead = lambda self, url, **k: get(self, url.replace("https://drive.google.com", server.url), **k)  # noqa: E731
        monkeypatch.setattr(requests.Session, "get", lead)
        monkeypatch.setattr(sys.modules[gdown.download.__module__], "DEFAULT_COOKIES_FILE", str(tmp_path / "cookies.txt"))
        yield server


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data set folder where only the tables lie, put there by hand."""
    folder = tmp_path / "skillbox"
    folder.mkdir()
    for name, table in TABLES.items():
        (folder / name).write_bytes(table)
    return folder


def archives(folder: Path) -> list[bytes]:
    return [p.read_bytes() for p in (folder / "train.zip", folder / "test_kaggle.zip") if p.exists()]


def urls(web: FileServer) -> tuple[str, str]:
    web.files |= {"train.zip": TRAIN_ZIP, "test_kaggle.zip": TEST_ZIP}
    return f"{web.url}/train.zip", f"{web.url}/test_kaggle.zip"


def test_drive_links_in_order(web, folder, capsys):
    web.files |= {IDS["train"][0]: TRAIN_ZIP, IDS["test_kaggle"][0]: TEST_ZIP}
    download_data(folder)
    assert archives(folder) == [TRAIN_ZIP, TEST_ZIP] and len(read_competition(folder).train_ids) == len(TRAIN)
    assert {p.name for p in folder.iterdir()} == {*TABLES, "train.zip", "test_kaggle.zip"}
    assert (folder / "train.zip").stat().st_mode & 0o777 == 0o644
    assert not web.asked(IDS["train"][1]), "the older links are for when the newer fail"
    assert "18 pictures, checksums right" in capsys.readouterr().out


def test_older_pair_when_the_quota_is_used_up_and_one_sentence_when_it_is_everywhere(web, folder, capsys):
    web.quota |= {IDS["train"][0], *IDS["test_kaggle"]}
    web.files |= {IDS["train"][1]: TRAIN_ZIP}
    with pytest.raises(EmofastError, match=r"no link gave test_kaggle\.zip .*Too many users.*browser.*24 hours.*--test-url") as e:
        download_data(folder)
    assert "\n" not in str(e.value) and archives(folder) == [TRAIN_ZIP]
    assert capsys.readouterr().err.count("Too many users have viewed or downloaded this file recently); trying the next link") == 2


def test_a_broken_transfer_keeps_its_half_and_goes_on_there(web, folder):
    links = urls(web)
    web.cut_at["train.zip"] = len(TRAIN_ZIP) // 2
    with pytest.raises(EmofastError, match=r"broke off \(.*\); .* MB are kept in .*; start the same command again"):
        download_data(folder, *links)
    [half] = folder.glob(".download/*/*.part")
    kept = half.stat().st_size
    assert not archives(folder) and TRAIN_ZIP.startswith(half.read_bytes()) and kept > 0
    download_data(folder, *links)
    assert archives(folder) == [TRAIN_ZIP, TEST_ZIP] and web.asked("train.zip")[-1] == f"bytes={kept}-"


def test_halves_of_two_links_are_never_joined(web, folder):
    newer, older = IDS["train"]
    web.files |= {newer: TRAIN_ZIP, older: archive(TRAIN), IDS["test_kaggle"][0]: TEST_ZIP}
    web.cut_at[newer] = len(TRAIN_ZIP) // 2
    with pytest.raises(EmofastError, match="broke off"):
        download_data(folder)
    assert not web.asked(older), "a broken transfer is no reason to change the link"
    web.quota.add(newer)
    download_data(folder)
    assert archives(folder)[0] == web.files[older]


def wrong_checksum() -> bytes:
    at = TRAIN_ZIP.index(jpg(3)) + 200
    return TRAIN_ZIP[:at] + bytes([TRAIN_ZIP[at] ^ 255]) + TRAIN_ZIP[at + 1 :]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "a web page came instead of the archive"),
        (TRAIN_ZIP[:-40], "not a whole zip archive"),
        (wrong_checksum(), "Bad CRC-32"),
        (archive(TRAIN[:-1]), r"has 17 of the 18 pictures that the table names and lacks train/uncertain/1\.jpg"),
        (archive([*TRAIN, "../../evil.jpg"]), "points outside the archive"),
        (None, "the server answers 404"),
    ],
    ids=["web page", "cut", "checksum", "count", "unsafe", "missing"],
)
def test_what_is_wrong_never_gets_the_name(web, folder, body, reason):
    web.files |= {"t.zip": body} if body else {}
    with pytest.raises(EmofastError, match=reason):
        download_data(folder, f"{web.url}/t.zip")
    assert not archives(folder)


def test_addresses_that_lead_nowhere(web, folder):
    with pytest.raises(EmofastError, match="no such address"):
        download_data(folder, "train.zip")
    with socket.socket() as nobody, pytest.raises(EmofastError, match="broke off"):
        nobody.bind(("127.0.0.1", 0))
        download_data(folder, f"http://127.0.0.1:{nobody.getsockname()[1]}/train.zip")


def test_files_put_there_by_hand_are_recognised_and_wrong_ones_named_and_kept(web, folder, capsys):
    (folder / "test_kaggle.zip").write_bytes(TEST_ZIP)
    for content, reason in ((TRAIN_ZIP[:3000], "is not a whole zip"), (archive(TRAIN[1:]), "has 17 of the 18 pictures .* remove it")):
        (folder / "train.zip").write_bytes(content)
        with pytest.raises(EmofastError, match=f"train.zip {reason}"):
            download_data(folder)
        assert archives(folder)[0] == content
    (folder / "train.zip").unlink()
    with zipfile.ZipFile(io.BytesIO(TRAIN_ZIP)) as z:
        z.extractall(folder)
    capsys.readouterr()
    download_data(folder)
    assert not web.log and capsys.readouterr().out.count("already there") == 4
    (folder / "train.csv").write_bytes(TABLES["train.csv"][:-40])
    with pytest.raises(EmofastError, match=r"train\.csv has 17 rows and the competition's has 18; remove it"):
        download_data(folder)


def test_from_nothing_by_the_command(web, tmp_path, capsys, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("train.csv", TABLES["train.csv"])
    folder, (train_url, test_url) = tmp_path / "new" / "skillbox", urls(web)
    command = ["data", "download", "--to", str(folder), "--train-url", train_url, "--test-url", test_url]
    with running(KaggleServer()) as kaggle:
        lead_kaggle_to(kaggle.url, monkeypatch, tmp_path / "home")
        kaggle.tables = {"train.csv": b"image_path,emotion\r\n1.jpg,happy\r\n"}
        assert main(command) == 2 and "has 1 rows and the competition's has 18" in capsys.readouterr().err
        assert not (folder / "train.csv").exists(), "a table of another competition is not kept"
        kaggle.tables = {"train.csv.zip": packed.getvalue()}
        assert main(command) == 2 and "Kaggle refuses sample_submission.csv (404)" in capsys.readouterr().err
        kaggle.tables |= {"sample_submission.csv": TABLES["sample_submission.csv"]}
        assert main(command) == 0
    assert {p.name for p in folder.iterdir()} == {"train.csv.zip", "sample_submission.csv", "train.zip", "test_kaggle.zip"}
    out = capsys.readouterr().out
    assert "18 training rows, 4 test rows" in out and "files that no csv names (ignored): 1" in out, "the check ran after it"
