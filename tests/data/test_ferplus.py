"""FER2013 + FER+ into the competition's layout: every rule of the votes, pixels exactly, whole or not there, one sentence for bad files."""

import hashlib
import io
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
from processes import PROJECT, run_python

from emofast import EMOTIONS
from emofast.data import check_data, read_competition
from emofast.data.ferplus import make_ferplus
from emofast.errors import EmofastError
from emofast.layout import add_picture, new_archive
from emofast.training.metrics import ferplus_scores

FERPLUS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
VOTES = "image_path,neutral,happy,surprise,sad,anger,disgust,fear,contempt,uncertain"

RULES = [  # Usage, votes (None: no image name), class (None: left out)
    ("Training", {"anger": 6, "sadness": 4}, "anger"),
    ("Training", {"happiness": 10}, "happy"),
    ("Training", {"neutral": 5, "sadness": 5}, "uncertain"),
    ("Training", {"unknown": 4, "fear": 3, "surprise": 3}, "uncertain"),
    ("Training", {"unknown": 5, "fear": 5}, "uncertain"),
    ("Training", {"anger": 4, "unknown": 2, "NF": 4}, "uncertain"),
    ("Training", {"NF": 6, "happiness": 4}, None),
    ("Training", None, None),
    ("Training", {"contempt": 3, "neutral": 2, "disgust": 2, "unknown": 2, "NF": 1}, "contempt"),
    ("Training", {"neutral": 9, "unknown": 1}, "neutral"),
    ("Training", {"surprise": 8, "fear": 2}, "surprise"),
    ("Training", {"fear": 7, "surprise": 3}, "fear"),
    ("Training", {"disgust": 6, "anger": 4}, "disgust"),
    ("Training", {"sadness": 10}, "sad"),
    *[("Training", {"anger": 9, "NF": 1}, "anger")] * 11,  # 12 in all: 10.png must come before 2.png
    ("PublicTest", {"happiness": 8, "neutral": 2}, "happy"),
    ("PublicTest", {"NF": 10}, None),
    ("PublicTest", {"sadness": 5, "neutral": 5}, "uncertain"),
    ("PrivateTest", None, None),
    ("PrivateTest", {"fear": 9, "NF": 1}, "fear"),
]
TRAIN = [i for i, (usage, _, emotion) in enumerate(RULES) if usage == "Training" and emotion]
TEST = [i for i, (usage, _, emotion) in enumerate(RULES) if usage != "Training" and emotion]
PIXELS = np.random.default_rng(0).integers(0, 256, (len(RULES), 48, 48), np.uint8)
PIXELS[:2] = [[[0]], [[255]]]


def images_csv(header: str = "emotion,pixels,Usage") -> list[list[str]]:
    """Cells of FER2013's csv. Its own emotions (0 is anger) say nothing."""
    rows = [{"emotion": "0", "pixels": " ".join(map(str, p.ravel())), "Usage": usage} for p, (usage, _, _) in zip(PIXELS, RULES)]
    return [header.split(","), *([row[c.strip()] for c in header.split(",")] for row in rows)]


def labels_csv() -> list[list[str]]:
    """Cells of the csv of FER+."""
    rows = [
        [usage, "" if votes is None else f"fer{i:07}.png", *(str((votes or {"NF": 10}).get(c, 0)) for c in FERPLUS)]
        for i, (usage, votes, _) in enumerate(RULES)
    ]
    return [["Usage", "Image name", *FERPLUS], *rows]


def write(path: Path, cells: list[list[str]]) -> Path:
    path.write_text("".join(",".join(row) + "\n" for row in cells))
    return path


def command(folder: Path, to: Path) -> list:
    return ["-m", "emofast", "data", "ferplus", "--images", folder / "fer2013.csv", "--labels", folder / "fer2013new.csv", "--to", to]


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def public(tmp_path_factory) -> Path:
    """A folder with both public files; never changed."""
    folder = tmp_path_factory.mktemp("public")
    write(folder / "fer2013.csv", images_csv())
    write(folder / "fer2013new.csv", labels_csv())
    return folder


@pytest.fixture(scope="module")
def made(public) -> subprocess.CompletedProcess:
    """The command as a user runs it; the data set is in `public / "set"`."""
    return run_python(*command(public, public / "set"))


@pytest.fixture
def data(public, made) -> Path:
    assert made.returncode == 0, made.stderr
    return public / "set"


def places() -> dict[int, str]:
    """Name in its archive of every row that is kept: numbered in the order of the files, inside the class or the test set."""
    names, used = {}, dict.fromkeys([*EMOTIONS, None], 0)
    for i, (usage, _, emotion) in enumerate(RULES):
        if emotion:
            key = emotion if usage == "Training" else None
            names[i] = f"train/{key}/{used[key]}.png" if key else f"test_kaggle/{used[key]}.png"
            used[key] += 1
    return names


def test_every_rule_and_the_competitions_form(data):
    names = places()
    rows = sorted((RULES[i][2], names[i].rsplit("/", 1)[1]) for i in TRAIN)
    expected = [",image_path,emotion", *(f"{n},./train/{e}/{file},{e}" for n, (e, file) in enumerate(rows))]
    assert (data / "train.csv").read_bytes().decode() == "".join(f"{line}\r\n" for line in expected)
    assert [r.split("/")[-1] for r in expected[1:5]] == ["0.png,anger", "1.png,anger", "10.png,anger", "11.png,anger"]
    expected = ["image_path,emotion", "0.png,neutral", "1.png,neutral", "2.png,neutral"]
    assert (data / "sample_submission.csv").read_bytes().decode() == "".join(f"{line}\r\n" for line in expected)
    comp = read_competition(data)
    assert set(comp.train_pictures.identity) == {names[i] for i in TRAIN} and comp.name == "set"
    assert set(comp.test_pictures.identity) == {names[i] for i in TEST}


def test_pixels_survive_exactly(data):
    comp, names = read_competition(data), places()
    for pictures, rows in ((comp.train_pictures, TRAIN), (comp.test_pictures, TEST)):
        for i in rows:
            image = Image.open(io.BytesIO(pictures.read(names[i])))
            assert image.mode == "L"
            np.testing.assert_array_equal(np.asarray(image), PIXELS[i])


def test_votes_are_kept_without_those_for_no_face(data):
    names = {name: i for i, name in places().items()}
    for file, order, top in (("train_votes.csv", "train.csv", ""), ("test_votes.csv", "sample_submission.csv", "test_kaggle/")):
        content = (data / file).read_bytes().decode()
        assert content.startswith(f"{VOTES}\r\n") and content.count("\n") == content.count("\r\n")
        table = pd.read_csv(data / file)
        assert table["image_path"].tolist() == pd.read_csv(data / order)["image_path"].tolist()
        for row in table.itertuples(index=False):
            votes = RULES[names[top + row.image_path.removeprefix("./")]][1]
            assert list(row[1:]) == [votes.get(c, 0) for c in FERPLUS[:-1]]


def test_the_test_votes_score_predictions_in_the_ferplus_protocol(data):
    ids = read_competition(data).test_ids
    votes = pd.read_csv(data / "test_votes.csv", index_col="image_path").loc[ids, list(EMOTIONS)].to_numpy()
    right = np.eye(9)[[EMOTIONS.index(RULES[i][2]) for i in TEST]]
    scores = ferplus_scores(right, votes / votes.sum(1, keepdims=True))
    assert (scores["rows"], scores["accuracy"]) == (2, 1.0)  # the tie is not scored


def test_readers_and_data_check_take_it(data, run_cli):
    comp = read_competition(data)
    np.testing.assert_allclose(comp.votes.sum(1), 1, atol=1e-6)
    report = check_data(comp)
    assert report.unreadable == report.unreadable_test == report.extra == []
    assert report.classes == {e: sum(RULES[i][2] == e for i in TRAIN) for e in EMOTIONS} and report.has_votes
    out = run_cli("data", "check", "--data", data)
    assert out.returncode == 0 and f"{len(TRAIN)} training rows, 3 test rows" in out.stdout


def test_the_real_set_beside_the_project_has_the_same_form(data, shared):
    real = shared / "data" / "ferplus9"
    for file in ("train.csv", "train_votes.csv", "sample_submission.csv"):
        with (data / file).open(newline="") as mine, (real / file).open(newline="") as theirs:
            assert mine.readline() == theirs.readline()
            assert mine.readline().replace(".png", ".jpg").split(",")[0] == theirs.readline().split(",")[0]


def test_one_sentence_of_result_with_counts_and_what_was_left_out(data, made):
    assert made.stdout.count("\n") == 1 and made.stderr == ""
    assert made.stdout.startswith(
        f"Made {data}: {len(TRAIN)} training pictures (anger 12, contempt 1, disgust 1, fear 1, happy 1, neutral 1,"
    )
    assert "uncertain 4) and 3 test pictures, their truth in test_votes.csv" in made.stdout
    assert f"4 of {len(RULES)} rows are left out: 2 without an image name in FER+, 2 that the annotators voted no face." in made.stdout


def test_same_files_same_bytes_also_from_the_other_public_file(data, public, tmp_path):
    images = write(tmp_path / "icml_face_data.csv", images_csv("emotion, Usage, pixels"))
    with_bom = b"\xef\xbb\xbf" + (public / "fer2013new.csv").read_bytes().replace(b"\n", b"\r\n") + b"\r\n"
    (tmp_path / "labels.csv").write_bytes(with_bom)
    report = make_ferplus(images, tmp_path / "labels.csv", tmp_path / "again")
    assert digest(tmp_path / "again") == digest(data)
    assert (report.test, report.unnamed, report.not_faces) == (3, 2, 2)
    stamps = {i.date_time for z in ("train.zip", "test_kaggle.zip") for i in zipfile.ZipFile(data / z).infolist()}
    assert stamps == {(1980, 1, 1, 0, 0, 0)}


def test_a_folder_with_files_is_refused_and_left_alone(data, public):
    before = digest(data)
    out = run_python(*command(public, data))
    assert out.returncode == 2 and out.stderr.startswith("error: ") and out.stderr.count("\n") == 1
    assert "is not empty" in out.stderr and digest(data) == before


def test_ctrl_c_leaves_nothing(public, tmp_path):
    images, labels = images_csv(), labels_csv()
    write(tmp_path / "fer2013.csv", [images[0], *images[1:] * 300])  # long enough to be interrupted
    write(tmp_path / "fer2013new.csv", [labels[0], *labels[1:] * 300])
    (tmp_path / "here").mkdir()
    run = subprocess.Popen(
        [sys.executable, *map(str, command(tmp_path, tmp_path / "here" / "set"))], stderr=subprocess.PIPE, text=True, cwd=PROJECT
    )
    while not list(tmp_path.glob("here/.partial-*/train.zip")) and run.poll() is None:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "Traceback" not in err
    assert not list((tmp_path / "here").iterdir())


def change(name: str, row: int, column: int, value: str):
    """Set one cell; row 1 is the header, as in the messages."""

    def spoil(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines()
        cells = lines[row - 1].split(",")
        cells[column] = value
        (folder / name).write_text("\n".join([*lines[: row - 1], ",".join(cells), *lines[row:]]))

    return spoil


def lines(name: str, choose):
    def spoil(folder: Path) -> None:
        kept = choose((folder / name).read_text().splitlines(keepends=True))
        (folder / name).write_text("".join(kept))

    return spoil


IMAGES, LABELS = "fer2013.csv", "fer2013new.csv"
GREY = ["7"] * 48 * 48
BROKEN = {
    "no pixels column": (change(IMAGES, 1, 1, "picture"), [IMAGES, "'pixels'", "icml_face_data.csv"]),
    "no Usage column": (change(IMAGES, 1, 2, "set"), [IMAGES, "'Usage'"]),
    "no fear column": (change(LABELS, 1, 8, "scared"), [LABELS, "'fear'", "github.com/microsoft/FERPlus"]),
    "no images file": (lambda f: (f / IMAGES).unlink(), [IMAGES, "No such file", "icml_face_data.csv"]),
    "no labels file": (lambda f: (f / LABELS).unlink(), [LABELS, "No such file", "github.com"]),
    "an archive": (lambda f: (f / IMAGES).write_bytes(b"PK\x03\x04\xff\xfe\x00" * 99), [IMAGES, "cannot be read as a table", "unzipped"]),
    "empty file": (lambda f: (f / LABELS).write_bytes(b""), [LABELS, "'Usage'"]),
    "fewer pictures": (lines(IMAGES, lambda rows: rows[:-1]), [IMAGES, "29 rows", LABELS, "30", "shorter"]),
    "fewer labels": (lines(LABELS, lambda rows: rows[:-2]), [IMAGES, "30 rows", LABELS, "28", "shorter"]),
    "no rows": (lines(LABELS, lambda rows: rows[:1]), [IMAGES, "30 rows", LABELS, "has 0"]),
    "a pixel too few": (change(IMAGES, 5, 1, " ".join(GREY[1:])), [IMAGES, "row 5 ", "2303 pixels instead of 2304"]),
    "a pixel too many": (change(IMAGES, 31, 1, " ".join([*GREY, "7"])), [IMAGES, "row 31 ", "2305 pixels"]),
    "a bright pixel": (change(IMAGES, 6, 1, " ".join(["256", *GREY[1:]])), [IMAGES, "row 6 ", "0 to 255"]),
    "a negative pixel": (change(IMAGES, 6, 1, " ".join(["-1", *GREY[1:]])), [IMAGES, "row 6 ", "0 to 255"]),
    "a pixel that is no number": (change(IMAGES, 7, 1, " ".join(["x", *GREY[1:]])), [IMAGES, "row 7 ", "whole number"]),
    "unknown usage of a picture": (change(IMAGES, 3, 2, "Validation"), [IMAGES, "row 3 ", "'Validation'", "PrivateTest"]),
    "unknown usage of a label": (change(LABELS, 4, 0, "Test"), [LABELS, "row 4 ", "'Test'", "PublicTest"]),
    "another order": (change(IMAGES, 27, 2, "PrivateTest"), [IMAGES, "row 27 ", "PrivateTest", "PublicTest", LABELS, "same order"]),
    "a vote that is no number": (change(LABELS, 8, 2, "many"), [LABELS, "row 8 ", "many", "whole numbers"]),
    "too many votes": (change(LABELS, 2, 2, "7"), [LABELS, "row 2 ", "17 votes", "10 annotators"]),
    "no votes": (change(LABELS, 3, 3, "0"), [LABELS, "row 3 ", "0 votes"]),
    "a cut row": (lines(LABELS, lambda rows: [*rows[:-1], rows[-1][:20]]), [LABELS, "row 31 ", "cells", "cut off"]),
    "an open quote": (change(IMAGES, 4, 0, '"0'), [IMAGES, "cannot be read as a table", "field"]),
    "no test pictures": (lambda f: [lines(n, lambda rows: rows[:26])(f) for n in (IMAGES, LABELS)], [LABELS, "no test picture"]),
    "no training pictures": (
        lambda f: [lines(n, lambda rows: [rows[0], *rows[26:]])(f) for n in (IMAGES, LABELS)],
        [LABELS, "no training picture"],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_bad_input_is_one_sentence_and_leaves_nothing(case, tmp_path):
    spoil, says = BROKEN[case]
    write(tmp_path / IMAGES, images_csv())
    write(tmp_path / LABELS, labels_csv())
    spoil(tmp_path)
    (tmp_path / "here").mkdir()
    with pytest.raises(EmofastError) as e:
        make_ferplus(tmp_path / IMAGES, tmp_path / LABELS, tmp_path / "here" / "set")
    assert all(s in str(e.value) for s in says) and "\n" not in str(e.value) and len(str(e.value)) < 400, str(e.value)
    assert not list((tmp_path / "here").iterdir())


def test_the_command_exits_with_2_and_no_traceback(tmp_path):
    write(tmp_path / IMAGES, images_csv())
    write(tmp_path / LABELS, labels_csv())
    change(IMAGES, 5, 1, "1 2 3")(tmp_path)
    out = run_python(*command(tmp_path, tmp_path / "set"))
    assert out.returncode == 2 and out.stdout == "" and out.stderr.count("\n") == 1
    assert out.stderr.startswith(f"error: {tmp_path / IMAGES}, row 5 has 3 pixels instead of 2304")


def test_help_says_where_both_files_are(run_cli):
    out = run_cli("data", "ferplus", "--help").stdout
    for said in ("example: python -m emofast data ferplus", "deadskull7/fer2013", "github.com/microsoft/FERPlus", "300 MB", "48 x 48 px"):
        assert said in out


def test_an_archive_interrupted_inside_an_entry_says_so_and_not_that_it_cannot_close(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_archive(tmp_path / "train.zip") as archive:
        entry = archive.open("a.png", "w")
        entry.write(b"half")
        raise KeyboardInterrupt
    with new_archive(tmp_path / "train.zip") as archive:
        add_picture(archive, "a.png", b"whole")
    assert zipfile.ZipFile(tmp_path / "train.zip").read("a.png") == b"whole"
