"""The download against loopback servers: whole files under their names or nothing, whatever the other side does."""

import hashlib
import io
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
import requests
from loopback import FileServer, KaggleServer, lead_kaggle_to, running
from processes import wait_until
from tiny_competition import TABLES, TEST_ZIP, TRAIN, TRAIN_ZIP, archive, jpg

from emofast.cli import main
from emofast.data import download, read_competition
from emofast.data.download import ARCHIVES, ROWS, download_data
from emofast.errors import EmofastError

LINKS = [[link.split("id=")[1] for link in a.links] for a in ARCHIVES]


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
def web():
    with running(FileServer()) as server:
        yield server


@pytest.fixture
def drive(web, monkeypatch, tmp_path):
    """The real gdown, its requests for drive.google.com led to the loopback server."""
    import gdown

    get = requests.Session.get
    monkeypatch.setattr(requests.Session, "get", lambda self, url, **k: get(self, url.replace("https://drive.google.com", web.url), **k))
    monkeypatch.setattr(sys.modules[gdown.download.__module__], "DEFAULT_COOKIES_FILE", str(tmp_path / "cookies.txt"))
    return web


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    with running(KaggleServer()) as server:
        lead_kaggle_to(server, monkeypatch, tmp_path / "home")
        yield server


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data set folder where only the tables lie, put there by hand."""
    folder = tmp_path / "skillbox"
    folder.mkdir()
    for name, table in TABLES.items():
        (folder / name).write_bytes(table)
    return folder


def whole(folder: Path) -> bool:
    """Both archives to the byte, and nothing else beside the tables."""
    names = {p.name for p in folder.iterdir()}
    return (
        names == {*TABLES, "train.zip", "test_kaggle.zip"}
        and (folder / "train.zip").read_bytes() == TRAIN_ZIP
        and (folder / "test_kaggle.zip").read_bytes() == TEST_ZIP
    )


def halves(folder: Path) -> list[Path]:
    return list(folder.glob(".download/*/*.part"))


def urls(web: FileServer) -> tuple[str, str]:
    web.files |= {"train.zip": TRAIN_ZIP, "test_kaggle.zip": TEST_ZIP}
    return f"{web.url}/train.zip", f"{web.url}/test_kaggle.zip"


def test_drive_links_in_order_and_through_the_virus_page(drive, folder, capsys):
    drive.files |= {LINKS[0][0]: TRAIN_ZIP, LINKS[1][0]: TEST_ZIP}
    drive.confirm.add(LINKS[0][0])
    download_data(folder)
    assert whole(folder)
    assert all(p.stat().st_mode & 0o777 == 0o644 for p in folder.glob("*.zip"))
    assert len(read_competition(folder).train_ids) == len(TRAIN)
    assert not drive.asked(LINKS[0][1]) and not drive.asked(LINKS[1][1]), "the older links are for when the newer fail"
    assert "18 pictures, checksums right" in capsys.readouterr().out


def test_older_pair_when_the_quota_is_used_up(drive, folder, capsys):
    drive.quota |= {LINKS[0][0], LINKS[1][0]}
    drive.files |= {LINKS[0][1]: TRAIN_ZIP, LINKS[1][1]: TEST_ZIP}
    download_data(folder)
    assert whole(folder)
    assert capsys.readouterr().err.count("Too many users have viewed or downloaded this file recently); trying the next link") == 2


def test_quota_everywhere_is_one_sentence_with_the_way_out(drive, folder):
    drive.quota |= {*LINKS[0], *LINKS[1]}
    with pytest.raises(EmofastError, match=r"no link gave train\.zip .*Too many users.*browser.*24 hours.*--train-url") as e:
        download_data(folder)
    assert "\n" not in str(e.value)
    assert {p.name for p in folder.iterdir()} == set(TABLES), "nothing is left behind"


def test_another_place_that_is_not_drive(web, folder):
    download_data(folder, *urls(web))
    assert whole(folder)


def test_a_cut_transfer_keeps_its_half_and_goes_on_there(web, folder):
    links = urls(web)
    web.cut_at["train.zip"] = [len(TRAIN_ZIP) // 2]
    with pytest.raises(EmofastError, match=r"network failed while train\.zip.*are kept; start the same command again"):
        download_data(folder, *links)
    assert not (folder / "train.zip").exists()
    [half] = halves(folder)
    kept = half.stat().st_size
    assert TRAIN_ZIP.startswith(half.read_bytes()) and kept > 0
    download_data(folder, *links)
    assert whole(folder)
    assert web.asked("train.zip")[-1] == f"bytes={kept}-", "the second run asked for the rest only"


def test_a_cut_transfer_goes_on_by_itself(web, folder, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 2)
    links = urls(web)
    web.cut_at["train.zip"] = [len(TRAIN_ZIP) // 3, 2 * len(TRAIN_ZIP) // 3]
    download_data(folder, *links)
    assert whole(folder)
    assert [r != "" for r in web.asked("train.zip")] == [False, True, True]


def test_killed_after_the_last_byte(web, folder):
    links = urls(web)
    into = folder / ".download" / f"train-{hashlib.sha256(links[0].encode()).hexdigest()[:8]}"
    into.mkdir(parents=True)
    (into / "train.zipabcdefgh.part").write_bytes(TRAIN_ZIP)
    download_data(folder, *links)
    assert whole(folder)


DRIVER = """
import sys
from emofast.cli import main
from emofast.data.download import ROWS
ROWS.update(zip(ROWS, map(int, sys.argv[1:3])))
sys.exit(main(sys.argv[3:]))
"""


@pytest.mark.parametrize("how, status", [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_stopped_download_goes_on(web, folder, project, how, status):
    links = urls(web)
    web.stall_at["train.zip"] = len(TRAIN_ZIP) // 2
    rows = [str(n) for n in ROWS.values()]
    arguments = ["data", "download", "--to", str(folder), "--train-url", links[0], "--test-url", links[1]]
    process = subprocess.Popen([sys.executable, "-c", DRIVER, *rows, *arguments], cwd=project, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: halves(folder) and halves(folder)[0].stat().st_size)
    process.send_signal(how)
    assert process.wait() == status
    assert "Traceback" not in process.stderr.read()
    assert not (folder / "train.zip").exists()
    kept = halves(folder)[0].stat().st_size
    download_data(folder, *links)
    assert whole(folder)
    assert web.asked("train.zip")[-1] == f"bytes={kept}-" and kept > 0


def test_a_server_without_ranges_loses_nothing(web, folder):
    links = urls(web)
    web.cut_at["train.zip"], web.ranges = [len(TRAIN_ZIP) // 2], False
    for expected in ("network failed", r"does not go on with a broken download now.*remove .*\.part to begin anew"):
        with pytest.raises(EmofastError, match=expected):
            download_data(folder, *links)
        assert len(halves(folder)) == 1
    halves(folder)[0].unlink()
    download_data(folder, *links)
    assert whole(folder)


def test_halves_of_two_links_are_never_joined(drive, folder):
    drive.files |= {LINKS[0][0]: TRAIN_ZIP, LINKS[0][1]: archive(TRAIN), LINKS[1][0]: TEST_ZIP}
    drive.cut_at[LINKS[0][0]] = [len(TRAIN_ZIP) // 2]
    with pytest.raises(EmofastError, match="network failed"):
        download_data(folder)
    assert not drive.asked(LINKS[0][1]), "a broken transfer is no reason to change the link"
    drive.quota.add(LINKS[0][0])
    download_data(folder)
    assert (folder / "train.zip").read_bytes() == drive.files[LINKS[0][1]]
    assert not (folder / ".download").exists()


def wrong_checksum() -> bytes:
    at = TRAIN_ZIP.index(jpg(3)) + 200
    return TRAIN_ZIP[:at] + bytes([TRAIN_ZIP[at] ^ 255]) + TRAIN_ZIP[at + 1 :]


@pytest.mark.parametrize(
    "body, reason",
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "a web page came instead of the archive"),
        (TRAIN_ZIP[:-40], "not a whole zip archive"),
        (b"", "not a whole zip archive"),
        (wrong_checksum(), r"the checksum of train/anger|the checksum of train/contempt"),
        (archive(TRAIN[:-1]), r"has 17 of the 18 pictures that the table names and lacks train/uncertain/1\.jpg"),
        (archive([*TRAIN, "../../evil.jpg"]), "points outside the archive"),
    ],
    ids=["web page", "cut without a length", "empty", "checksum", "count", "unsafe"],
)
def test_what_is_wrong_never_gets_the_name(web, folder, body, reason):
    web.lengths = False
    web.files |= {"t.zip": body}
    with pytest.raises(EmofastError, match=reason):
        download_data(folder, f"{web.url}/t.zip", f"{web.url}/no.zip")
    assert {p.name for p in folder.iterdir()} == set(TABLES)


def test_addresses_that_lead_nowhere(web, folder):
    with pytest.raises(EmofastError, match="the server answers 404"):
        download_data(folder, f"{web.url}/nothing.zip")
    with pytest.raises(EmofastError, match="no such address"):
        download_data(folder, "train.zip")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(EmofastError, match="network failed"):
            download_data(folder, f"http://127.0.0.1:{nobody.getsockname()[1]}/train.zip")


def test_files_put_there_by_hand_are_recognised(web, folder, capsys):
    with zipfile.ZipFile(io.BytesIO(TRAIN_ZIP)) as z:
        z.extractall(folder)
    (folder / "test_kaggle.zip").write_bytes(TEST_ZIP)
    download_data(folder, *urls(web))
    assert not web.log, "nothing was fetched"
    assert capsys.readouterr().out.count("already there") == 4


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("train.zip", TRAIN_ZIP[:3000], "train.zip is not a whole zip archive.*delete it"),
        ("train.zip", archive(TRAIN[1:]), "train.zip has 17 of the 18 pictures .* not copied whole: remove it"),
        ("train.csv", TABLES["train.csv"][:-40], "train.csv has 17 rows and the competition's has 18; remove it"),
        ("train.csv", b"<html>Sign in</html>", "train.csv is not the competition's table"),
    ],
)
def test_files_put_there_by_hand_that_are_wrong_are_named_and_kept(web, folder, name, content, reason):
    (folder / name).write_bytes(content)
    with pytest.raises(EmofastError, match=reason):
        download_data(folder, *urls(web))
    assert (folder / name).read_bytes() == content


def test_disk_is_looked_at_before_anything_is_fetched(web, folder, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: Usage(9e9, 7.8e9, 1.2e9))
    with pytest.raises(EmofastError, match=r"1\.2 GB free and the download needs 2\.8 GB"):
        download_data(folder, *urls(web))
    assert not web.log


def test_disk_that_fills_up_keeps_the_half(web, folder, monkeypatch):
    Usage = namedtuple("Usage", "total used free")
    free = iter([9e9])
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: Usage(9e9, 0, next(free, 100)))
    big = archive([*TRAIN, *(f"train/fear/{i}.jpg" for i in range(10, 400))])
    web.files["big.zip"] = big
    with pytest.raises(EmofastError, match=r"free some space and start the same command again"):
        download_data(folder, f"{web.url}/big.zip")
    assert len(halves(folder)) == 1 and not (folder / "train.zip").exists()


def test_two_downloads_into_one_folder(web, folder):
    links, results = urls(web), []
    with download._alone(folder):

        def second():
            try:
                download_data(folder, *links)
            except EmofastError as e:
                results.append(str(e))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(results) == 1 and "another download" in results[0]


@pytest.mark.parametrize("zipped", [True, False])
def test_from_nothing_by_the_command(kaggle, web, tmp_path, capsys, zipped):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("train.csv", TABLES["train.csv"])
    kaggle.tables = TABLES if not zipped else {"sample_submission.csv": TABLES["sample_submission.csv"], "train.csv.zip": packed.getvalue()}
    folder = tmp_path / "new" / "skillbox"
    train_url, test_url = urls(web)
    assert main(["data", "download", "--to", str(folder), "--train-url", train_url, "--test-url", test_url]) == 0
    names = {p.name for p in folder.iterdir()}
    assert names == {"train.csv.zip" if zipped else "train.csv", "sample_submission.csv", "train.zip", "test_kaggle.zip"}
    out = capsys.readouterr().out
    assert "18 training rows, 4 test rows" in out, "the check ran after it"
    assert "files that no csv names (ignored): 1" in out


def test_a_table_of_another_competition_is_not_kept(kaggle, web, tmp_path):
    kaggle.tables = {"train.csv": b"image_path,emotion\r\n1.jpg,happy\r\n"}
    with pytest.raises(EmofastError, match="has 1 rows and the competition's has 18"):
        download_data(tmp_path / "new", *urls(web))
    assert not (tmp_path / "new" / "train.csv").exists()


def test_a_table_that_kaggle_does_not_have(kaggle, tmp_path):
    with pytest.raises(EmofastError, match=r"Kaggle does not know train\.csv of the competition .* \(404\)"):
        download_data(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


def test_no_other_machine_is_ever_asked():
    with pytest.raises(AssertionError, match="wanted to reach"), socket.socket() as s:
        s.connect(("192.0.2.1", 80))
