"""Random damage, seeded: whatever a picture, array, table, archive, model or card is, the answer is a result or one sentence."""

import io
import os
import random
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image
from processes import PROJECT
from tiny_competition import TRAIN, jpg, write_tiny

from emofast import EmotionRecognizer
from emofast.cli import main
from emofast.data import check_data, read_competition
from emofast.data.pictures import FORMATS, Unreadable, decode_face
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.recognition.boxes import Box, crop_face

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def damaged(rng: random.Random, data: bytes, dictionary: tuple[bytes, ...] = (b"",)) -> bytes:
    """`data` with a few damages, mostly one: bits, runs, cuts, doubled or moved parts, numbers at their limits, words of the format."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at, n = rng.randrange(len(out) + 1), rng.choice((1, 2, 4, 16, 200))
        piece = rng.choice((rng.randbytes(n), b"\0" * n, b"\xff" * n, out[at : at + n] * 2, b"", *dictionary))
        kind = rng.random()
        if kind < 0.1:
            del out[at:]
        elif kind < 0.3:
            out[at:at] = piece
        else:
            out[at : at + rng.choice((len(piece), n))] = piece
    return bytes(out)


def harmless(what: str, call, *args, **kwargs):
    """The result of a call, or None where it is refused in one sentence; anything else fails the test, with the input named."""
    try:
        return call(*args, **kwargs)
    except SystemExit as e:  # of a command line
        return e.code
    except (EmofastError, Unreadable) as e:
        assert str(e) and ("\n" not in str(e) or isinstance(e, Unreadable)), what
    except BaseException as e:
        raise AssertionError(f"{what}: {type(e).__name__}: {e}") from e


def test_pictures():
    rng, seen = random.Random(1), 0
    picture = Image.open(io.BytesIO(jpg(0, 90)))
    wholes = []
    for kind in FORMATS:
        for mode in ("RGB", "L", "P", "RGBA", "I;16", "CMYK", "1", "LA", "F"):
            buffer = io.BytesIO()
            try:
                source = picture.convert("L" if mode == "I;16" else mode)
                source = Image.fromarray(np.asarray(source).astype(np.uint16) << 8) if mode == "I;16" else source
                source.save(buffer, kind, **({"save_all": True, "append_images": [source]} if kind in ("GIF", "TIFF", "WEBP") else {}))
            except (OSError, ValueError):
                continue  # this format has no such pictures
            wholes.append(buffer.getvalue())
    for i in range(8000):
        whole = wholes[i % len(wholes)]
        data = whole if i < len(wholes) else damaged(rng, whole)
        face = harmless(f"picture {i}", decode_face, data, rng.choice((16, 48, 224)), rng.choice((1, 3)))
        assert i >= len(wholes) or face is not None
        seen += face is not None
    assert seen > 400


def test_arrays(tmp_path):
    rng = np.random.default_rng(2)
    recognizer = EmotionRecognizer(PROJECT / "artifacts" / "emofast.onnx")
    sides = (0, 1, 2, 3, 4, 31, 48, 200, 3000)
    types = ("u1", "u2", ">u2", "i1", "i4", "f2", "f4", "f8", "?", "O", "U3", "c8", "M8[s]", "V4")
    for i in range(1500):
        shape = tuple(int(s) for s in rng.choice(sides, rng.integers(0, 5), p=(0.05, *[0.15] * 5, 0.1, 0.06, 0.04)))
        if np.prod(shape, dtype=float) > 3e7:
            continue
        kind = "u1" if rng.random() < 0.6 else str(rng.choice(types))
        array = np.zeros(shape, kind)
        if kind not in ("O", "U3", "V4", "M8[s]"):
            array = np.asarray(rng.integers(0, 100, shape)).astype(kind)
        view = rng.random()
        if array.ndim and view < 0.3:
            array = array[::-1] if view < 0.1 else array[::2] if view < 0.2 else np.asfortranarray(array)
        array.flags.writeable = view > 0.5
        answer = harmless(f"array {i}: {kind} {shape}", recognizer.predict, array)
        assert answer is None or answer.probabilities.sum() == pytest.approx(1, abs=1e-3)
        numbers = [int(n) for n in rng.choice((-(10**6), -50, -1, 0, 1, 5, 40, 5000), 4)]
        face = harmless(f"crop {i}: {kind} {shape} {numbers}", crop_face, array, Box(*numbers)) if max(numbers) < 5000 else None
        assert face is None or (face.dtype == np.uint8 and face.shape[0] == face.shape[1])
    for odd in (None, 7, "face", b"face", [], {}, [None], [[None]], object(), ([],), range(3), np.array(None), Image.new("L", (9, 9))):
        harmless(f"batch {odd!r}", recognizer.predict_batch, odd)
        harmless(f"face {odd!r}", recognizer.predict, odd)
        harmless(f"frame {odd!r}", crop_face, odd, Box(0, 0, 9, 9))


def test_tables(tmp_path):
    rng, folder = random.Random(3), write_tiny(tmp_path / "tiny")
    votes = "\r\n".join([",".join(("image_path", *EMOTIONS)), *(f"./{n},1,2,0,0,1,0,0,0,6" for n in TRAIN), ""]).encode()
    truth = "\r\n".join(["image_path,valence,arousal", *(f"./{n},0.5,-.2" for n in TRAIN), ""]).encode()
    wholes = {n: (folder / n).read_bytes() for n in ("train.csv", "sample_submission.csv")} | {"train_votes.csv": votes, "truth.csv": truth}
    words = (b",", b";", b'"', b"\r", b"\n", b"\0", b"inf", b"nan", b"-1e400", b"\xff\xfe", b"\xef\xbb\xbf")
    words += (b"a" * 140_000, "ё".encode("cp1251"))
    read = 0
    for i in range(600):
        name = rng.choice(list(wholes))
        for n, whole in wholes.items():
            (folder / n).write_bytes(damaged(rng, whole, words) if n == name else whole)
        zipped = rng.random() < 0.2
        if zipped:
            with zipfile.ZipFile(folder / f"{name}.zip", "w") as z:
                z.write(folder / name, name)
            (folder / f"{name}.zip").write_bytes(damaged(rng, (folder / f"{name}.zip").read_bytes()))
            (folder / name).unlink()
        comp = harmless(f"table {i}: {name}", read_competition, folder)
        if comp:
            read += 1
            assert np.isfinite(comp.votes).all() and np.isfinite(comp.va).all()
        (folder / f"{name}.zip").unlink(missing_ok=True)
    assert 20 < read < 580


def test_archives(tmp_path):
    rng, folder = random.Random(4), write_tiny(tmp_path / "tiny")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for i, name in enumerate(TRAIN):
            z.writestr(name, jpg(i), rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
    words = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\xff\xff\xff\x7f", b"../", b"C:", b"\0")
    tail = buffer.getvalue().index(b"PK\x01\x02")
    read = 0
    for i in range(600):
        whole = buffer.getvalue()
        start = rng.choice((0, tail))  # the directory is the smaller part, and the more fragile one
        (folder / "train.zip").write_bytes(whole[:start] + damaged(rng, whole[start:], words))
        comp = harmless(f"archive {i}", read_competition, folder)
        report = comp and harmless(f"archive {i}", check_data, comp)
        read += bool(report)
    assert 50 < read < 550


MODELS = """
import json, random, shutil, sys, warnings
from pathlib import Path
sys.path.insert(0, "tests")
from test_fuzz import damaged
from emofast import EmotionRecognizer
from emofast.errors import EmofastError
import numpy as np
shipped, folder = Path("artifacts"), Path(sys.argv[1])
rng, loaded = random.Random(5), 0
onnx, card = (shipped / "emofast.onnx").read_bytes(), (shipped / "emofast.json").read_bytes()
path, words = folder / "emofast.onnx", (b"[" * 5000, b"null", b"1e999", b"-", b'"', b"{}")
for i in range(int(sys.argv[2])):
    print(i, flush=True)
    with_card = i % 2
    path.write_bytes(onnx if with_card else damaged(rng, onnx) if i % 4 else onnx[:-4000] + damaged(rng, onnx[-4000:]))
    path.with_suffix(".json").unlink(missing_ok=True)
    if with_card:
        path.with_suffix(".json").write_bytes(damaged(rng, card, words))
    try:
        p = EmotionRecognizer(path).predict(np.zeros((9, 9), np.uint8))
        assert abs(p.probabilities.sum() - 1) < 1e-3 and -0.5 < EmotionRecognizer(path).margin <= 2
        loaded += 1
    except EmofastError as e:
        assert "\\n" not in str(e)
print("loaded", loaded)
"""


def test_models_and_cards(tmp_path):
    """In a process of its own, which a library may crash."""
    done = subprocess.run([sys.executable, "-c", MODELS, tmp_path, "120"], cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "loaded" in done.stdout, (done.stdout[-20:], done.stderr[-2000:])


def test_commands(tmp_path, capsys, monkeypatch):
    """Every place where a file, a folder or a number is named, with names and numbers that are odd."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    tiny, new = str(write_tiny(tmp_path / "tiny")), str(tmp_path / "new")
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "fifo")
    names = [str(tmp_path), *(str(tmp_path / n) for n in ("file", "file/below", "loop", "fifo", "ж" * 130, "new\nline", "a" * 300))]
    for odd in (*names, "/dev/null", "/dev/zero", "", ".", "/", "-", "~", "9" * 400, "nan", "-1", "0", "1e9", "²", "sample/../x"):
        for command in (
            *(["data", "check", "--data", odd], ["submission", "--data", odd]),
            *(["submit", odd, "--data", tiny], ["leaderboard", "--data", odd], ["export", odd, "--data", odd]),
            ["bench", "inference", "--model", odd],
            ["data", "ferplus", "--images", odd, "--labels", odd, "--to", new],
            ["data", "sample", "--to", new, "--train", odd, "--seed", odd],
            ["data", "download", "--to", str(tmp_path / "file"), "--train-url", odd],
        ):
            status = harmless(f"{command}", main, command)
            _, err = capsys.readouterr()
            assert status == 2 and err.startswith("error: ") and err.count("\n") == 1, (command, err)
