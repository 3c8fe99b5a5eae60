"""The drawn data set: the competition's layout to the byte, the same bytes for the same seed, whole or not there at all."""

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from emofast.cli import main
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.sample import dataset, valence_arousal, write_sample
from emofast.sample.dataset import Photograph, take, vote

TRAIN, TEST = 100, 18


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return write_sample(tmp_path_factory.mktemp("drawn") / "sample", seed=7, train=TRAIN, test=TEST)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_train_csv_is_the_competitions_to_the_byte(sample):
    data = (sample / "train.csv").read_bytes()
    head = b",image_path,emotion\r\n0,./train/anger/0.jpg,anger\r\n1,./train/anger/1.jpg,anger\r\n2,./train/anger/10.jpg,anger\r\n"
    assert data.startswith(head)
    assert data.endswith(b"\r\n") and data.count(b"\n") == data.count(b"\r\n") == TRAIN + 1
    table = rows(sample / "train.csv")
    assert [row[""] for row in table] == [str(i) for i in range(TRAIN)]
    keys = [(row["emotion"], row["image_path"].rsplit("/", 1)[1]) for row in table]
    assert keys == sorted(keys)
    assert {emotion for emotion, _ in keys} == set(EMOTIONS)
    assert all(row["image_path"].startswith(f"./train/{row['emotion']}/") for row in table)


def test_sample_submission_is_in_numeric_order(sample):
    expected = "image_path,emotion\r\n" + "".join(f"{i}.jpg,neutral\r\n" for i in range(TEST))
    assert (sample / "sample_submission.csv").read_bytes() == expected.encode()


def test_archives_hold_the_named_files_and_one_anger_more(sample):
    named = [row["image_path"].removeprefix("./") for row in rows(sample / "train.csv")]
    extra = set(members(sample / "train.zip")) - set(named)
    assert len(extra) == 1 and extra.pop().startswith("train/anger/")
    assert set(named) < set(members(sample / "train.zip"))
    assert list(members(sample / "test_kaggle.zip")) == [f"test_kaggle/{i}.jpg" for i in range(TEST)]


def test_pictures_are_small_colour_jpegs(sample):
    for data in members(sample / "train.zip").values():
        assert data.startswith(b"\xff\xd8\xff")
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert image.ndim == 3 and 80 <= image.shape[0] <= image.shape[1] <= 240 and image.shape[1] >= 100


def test_some_pictures_are_not_square_and_some_are_grey():
    pictures = [cv2.imdecode(np.frombuffer(take(Photograph.plan("happy", [0, k], "someone", [1, k % 5])), np.uint8), 1) for k in range(150)]
    assert 1 <= sum(p.shape[0] != p.shape[1] for p in pictures) <= 10
    assert 1 <= sum(np.ptp(p.astype(int), axis=2).max() < 3 for p in pictures) <= 20


def test_there_are_exact_duplicates_in_one_class_and_across_two(sample):
    named = {row["image_path"].removeprefix("./"): row["emotion"] for row in rows(sample / "train.csv")}
    by_content: dict[bytes, list[str]] = {}
    for name, data in members(sample / "train.zip").items():
        if name in named:
            by_content.setdefault(data, []).append(named[name])
    doubled = [emotions for emotions in by_content.values() if len(emotions) > 1]
    assert 2 <= len(doubled) <= 0.05 * TRAIN
    assert any(len(set(emotions)) == 1 for emotions in doubled) and any(len(set(emotions)) == 2 for emotions in doubled)


def test_classes_have_the_competitions_proportions():
    counts = dataset._counts(1200)
    assert sum(counts.values()) == 1200
    assert all(abs(counts[e] - 1200 * n / 50046) < 1 for e, n in dataset.SHARES.items())


def test_truth_covers_every_picture_and_follows_the_intensity(sample):
    truth = rows(sample / "truth.csv")
    train = [row["image_path"] for row in rows(sample / "train.csv")]
    test = [row["image_path"] for row in rows(sample / "sample_submission.csv")]
    assert list(truth[0]) == ["image_path", "emotion", "valence", "arousal", "intensity", "identity", "yaw", "pitch", "roll"]
    assert [row["image_path"] for row in truth] == train + test
    for row in truth:
        va, intensity = (float(row["valence"]), float(row["arousal"])), float(row["intensity"])
        assert max(map(abs, va)) <= 1 and 0 <= intensity <= 1
        if row["emotion"] != "uncertain":
            assert va == pytest.approx(valence_arousal({row["emotion"]: intensity}), abs=1e-4)
    people = [{row["identity"] for row in part} for part in (truth[:TRAIN], truth[TRAIN:])]
    assert not people[0] & people[1]


def test_ten_annotators_agree_more_on_strong_expressions():
    counts: list[tuple[float, int]] = []
    for k in range(400):
        shown = Photograph.plan("fear", [k], "someone", [0])
        votes = vote(shown, EMOTIONS)
        assert sum(votes) == 10 and max(votes) == votes[EMOTIONS.index("fear")]
        counts.append((shown.intensity, max(votes)))
    weak, strong = ([n for i, n in counts if lo <= i < hi] for lo, hi in ((0, 0.5), (0.8, 1.01)))
    assert np.mean(strong) > np.mean(weak) + 1


def test_votes_are_keyed_as_train_csv(sample):
    votes = rows(sample / "train_votes.csv")
    assert (sample / "train_votes.csv").read_bytes().startswith(
        b"image_path,neutral,happy,surprise,sad,anger,disgust,fear,contempt,uncertain\r\n")  # fmt: skip
    assert [row.pop("image_path") for row in votes] == [row["image_path"] for row in rows(sample / "train.csv")]
    assert all(sum(map(int, row.values())) == 10 for row in votes)


def test_same_seed_same_bytes_whatever_the_number_of_threads(sample, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert digest(write_sample(tmp_path / "again", seed=7, train=TRAIN, test=TEST)) == digest(sample)


def test_another_seed_draws_other_pictures(tmp_path):
    first, second = (members(write_sample(tmp_path / str(seed), seed, train=18, test=2) / "train.zip") for seed in (1, 2))
    assert first.keys() == second.keys() and not set(first.values()) & set(second.values())


def test_a_folder_with_files_is_refused_and_an_empty_one_is_taken(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(EmofastError, match="not empty"):
        write_sample(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (write_sample(empty, train=18, test=1) / "truth.csv").exists()


@pytest.mark.parametrize("numbers, reason", [
    ({"train": 17, "test": 5}, "cannot be drawn"), ({"train": 18, "test": 0}, "cannot be drawn"), ({"seed": -1}, "seed of -1"),
])  # fmt: skip
def test_numbers_that_make_no_sample_are_refused(tmp_path, numbers, reason):
    with pytest.raises(EmofastError, match=reason):
        write_sample(tmp_path / "new", **numbers)
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_hold_a_folder_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("keep me")
    for place in (tmp_path / "file", tmp_path / "file" / "new"):
        assert main(["data", "sample", "--to", str(place), "--train", "18", "--test", "1"]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"error: {tmp_path / 'file'}") and told.count("\n") == 1
    assert (tmp_path / "file").read_text() == "keep me"


def test_command_draws_and_refuses_to_draw_over_it(tmp_path, run_cli):
    command = ("data", "sample", "--to", tmp_path / "new", "--seed", 5, "--train", 18, "--test", 2)
    run = run_cli(*command)
    assert run.returncode == 0 and "18 training and 2 test" in run.stdout
    assert digest(tmp_path / "new") == digest(write_sample(tmp_path / "same", 5, train=18, test=2))
    run = run_cli(*command)
    assert run.returncode == 2 and run.stderr.startswith("error: ") and run.stderr.count("\n") == 1
