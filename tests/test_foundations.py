"""The rooms everything stands on: emotions, faces, errors, paths."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from emofast import paths
from emofast.emotions import BY_NAME, CENTRES, EMOTIONS, TABLE
from emofast.errors import EmofastError, exits_cleanly
from emofast.faces import prepare_face
from emofast.paths import atomic_write, refuse_overwriting


def test_nine_classes_in_the_competitions_order():
    assert EMOTIONS == ("anger", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise", "uncertain")
    assert list(EMOTIONS) == sorted(EMOTIONS) and len(set(CENTRES)) == 9
    for e in TABLE:
        assert BY_NAME[e.name] is e and abs(e.valence) <= 1 and abs(e.arousal) <= 1
        assert all(0 <= c <= 255 for c in e.colour) and any("а" <= letter <= "я" for letter in e.russian)
    assert CENTRES[EMOTIONS.index("neutral")] == (0, 0)


def picture(kind: str) -> np.ndarray:
    """The same grey ramp as grey, BGR, BGRA or 16-bit."""
    grey = np.tile(np.linspace(0, 255, 90, dtype=np.uint8), (120, 1))
    return {
        "grey": grey,
        "grey with axis": grey[..., None],
        "bgr": cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR),
        "bgra": cv2.cvtColor(grey, cv2.COLOR_GRAY2BGRA),
        "16 bit": grey.astype(np.uint16) << 8,
    }[kind]


@pytest.mark.parametrize("kind", ["grey", "grey with axis", "bgr", "bgra", "16 bit"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_of_picture_becomes_the_same_face(kind, channels):
    face = prepare_face(picture(kind), 48, channels)
    assert face.shape == (channels, 48, 48) and face.dtype == np.uint8 and face.flags.c_contiguous
    np.testing.assert_array_equal(face, prepare_face(picture("grey"), 48, channels))


def test_colour_is_rgb():
    blue = np.zeros((50, 50, 3), np.uint8)
    blue[..., 0] = 255  # OpenCV's first channel
    assert prepare_face(blue, 10)[:, 0, 0].tolist() == [0, 0, 255]


def test_shrinking_averages():
    checks = np.indices((96, 96)).sum(0).astype(np.uint8) % 2 * 255
    assert np.abs(prepare_face(checks, 24, 1).astype(int) - 127).max() <= 1


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (EmofastError("a.csv is empty; get it again."), 2, "error: a.csv is empty; get it again.\n"),
        (OSError(errno.ENOSPC, "No space left on device", "a.pt"), 2, "error: the disk is full while writing a.pt"),
        (KeyboardInterrupt(), 130, "--resume"),
        (ModuleNotFoundError("No module named 'sklearn'", name="sklearn.metrics"), 2, "sklearn.metrics is not installed; ./run_all.sh"),
        (ImportError("libGL.so.1: cannot open shared object file", name="cv2"), 2, "library of the system is missing (libGL.so.1:"),
    ],
)
def test_commands_end_in_a_sentence_and_a_status(error, status, says, capsys):
    @exits_cleanly
    def command():
        raise error

    assert command() == status
    err = capsys.readouterr().err
    assert says in err and err.strip().count("\n") == 0


def test_other_errors_are_not_hidden():
    @exits_cleanly
    def command():
        raise OSError(errno.EACCES, "Permission denied")

    with pytest.raises(PermissionError):
        command()


def test_atomic_write_shows_the_old_or_the_new(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(OSError, match="full") as e, atomic_write(path) as partial:
        partial.write_text("half")
        assert path.read_text() == "old"
        raise OSError(errno.ENOSPC, "full")
    assert path.read_text() == "old" and e.value.filename == str(path) and list(tmp_path.iterdir()) == [path]
    with atomic_write(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_used_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()

    @exits_cleanly
    def command():
        with atomic_write(tmp_path / "file" / "below.csv"):
            pass

    assert command() == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and str(tmp_path / "file") in err and err.count("\n") == 1


def test_what_is_kept_of_a_kaggle_notebook_holds_no_cache(monkeypatch):
    monkeypatch.delenv("EMOFAST_CACHE")
    usual = paths.cache()
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Batch")
    assert usual.parent == paths.PROJECT and paths.cache() == Path(tempfile.gettempdir()) / "emofast"


def test_nothing_is_written_over_what_is_read(tmp_path):
    film = tmp_path / "film.mp4"
    film.touch()
    (tmp_path / "link.mp4").hardlink_to(film)
    refuse_overwriting([tmp_path / "new.mp4", None], [film, tmp_path / "absent.mp4"])
    with pytest.raises(EmofastError, match=r"link\.mp4 is what is being read"):
        refuse_overwriting([tmp_path / "link.mp4"], [film])


def test_onnx_runtime_reports_nothing(tmp_path):
    """It would keep a device number and a database of what is to be sent below the home folder."""
    from mood import mood_model

    code = f"from emofast import EmotionRecognizer; EmotionRecognizer({str(mood_model(tmp_path))!r}); print('read')"
    home = tmp_path / "home"
    home.mkdir()
    env = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY")} | {"HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.stdout == "read\n", done.stderr
    assert not [path for path in home.rglob("*") if "onnxruntime" in path.name.lower() or path.name == "deviceid"]


@pytest.mark.parametrize("wrapped", [lambda e: ImportError("initialization failed"), lambda e: EmofastError("onnxruntime does not import")])
def test_ctrl_c_in_the_import_of_a_compiled_module_is_an_interruption(wrapped, capsys):
    """pybind11 turns it into an ImportError of the module that was being imported."""

    @exits_cleanly
    def main():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as e:
            raise wrapped(e) from e

    assert main() == 130 and "interrupted" in capsys.readouterr().err
