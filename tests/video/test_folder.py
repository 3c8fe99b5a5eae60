"""The trailer folder: nothing of the user's is replaced, killed runs go on, two at once do not meet."""

import json
import subprocess
import sys

import pytest

from emofast.errors import EmofastError
from emofast.video.folder import FILES, RECORD, open_folder


@pytest.fixture
def finished(tmp_path):
    """A folder as a finished trailer leaves it."""
    out = tmp_path / "out"
    with open_folder(out, overwrite=False) as folder:
        for name in (*FILES[:-1], "posters/01 happy.jpg"):
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_text(f"this is {name}")
            folder.wrote(name)
        folder.save({"episode": "e"}, finished=True)
    return out


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", [*FILES[:-1], "posters/mine.jpg"])
def test_files_of_the_user_are_not_replaced(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    for overwrite in (False, True):
        with pytest.raises(EmofastError, match="is not of a trailer made here"), open_folder(tmp_path, overwrite):
            pytest.fail("opened")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["moments.csv", "report.html", "trailer.edl", "posters/01 happy.jpg"])
def test_what_was_changed_by_hand_is_not_replaced(finished, name):
    (finished / name).write_text("edited for an hour")
    with pytest.raises(EmofastError, match=f"{name} was changed since"), open_folder(finished, overwrite=True):
        pytest.fail("opened")
    (finished / name).unlink()
    with open_folder(finished, overwrite=True):
        pass


def test_edited_moments_may_be_cut_from_and_stay_protected(finished):
    moments = finished / "moments.csv"
    moments.write_text("edited")
    with open_folder(finished, overwrite=True, keep=moments) as folder:
        folder.save({}, finished=True)
    with pytest.raises(EmofastError, match="--from-moments"), open_folder(finished, overwrite=True):
        pytest.fail("opened")


def test_a_finished_trailer_is_kept_and_a_killed_one_goes_on(finished):
    with pytest.raises(EmofastError, match="already holds a trailer"), open_folder(finished, overwrite=False):
        pytest.fail("opened")
    with open_folder(finished, overwrite=True) as folder:  # killed after trailer.mp4, before report.html
        folder.save({}, finished=False)
        (finished / "trailer.mp4").write_text("a new one")
    with open_folder(finished, overwrite=False):
        pass


def test_two_at_once_do_not_meet(tmp_path):
    code = """import sys, pathlib; from emofast.video.folder import open_folder
with open_folder(pathlib.Path(sys.argv[1]), True): print('in')"""
    with open_folder(tmp_path / "out", overwrite=False):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], capture_output=True, text=True)
        assert done.returncode and "another process is making a trailer" in done.stderr
    assert not (tmp_path / "out").exists(), "a folder that stayed empty is gone"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], capture_output=True, text=True)
    assert done.stdout.strip() == "in"


@pytest.mark.parametrize(
    "record", ["", "[]", '{"made": {"../../precious": "x"}, "finished": true}', '{"made": 3, "finished": true}', "[" * 100_000]
)
def test_a_record_that_was_tampered_with_counts_as_none(tmp_path, record):
    (tmp_path / RECORD).write_text(record)
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(EmofastError, match="not of a trailer made here"), open_folder(tmp_path, overwrite=True):
        pytest.fail("opened")


def test_a_name_that_is_too_long_is_said(tmp_path):
    with pytest.raises(EmofastError, match="cannot be made a folder"), open_folder(tmp_path / ("x" * 300), overwrite=False):
        pytest.fail("opened")
    assert json.dumps([p.name for p in tmp_path.iterdir()]) == "[]"
