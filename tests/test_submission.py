import json
import os
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from emofast import EMOTIONS
from emofast.data import read_competition
from emofast.errors import EmofastError
from emofast.leaderboard import chosen_apart, leaderboard_table, mistakes, write_leaderboard
from emofast.submission import check_submission, make_submission, write_submission
from emofast.training.calibration import tempered
from emofast.training.results import read_results, write_result


@pytest.fixture
def comp(drawn):
    return read_competition(drawn)


def fake_result(folder, comp, skill, seed, quick=False):
    """A recorded result as the runner leaves it, its predictions drawn."""
    rng = np.random.default_rng(seed)
    rows = np.arange(0, len(comp.train_ids), 3)
    labels = comp.labels[rows]
    shown = np.where(rng.random(len(rows)) < skill, labels, rng.integers(0, 9, len(rows)))
    valid = (0.5 * np.eye(9)[shown] + 0.5 * rng.dirichlet(np.ones(9), len(rows))).astype(np.float32)
    test = rng.dirichlet(np.ones(9), len(comp.test_ids)).astype(np.float32)
    accuracy = float((valid.argmax(1) == labels).mean())
    scores = {
        "accuracy": accuracy,
        "accuracy_tta": accuracy,
        "accuracy_spread": 0.0,
        "accuracy_interval": [accuracy - 0.05, accuracy + 0.05],
        "macro_f1": 0.5,
        "macro_f1_tta": 0.5,
        "calibration_error": 0.1,
    }
    summary = {
        "scores": scores,
        "settings": {"arguments": {}, "seeds": [42], "quick": quick},
        "seeds": [{"train_seconds": 60.0, "parameters": 1000, "ms_per_face_cpu": 1.0}],
        "package": "none",
        "parameters": 1000,
        "ms_per_face_cpu": 1.0,
        "train_seconds": 60.0,
        "date": "2026-01-01",
    }
    history = pd.DataFrame({"seed": 42, "epoch": [0, 1], "train_loss": [2.0, 1.0], "valid_loss": [2.1, 1.5], "accuracy": [0.3, accuracy]})
    source = folder.parent / f"{folder.name}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text("x = 1\n")
    figure = Figure()
    arrays = {"ids": np.array([comp.train_ids[r] for r in rows]), "labels": labels, "probabilities": valid, "per_seed": valid[None]}
    write_result(
        folder,
        summary,
        history,
        arrays,
        {"ids": np.array(comp.test_ids), "probabilities": test, "per_seed": test[None]},
        figure,
        source.read_bytes(),
    )


def test_submission_has_the_samples_ids_order_and_form(comp, drawn, tmp_path):
    probabilities = np.random.default_rng(0).dirichlet(np.ones(9), len(comp.test_ids))
    write_submission(comp, probabilities, tmp_path / "s.csv")
    lines = (tmp_path / "s.csv").read_bytes().split(b"\r\n")
    sample = (drawn / "sample_submission.csv").read_bytes().split(b"\r\n")
    assert lines[0] == sample[0] and len(lines) == len(sample)
    assert [row.split(b",")[0] for row in lines] == [row.split(b",")[0] for row in sample]
    assert [row.split(b",")[1].decode() for row in lines[1:-1]] == [EMOTIONS[i] for i in probabilities.argmax(1)]


FAULTS = {
    "missing": (lambda t: t.drop(3), "no row for '3.jpg'"),
    "doubled": (lambda t: pd.concat([t, t.head(1)]), "two rows for '0.jpg'"),
    "foreign": (lambda t: t.replace("2.jpg", "999.jpg"), "the foreign id '999.jpg'"),
    "label": (lambda t: t.assign(emotion=["joy", *t["emotion"][1:]]), "unknown class 'joy'"),
    "order": (lambda t: t.iloc[::-1], "keep its order"),
    "columns": (lambda t: t.rename(columns={"emotion": "label"}), "columns"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_checker_refuses(fault, comp, drawn, tmp_path, run_cli):
    change, says = FAULTS[fault]
    path = tmp_path / "s.csv"
    change(pd.read_csv(drawn / "sample_submission.csv")).to_csv(path, index=False)
    with pytest.raises(EmofastError, match=says):
        check_submission(path, comp)


@pytest.mark.parametrize("header", ["image_path;emotion", "image_path , emotion"])
def test_checker_refuses_what_a_spreadsheet_makes_of_it(header, comp, drawn, tmp_path):
    """Tables of others may be so; Kaggle takes no such file."""
    _, *rows = (drawn / "sample_submission.csv").read_text().splitlines()
    (tmp_path / "s.csv").write_text("\n".join([header, *(row.replace(",", ";" if ";" in header else ",") for row in rows)]))
    with pytest.raises(EmofastError, match="separated by a comma"):
        check_submission(tmp_path / "s.csv", comp)


def test_checker_wants_the_table_itself(comp, drawn, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.csv.zip", "w") as archive:
        archive.write(drawn / "sample_submission.csv", "s.csv")
    with pytest.raises(EmofastError, match="is an archive; unpack it"):
        check_submission(tmp_path / "s.csv.zip", comp)


def test_a_named_pipe_is_not_waited_for(comp, tmp_path):
    os.mkfifo(tmp_path / "s.csv")
    with pytest.raises(EmofastError, match=r"s\.csv cannot be read as a table"):
        check_submission(tmp_path / "s.csv", comp)


def test_ensemble_submission_records_how_it_was_made(comp, own_artifacts):
    folder = own_artifacts / comp.name
    for name, skill, seed in (("01_a", 0.7, 1), ("02_b", 0.7, 2), ("03_c", 0.0, 3)):
        fake_result(folder / name, comp, skill, seed)
    path = make_submission(comp, folder)
    check_submission(path, comp)
    made = json.loads((folder / "submission.json").read_text())
    assert "03_c" not in made["members"] and sum(made["members"].values()) == pytest.approx(1)
    members = {r.name: r for r in read_results(folder)}
    heat = made["temperatures"]
    mixed = sum(w * tempered(members[n].test["probabilities"], heat[n]) for n, w in made["members"].items())
    shares = np.bincount(comp.labels, minlength=9) / len(comp.labels)
    assert made["factors"] == {e: round(max(1, 0.02 / s if s else 1) ** 0.5, 4) for e, s in zip(EMOTIONS, shares)}
    assert pd.read_csv(path)["emotion"].tolist() == [EMOTIONS[i] for i in (mixed * list(made["factors"].values())).argmax(1)]


def test_results_of_other_pictures_are_refused(comp, own_artifacts):
    folder = own_artifacts / comp.name
    fake_result(folder / "01_a", comp, 0.5, 1)
    other = dict(np.load(folder / "01_a" / "test.npz"))
    other["ids"] = other["ids"][::-1]
    np.savez(folder / "01_a" / "test.npz", **other)
    with pytest.raises(EmofastError, match="run 01_a again"):
        make_submission(comp, folder)
    shutil.rmtree(folder / "01_a")
    fake_result(folder / "01_a", comp, 0.5, 1)
    gone = str(np.load(folder / "01_a" / "valid.npz")["ids"][0])
    with pytest.raises(EmofastError, match="run 01_a again"):  # a row has left train.csv since
        make_submission(replace(comp, train_ids=[i for i in comp.train_ids if i != gone]), folder)
    with pytest.raises(EmofastError, match="other labels"):  # and classes were corrected
        make_submission(replace(comp, labels=(comp.labels + 1) % 9), folder)
    shutil.rmtree(folder / "01_a")
    with pytest.raises(EmofastError, match="no recorded result"):
        make_submission(comp, folder)


def test_leaderboard_files_and_table(comp, own_artifacts, drawn, run_cli):
    folder = own_artifacts / comp.name
    fake_result(folder / "01_weak", comp, 0.3, 1)
    fake_result(folder / "02_strong", comp, 0.8, 2)
    table = write_leaderboard(folder, comp)
    assert list(table.experiment) == ["02_strong", "01_weak"]
    assert (table.iloc[0][["runs", "train_minutes", "parameters_m", "ms_per_face_cpu"]] == [1, 1.0, 0.001, 1.0]).all()
    assert {"leaderboard.csv", "curves.png", "mistakes.csv", "mistakes.png"} <= {p.name for p in folder.iterdir()}
    written = pd.read_csv(folder / "leaderboard.csv")
    written["ancestor"] = written["ancestor"].astype(object).fillna("").astype(str)  # these two have none
    pd.testing.assert_frame_equal(written, leaderboard_table(read_results(folder)).round(4), check_dtype=False)
    strong = read_results(folder)[1]
    worst = mistakes(strong)
    assert (worst["true"] != worst["predicted"]).all() and worst["confidence"].is_monotonic_decreasing
    out = run_cli("leaderboard", "--data", drawn)
    assert out.returncode == 0 and "02_strong" in out.stdout and "\x1b" not in out.stdout
    assert f"scored on the other: {chosen_apart(read_results(folder)):.4f}" in " ".join(out.stdout.split())
    by_name = run_cli("leaderboard", "--data", comp.name)  # a clone has the results and not the data
    assert by_name.returncode == 0 and "02_strong" in by_name.stdout and "without mistakes.png" in by_name.stderr


def test_votes_of_the_test_pictures_score_them(comp, own_artifacts, drawn, tmp_path, run_cli):
    """Every third picture is a tie, which the FER+ protocol leaves out and the competition calls uncertain."""
    folder = shutil.copytree(drawn, tmp_path / comp.name)
    classes, n = np.arange(len(comp.test_ids)) % 8, len(comp.test_ids)
    votes = np.zeros((n, 9), int)
    votes[np.arange(n), classes] = 9
    votes[::3] = np.eye(9, dtype=int)[[0, 1]].sum(0) * 5
    table = pd.DataFrame(votes, columns=EMOTIONS)
    table.insert(0, "image_path", comp.test_ids)
    table.to_csv(folder / "test_votes.csv", index=False)
    fake_result(own_artifacts / comp.name / "01_one", comp, 0.5, 1)
    assert run_cli("leaderboard", "--data", folder).returncode == 0
    row = pd.read_csv(own_artifacts / comp.name / "leaderboard.csv").iloc[0]
    said = read_results(own_artifacts / comp.name)[0].test["probabilities"]
    clear = np.arange(n) % 3 > 0
    assert row["test"] == pytest.approx((said[clear, :8].argmax(1) == classes[clear]).mean(), abs=1e-4)
    assert row["test_accuracy"] == pytest.approx((said.argmax(1) == np.where(clear, classes, 8)).mean(), abs=1e-4)


def test_a_winner_among_equals_is_not_better_than_they_are(comp, own_artifacts):
    folder = own_artifacts / comp.name
    for k in range(12):
        fake_result(folder / f"{k + 1:02d}_chance", comp, 0.5, k)
    results = read_results(folder)
    best = leaderboard_table(results).accuracy_tta
    assert abs(chosen_apart(results) - best.mean()) < abs(best.max() - best.mean())


def test_leaderboard_of_nothing_says_what_to_do(drawn, run_cli):
    out = run_cli("leaderboard", "--data", drawn)
    assert out.returncode == 2 and "run an experiment first" in out.stderr
