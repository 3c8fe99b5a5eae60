import csv
import zipfile

import numpy as np
import pandas as pd
import pytest

from emofast import EMOTIONS
from emofast.data import check_data, find_data, read_competition
from emofast.errors import EmofastError


def unpack(folder):
    """Replace both archives by folders."""
    for name in ("train", "test_kaggle"):
        with zipfile.ZipFile(folder / f"{name}.zip") as archive:
            archive.extractall(folder)
        (folder / f"{name}.zip").unlink()


def edit(path, change):
    table = pd.read_csv(path)
    change(table).to_csv(path, index=False)


def test_zip_and_folder_hold_the_same(data_copy):
    zipped = read_competition(data_copy)
    seen = [zipped.train_pictures.read(n) for n in zipped.train_names]
    unpack(data_copy)
    unpacked = read_competition(data_copy)
    assert unpacked.train_ids == zipped.train_ids
    assert unpacked.test_ids == zipped.test_ids
    assert (unpacked.labels == zipped.labels).all()
    assert [unpacked.train_pictures.read(n) for n in unpacked.train_names] == seen


def test_rows_come_from_the_csv_not_from_walking(drawn):
    comp = read_competition(drawn)
    with (drawn / "train.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    assert comp.train_ids == [r["image_path"] for r in rows]
    assert [EMOTIONS[i] for i in comp.labels] == [r["emotion"] for r in rows]
    assert len(comp.train_pictures.identity) == len(rows) + 1  # the archive's extra file


def test_votes_are_shares_in_the_order_of_emotions(drawn):
    comp = read_competition(drawn)
    table = pd.read_csv(drawn / "train_votes.csv").set_index("image_path")
    assert comp.votes.shape == (len(comp.labels), 9)
    np.testing.assert_allclose(comp.votes.sum(1), 1, atol=1e-6)
    row = table.loc[comp.train_ids[7]]
    np.testing.assert_allclose(comp.votes[7], [row[e] / row.sum() for e in EMOTIONS], atol=1e-6)


def test_kaggles_zipped_csv_is_read(data_copy):
    with zipfile.ZipFile(data_copy / "train.csv.zip", "w") as archive:
        archive.write(data_copy / "train.csv", "train.csv")
    before = read_competition(data_copy)
    (data_copy / "train.csv").unlink()
    assert read_competition(data_copy).train_ids == before.train_ids


def test_fingerprint_follows_the_contents(data_copy):
    first = read_competition(data_copy).fingerprint
    assert read_competition(data_copy).fingerprint == first
    edit(data_copy / "train.csv", lambda t: t.assign(emotion=["fear", *t["emotion"][1:]]))
    assert read_competition(data_copy).fingerprint != first


def cut(folder):
    data = (folder / "train.zip").read_bytes()
    (folder / "train.zip").write_bytes(data[: len(data) // 2])


def point_outside(folder):
    with zipfile.ZipFile(folder / "train.zip", "a") as archive:
        archive.writestr("../../outside.jpg", b"x")


def name_nowhere(folder):
    edit(folder / "train.csv", lambda t: t.assign(image_path=["./train/anger/nowhere.jpg", *t["image_path"][1:]]))
    (folder / "train_votes.csv").unlink()


BROKEN = {
    "no csv": (lambda f: (f / "train.csv").unlink(), ["no train.csv", "data download"]),
    "no archive": (lambda f: (f / "train.zip").unlink(), ["train.zip", "train/"]),
    "cut archive": (cut, ["train.zip", "not a whole zip", "get it again"]),
    "archive points outside": (point_outside, ["train.zip", "outside"]),
    "other columns": (lambda f: edit(f / "train.csv", lambda t: t.rename(columns={"emotion": "label"})), ["train.csv", "'emotion'"]),
    "unknown class": (lambda f: edit(f / "train.csv", lambda t: t.assign(emotion="boredom")), ["train.csv", "'boredom'"]),
    "path missing": (name_nowhere, ["train.csv", "1 picture that", "nowhere.jpg"]),
    "doubled row": (lambda f: edit(f / "train.csv", lambda t: pd.concat([t, t.head(1)])), ["train.csv", "twice"]),
    "no rows": (lambda f: edit(f / "sample_submission.csv", lambda t: t.head(0)), ["sample_submission.csv", "no rows"]),
    "votes lack a row": (lambda f: edit(f / "train_votes.csv", lambda t: t.tail(-1)), ["train_votes.csv", "no row for"]),
    "numbers for paths": (lambda f: edit(f / "train.csv", lambda t: t.assign(image_path=range(len(t)))), ["train.csv", "180 pictures"]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_bad_input_is_one_sentence(case, data_copy, run_cli):
    breaks, says = BROKEN[case]
    breaks(data_copy)
    with pytest.raises(EmofastError) as e:
        read_competition(data_copy)
    assert all(s in str(e.value) for s in says), str(e.value)


def test_no_data_names_the_ways_out(tmp_path, run_cli):
    with pytest.raises(EmofastError, match="--data sample"):
        find_data(tmp_path / "nowhere")
    out = run_cli("leaderboard", "--data", tmp_path / "nowhere")
    assert out.returncode == 2 and "data download" in out.stderr and "Traceback" not in out.stderr


def test_check_finds_what_is_wrong(data_copy):
    unpack(data_copy)
    comp = read_competition(data_copy)
    healthy = check_data(comp)
    assert healthy.unreadable == [] and healthy.unreadable_test == []
    assert len(healthy.extra) == 1 and healthy.duplicates > 0 and healthy.two_classes
    (data_copy / comp.test_names[1]).write_bytes((data_copy / comp.train_names[9]).read_bytes())
    (data_copy / comp.train_names[5]).write_bytes(b"")
    whole = (data_copy / comp.train_names[6]).read_bytes()
    (data_copy / comp.train_names[6]).write_bytes(whole[: len(whole) // 2])
    (data_copy / comp.test_names[0]).write_bytes(b"not a picture")
    report = check_data(read_competition(data_copy))
    assert report.unreadable == [comp.train_names[5], comp.train_names[6]]
    assert report.unreadable_test == [comp.test_names[0]]
    assert report.copied_test == [*healthy.copied_test, comp.test_names[1]]
