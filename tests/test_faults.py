"""What a hostile tester broke outside the live and the video room: each is one sentence and exit status 2, and nothing is lost."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from processes import PROJECT, run_python, wait_until
from tiny_competition import TEST, TRAIN, jpg, write_tiny

from emofast.data import check_data, find_data, frozen_split, read_competition
from emofast.data import competition as competition_module
from emofast.data.pictures import Unreadable, decode_face, open_pictures
from emofast.errors import EmofastError
from emofast.paths import atomic_write, partial_beside


@pytest.fixture
def tiny(tmp_path) -> Path:
    return write_tiny(tmp_path / "tiny")


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(EmofastError) as e:
        call(*args, **kwargs)
    assert "\n" not in str(e.value)
    return str(e.value)


# Pictures


def test_only_the_formats_of_data_sets_are_decoded(tmp_path, monkeypatch):
    """An EPS named .jpg would start Ghostscript."""
    from PIL import EpsImagePlugin

    called = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *a, **k: called.append(a))
    picture = Image.new("RGB", (40, 40), (200, 30, 30))
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"):
        buffer = io.BytesIO()
        picture.save(buffer, kind)
        assert abs(int(decode_face(buffer.getvalue(), 16, 3)[0].mean()) - 200) < 8
    for kind in ("EPS", "PPM", "ICO", "PDF"):
        buffer = io.BytesIO()
        picture.save(buffer, kind)
        with pytest.raises(Unreadable):
            decode_face(buffer.getvalue(), 16, 3)
    assert not called


def spoilt_zip(path: Path, how: str) -> None:
    """`train.zip` with 18 pictures, one of them, or the directory, spoilt."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if how == "deflated" else zipfile.ZIP_STORED) as z:
        for i, name in enumerate(TRAIN):
            z.writestr(name, jpg(i))
        if how in ("", "."):
            z.writestr(zipfile.ZipInfo(how), b"x")
    data = bytearray(buffer.getvalue())
    first, directory = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    if how == "deflated":
        data[first + 60 : first + 160] = b"\xff" * 100
    elif how == "encrypted":
        data[first + 6] |= 1
        data[directory + 8] |= 1
    elif how == "method":
        data[first + 8] = data[directory + 10] = 77
    elif how == "version":
        data[directory + 6] = 200
    elif how == "huge":
        data[directory + 24 : directory + 28] = (1_500_000_000).to_bytes(4, "little")
    elif how == "directory":
        data[directory + 30] ^= 0x7F
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("how", ["deflated", "encrypted", "method", "huge"])
def test_a_spoilt_entry_of_a_zip_is_one_unreadable_picture(how, tiny):
    spoilt_zip(tiny / "train.zip", how)
    report = check_data(read_competition(tiny))
    assert report.unreadable == TRAIN[:1] and len(report.data.labels) == 18


@pytest.mark.parametrize("how", ["version", "directory", "", "."])
def test_a_spoilt_directory_of_a_zip_is_one_sentence(how, tiny):
    spoilt_zip(tiny / "train.zip", how)
    said = refusal(read_competition, tiny)
    assert "train.zip" in said and ("get it again" in said or "get the archive again" in said)


def test_copies_are_found_between_a_zip_and_a_folder(tiny):
    with zipfile.ZipFile(tiny / "test_kaggle.zip") as z:
        z.extractall(tiny)
    (tiny / "test_kaggle.zip").unlink()
    (tiny / TEST[2]).write_bytes(jpg(5))
    assert [n for n in check_data(read_competition(tiny)).copied_test if n == TEST[2]] == [TEST[2]]


def test_a_replaced_archive_is_not_held_open(tiny):
    pictures = open_pictures(tiny, "train")
    pictures.read(TRAIN[0])
    pictures.close()
    assert tiny / "train.zip" not in [p.readlink() for p in Path("/proc/self/fd").iterdir() if p.exists()]


# Tables


def add_votes(folder: Path, name: str = "train_votes.csv", **cells) -> Path:
    from emofast.emotions import EMOTIONS

    table = pd.DataFrame({"image_path": [f"./{n}" for n in TRAIN], **{e: ["1"] * 18 for e in EMOTIONS}})
    for column, cell in cells.items():
        table.loc[3, column] = cell
    table.to_csv(folder / "train_votes.csv", index=False)
    if name.endswith(".zip"):
        with zipfile.ZipFile(folder / name, "w") as z:
            z.write(folder / "train_votes.csv", "train_votes.csv")
        (folder / "train_votes.csv").unlink()
    return folder


@pytest.mark.parametrize("cell", ["inf", "1e39", "nan", "-1", "many", "1e999"])
def test_votes_that_are_no_numbers_are_refused(cell, tiny):
    assert repr(cell) in refusal(read_competition, add_votes(tiny, sad=cell))


def test_zipped_votes_are_read_and_a_folder_in_their_place_is_refused(tiny):
    assert read_competition(add_votes(tiny, "train_votes.csv.zip")).votes.shape == (18, 9)
    (tiny / "train_votes.csv.zip").unlink()
    (tiny / "train_votes.csv").mkdir()
    assert "train_votes.csv is no file" in refusal(read_competition, tiny)


TABLES = {
    "zip that is none": ("train.csv.zip", b"image_path,emotion\r\n", "train.csv.zip is not a whole zip"),
    "cut zip": ("train.csv.zip", b"PK\x03\x04" + bytes(60), "train.csv.zip is not a whole zip"),
    "long field": ("train.csv", b"image_path,emotion\r\n./" + b"a" * 200_000 + b",sad\r\n", "field larger than field limit"),
    "open quote": ("train.csv", b'image_path,emotion\r\n"./a,sad\r\n', "cannot be read as a table"),
    "too many cells": ("train.csv", b"image_path,emotion\r\n./a.jpg,sad,sad\r\n", "line 2 has 3 cells and the header 2"),
    "empty": ("train.csv", b"", "lacks the column 'image_path'"),
    "utf-16": ("train.csv", "image_path,emotion\r\n".encode("utf-16"), "cannot be read as a table"),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_that_are_none_are_one_sentence(case, tiny):
    name, content, says = TABLES[case]
    (tiny / "train.csv").unlink()
    (tiny / name).write_bytes(content)
    assert says in refusal(read_competition, tiny) and len(refusal(read_competition, tiny)) < 500


def test_a_cell_that_is_a_book_is_not_printed_whole(tiny):
    (tiny / "train.csv").write_bytes(b"image_path,emotion\r\n./a.jpg," + b"sad" * 40_000 + b"\r\n")
    assert len(spoken("-m", "emofast", "data", "check", "--data", tiny).stderr) < 2100


@pytest.mark.parametrize("content", ["image_path,is_valid\n", "nothing", '"', None])
def test_a_spoilt_split_is_one_sentence(content, drawn, own_artifacts):
    comp = read_competition(drawn)
    frozen_split(comp)
    path = own_artifacts / "tiny" / "split.csv"
    path.write_text(path.read_text().replace(",1", ",yes", 1) if content is None else content)
    assert str(path) in refusal(frozen_split, comp)


def test_a_table_as_a_spreadsheet_saves_it(tiny):
    before = read_competition(tiny)
    text = (tiny / "train.csv").read_text().replace(",", ";")
    (tiny / "train.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b";;\r\n")
    assert read_competition(tiny).fingerprint == before.fingerprint


# Where data is


def test_data_that_kaggle_has_mounted_is_found_and_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(competition_module, "MOUNTED", tmp_path / "input")
    monkeypatch.setattr("emofast.paths.PROJECT", tmp_path / "elsewhere")
    (tmp_path / "input" / "a-table-alone").mkdir(parents=True)
    (tmp_path / "input" / "a-table-alone" / "train.csv").touch()
    folder = write_tiny(tmp_path / "input" / "faces" / "skillbox")
    for top in ("train", "test_kaggle"):  # Kaggle unpacks an uploaded train.zip into a folder train
        with zipfile.ZipFile(folder / f"{top}.zip") as z:
            z.extractall(folder / top)
        (folder / f"{top}.zip").unlink()
    assert find_data(None) == folder and f"data set: {folder}" in capsys.readouterr().out
    assert check_data(read_competition(folder)).unreadable == []


# What is printed


def spoken(*args, **kwargs) -> subprocess.CompletedProcess:
    done = run_python(*args, **kwargs)
    assert done.returncode == 2 and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
    return done


def test_names_that_are_not_utf8_are_refused_at_the_door(tmp_path):
    name = os.fsdecode("фильм.mp4".encode("cp1251"))
    for program in (["-m", "emofast", "data", "check", "--data"], ["webcam.py", "--headless", "--source"], ["trailer.py", "--out", "x"]):
        assert "is not UTF-8; rename the file" in spoken(*program, name).stderr


def test_pictures_with_names_that_are_not_utf8_are_told_and_do_no_harm(tiny, run_cli):
    with zipfile.ZipFile(tiny / "train.zip") as z:
        z.extractall(tiny)
    (tiny / "train.zip").unlink()
    shutil.copy(tiny / TRAIN[0], os.fsencode(tiny / "train" / "sad") + b"/\xe4\xe0.jpg")
    done = run_cli("data", "check", "--data", tiny)
    assert done.returncode == 0 and r"train/sad/\udce4\udce0.jpg" in done.stdout, done.stderr


def test_control_characters_and_markup_of_names_never_reach_the_terminal(tmp_path):
    evil = "\x1b[2J\x07\u202eevil[/red][bold]:smile:\nline"
    assert "\x1b" not in spoken("-m", "emofast", "data", "check", "--data", tmp_path / evil).stderr
    code = (
        "from emofast.console import console, warn; from rich.table import Table; import sys; name = sys.argv[1]\n"
        "table = Table('a', title=name); table.add_row(name); console.print(table); console.print(name); warn(name)"
    )
    done = run_python("-c", code, evil)
    for shown in (done.stdout, done.stderr):
        assert not {"\x1b", "\x07", "\u202e"} & set(shown) and r"\x1b[2J\x07\u202eevil[/red][bold]:smile:" in shown


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}])
def test_a_terminal_without_unicode(env, tiny):
    tiny.rename(tiny.with_name("данные"))
    done = run_python("-m", "emofast", "data", "check", "--data", tiny.with_name("данные"), env={**os.environ, **env})
    assert done.returncode == 0 and "18 training rows" in done.stdout, done.stderr


def test_closed_streams(tiny):
    for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{sys.executable} -m emofast data check --data {tiny} {closed}"], cwd=PROJECT)
        assert done.returncode == 0


def test_work_goes_on_when_nobody_reads_it(tmp_path):
    code = (
        "import sys; from emofast.console import console; from emofast.errors import exits_cleanly\n"
        "@exits_cleanly\n"
        "def main():\n"
        "    for i in [0, *['x' * 4000] * 100]: console.print(i)\n"
        "    open(sys.argv[1], 'w').write('recorded')\n"
        "sys.exit(main())"
    )
    command = f"set -o pipefail; {sys.executable} -c \"{code}\" {tmp_path / 'result'} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=PROJECT, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"0\n", b"") and (tmp_path / "result").read_text() == "recorded"


# Signals and leftovers


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_ended_says_something_and_leaves_nothing(number, tmp_path):
    run = start_drawing(tmp_path)
    time.sleep(0.5)  # the folder is there, and the block that removes it begins right after
    run.send_signal(number)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "error: interrupted; what was finished is kept" in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def start_drawing(folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "emofast", "data", "sample", "--to", str(folder / "new")]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)
    wait_until(lambda: list(folder.glob(".partial-*")))
    return run


def test_leftovers_of_killed_processes_are_cleared_and_those_of_living_ones_kept(tmp_path):
    killed, alive = start_drawing(tmp_path), start_drawing(tmp_path)
    wait_until(lambda: len(list(tmp_path.glob(".partial-*"))) == 2)
    killed.kill()
    killed.communicate()
    foreign = tmp_path / ".partial-viewer-1-3fa9c0e1"  # of the trailer, which goes on with it
    foreign.mkdir()
    with partial_beside(tmp_path / "mine", folder=True) as mine, atomic_write(tmp_path / "a.txt") as other:
        left = set(tmp_path.glob(".partial-*"))
        assert {mine, other, foreign} < left and len(left) == 4
    alive.kill()
    alive.communicate()
    with atomic_write(tmp_path / "a.txt"):
        assert len(list(tmp_path.glob(".partial-*"))) == 2


# Models


@pytest.fixture
def model(tmp_path) -> Path:
    """The shipped model and its card, to spoil."""
    for name in ("emofast.onnx", "emofast.json"):
        shutil.copy(PROJECT / "artifacts" / name, tmp_path)
    return tmp_path / "emofast.onnx"


def test_every_damage_of_the_shipped_model_is_refused(model):
    from emofast import EmotionRecognizer

    assert EmotionRecognizer(model).size
    whole, rng = model.read_bytes(), np.random.default_rng(0)
    for _ in range(20):
        spoilt = bytearray(whole)
        spoilt[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        model.write_bytes(spoilt)
        assert "SHA-256" in refusal(EmotionRecognizer, model)
    renamed = model.with_name("my.onnx")
    renamed.write_bytes(whole)
    model.with_suffix(".json").rename(renamed.with_suffix(".json"))
    assert EmotionRecognizer(renamed).size and EmotionRecognizer(renamed, trust=True).size


META = {
    "emotions": ["[" * 100_000, "{", "7", '["anger"]'],
    "crop_margin": ["wide", "nan", "inf", "-3", "1e300", ""],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in META.items() for v in values], ids=lambda v: str(v)[:9])
def test_wrong_metadata_of_a_model(field, value, model):
    import onnx

    from emofast import EmotionRecognizer

    network = onnx.load(model)
    facts = {p.key: p.value for p in network.metadata_props} | {field: value}
    onnx.helper.set_model_props(network, facts)
    onnx.save(network, model)
    model.with_suffix(".json").unlink()
    assert "emofast.onnx is no usable ONNX model of emofast" in refusal(EmotionRecognizer, model)


CARDS = ["[" * 100_000, "[]", "7", '{"sha256": 3}', "wide", "1e999", "-1", '"a"', "null", "[1]", "9" * 400]


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c[:9])
def test_a_card_that_is_none(card, model):
    from emofast import EmotionRecognizer

    whole = json.loads(model.with_suffix(".json").read_text())
    text = card if card[0] in "[{7" else json.dumps({**whole, "crop_margin": "HERE"}).replace('"HERE"', card)
    model.with_suffix(".json").write_text(text)
    assert "emofast.json is damaged" in refusal(EmotionRecognizer, model)


# Arrays


def test_what_is_no_picture_is_refused(model):
    from emofast import EmotionRecognizer
    from emofast.recognition.boxes import Box, crop_face

    recognizer = EmotionRecognizer(model)
    assert "cv2.imread" in refusal(recognizer.predict, None) and "cv2.imread" in refusal(crop_face, None, Box(0, 0, 9, 9))
    face = np.zeros((40, 40, 3), np.uint8)
    types = [face.astype(kind) for kind in (float, bool, object, ">u2")]
    for odd in ("face.jpg", [[1, 2], [3, 4]], *types, face[:0], face[..., :2], face[0, 0], np.uint8(3)):
        assert "is no face" in refusal(recognizer.predict, odd)
        assert "is no face" in refusal(crop_face, odd, Box(0, 0, 9, 9))
    for odd in (None, face, face[..., 0], 7, "faces", iter([face])):
        assert "no list of faces" in refusal(recognizer.predict_batch, odd) or odd == "faces"
    assert len(recognizer.predict_batch(np.zeros((5, 40, 40, 3), np.uint8))) == len(recognizer.predict_batch((face,) * 5)) == 5
