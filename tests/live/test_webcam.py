"""`webcam.py` itself, in a process of its own, as its users start it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import cv2
import pytest

from emofast.emotions import EMOTIONS
from emofast.live.window import key_name


def rows(path):
    with path.open(newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def sentence(done) -> str:
    """The one sentence of a failed run."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.strip()]
    assert line.startswith("error: ")
    return line


def test_film_to_annotated_film_log_and_summary(webcam, model, film, tmp_path):
    done = webcam("--source", film, "--model", model, "--headless", "--save", "out.mp4", "--log", "out.csv")
    assert done.returncode == 0, done.stderr
    log = rows(tmp_path / "out.csv")
    assert len(log) == 40 and {r["face"] for r in log} == {"1"}
    assert [float(r["t"]) for r in log] == pytest.approx([i / 25 for i in range(40)], abs=2e-3)
    assert all(abs(sum(float(r[f"p_{e}"]) for e in EMOTIONS) - 1) < 2e-3 for r in log)
    shown = [r["emotion"] for r in log]
    assert shown[19] == "happy" and shown[-1] == "sad"
    changed = shown.index("sad")
    assert 20 < changed <= 20 + 13, "the change shows within half a second"
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 40
    _, image = capture.read()
    assert image.shape == (480, 640, 3)
    assert cv2.absdiff(image, cv2.VideoCapture(str(film)).read()[1]).max() > 100, "something is drawn on it"
    for word in (
        "40 frames",
        "frames per second",
        "read",
        "track",
        "detect",
        "classify",
        "draw",
        "loop",
        "happy",
        "sad",
        "without a face: 0",
    ):
        assert word in done.stdout
    assert Counter(shown)["happy"] / 40 == pytest.approx(float(done.stdout.partition("happy ")[2].partition("%")[0]) / 100, abs=0.01)


def test_same_film_same_log(webcam, model, film, tmp_path):
    for name in ("a.csv", "b.csv"):
        assert webcam("--source", film, "--model", model, "--headless", "--log", name, "--max-frames", 25).returncode == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert len(rows(tmp_path / "a.csv")) == 25


def test_wall_has_no_face_and_no_invented_numbers(webcam, model, wall, tmp_path):
    done = webcam("--source", wall, "--model", model, "--headless", "--log", "out.csv")
    log = rows(tmp_path / "out.csv")
    assert len(log) == 10
    assert all(r["t"] and not any(v for k, v in r.items() if k not in ("t", "frame")) for r in log)
    assert "no face in any of them" in done.stdout and "without a face: 10 (100%)" in done.stdout


def test_default_model_is_the_onnx_one(webcam, model, wall, own_artifacts):
    own_artifacts.mkdir()
    (own_artifacts / "emofast.onnx").write_bytes(model.read_bytes())
    (own_artifacts / "emofast.pkl").write_bytes(b"never looked at")
    done = webcam("--source", wall, "--headless")
    assert done.returncode == 0 and "emofast.onnx" in done.stdout


def test_learner_says_that_it_takes_longer(webcam, wall, tmp_path):
    from emofast.bench.stand_in import stand_in

    card = stand_in(tmp_path / "model")
    done = webcam("--source", wall, "--model", card.with_suffix(".pkl"), "--headless")
    assert done.returncode == 0, done.stderr
    assert "loading" in done.stdout and "some seconds" in done.stdout
    card.write_text(json.dumps({**json.loads(card.read_text()), "sha256": {}}))
    assert "--trust" in sentence(webcam("--source", wall, "--model", card.with_suffix(".pkl"), "--headless"))


def test_each_failure_is_one_sentence(webcam, model, film, tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "there is no model yet" in sentence(webcam("--source", film, "--headless"))
    assert "emofast export" in sentence(webcam("--source", film, "--headless", "--model", "gone.onnx"))
    assert "no video gone.mp4" in sentence(webcam("--source", "gone.mp4", "--model", model, "--headless"))
    assert "holds no frame" in sentence(webcam("--source", "empty.mp4", "--model", model, "--headless"))
    assert "camera 97" in sentence(webcam("--source", "97", "--model", model, "--headless"))
    assert "end it in .mp4" in sentence(webcam("--source", film, "--model", model, "--headless", "--save", "out.txt"))
    assert "cannot be written" in sentence(webcam("--source", film, "--model", model, "--headless", "--log", "empty.mp4/x/out.csv"))


@pytest.mark.skipif(sys.platform != "linux", reason="X11")
@pytest.mark.parametrize("name", ["", ":4711", "localhost:4711", "nonsense"])
def test_no_display_is_one_sentence_not_an_abort(webcam, model, film, name):
    assert "--headless" in sentence(webcam("--source", film, "--model", model, DISPLAY=name))


def test_ending_it_from_outside_finishes_the_files(project, model, film, tmp_path):
    long = tmp_path / "long.mp4"
    from emofast.bench.drawn import drawn_frames, write_clip

    write_clip(long, list(drawn_frames(3, faces=0)) * 2000)
    command = [sys.executable, str(project / "webcam.py"), "--source", str(long), "--model", str(model), "--headless"]
    process = subprocess.Popen([*command, "--save", "out.mp4", "--log", "out.csv"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith("model:")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "frames per second" in out
    frames = len(rows(tmp_path / "out.csv"))
    assert 0 < frames < 6000
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == frames
    assert not list(tmp_path.glob(".partial*"))


# The window


class Session:
    """webcam.py in a window of the virtual display, with a keyboard."""

    def __init__(self, project, folder, display, *arguments):
        self.folder, self.env = folder, {**os.environ, "DISPLAY": display}
        command = [sys.executable, str(project / "webcam.py"), *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=folder, env=self.env, **pipes)
        self.window = self.wait(lambda: self.tool("search", "--name", "^emofast$"))

    def tool(self, *arguments) -> str:
        return subprocess.run(["xdotool", *arguments], env=self.env, capture_output=True, text=True).stdout.strip()

    def wait(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not (result := condition()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert result, "waited in vain"
        return result

    def press(self, key):
        self.tool("windowfocus", self.window)
        self.tool("key", "--window", self.window, key)

    def snapshot(self):
        """Press s and wait for the new picture."""
        before = set(self.folder.glob("emofast-*.png"))
        self.press("s")
        (path,) = self.wait(lambda: set(self.folder.glob("emofast-*.png")) - before)
        return cv2.imread(str(path))

    def leave(self, key="q"):
        self.press(key)
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, err
        assert not err.strip(), "nothing but the view itself speaks"
        return out


@pytest.fixture
def still(tmp_path, film):
    """A minute of one frame: whatever changes on it is drawn."""
    import av

    _, image = cv2.VideoCapture(str(film)).read()
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for _ in range(600):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def differ(a, b, where=(slice(40, None), slice(None))) -> float:
    """Share of clearly different pixels, below the signs of the top edge."""
    return float((cv2.absdiff(a[where], b[where]).max(2) > 40).mean())


def test_window_and_keys(project, display, model, still, tmp_path):
    session = Session(project, tmp_path, display, "--source", still, "--model", model)
    plain = session.snapshot()
    assert plain.shape == (480, 640, 3)
    session.press("h")
    with_help = session.snapshot()
    assert differ(plain, with_help) > 0.05, "the help panel"
    session.press("h")
    session.press("l")
    russian = session.snapshot()
    assert 0.002 < differ(plain, russian) < 0.1, "only words changed"
    session.press("l")
    session.press("m")
    mirrored = session.snapshot()
    # the wall is even, so the person's hair is what moves
    assert differ(plain[:, ::-1], mirrored, (slice(40, 300), slice(200, 440))) < differ(plain, mirrored, (slice(40, 300), slice(200, 440)))
    session.press("r")
    time.sleep(1.0)
    session.press("r")
    session.wait(lambda: list(tmp_path.glob("emofast-*.mp4")))
    (clip,) = tmp_path.glob("emofast-*.mp4")
    session.press("space")
    session.snapshot()
    out = session.leave("Escape")
    capture = cv2.VideoCapture(str(clip))
    assert 4 <= capture.get(cv2.CAP_PROP_FRAME_COUNT) <= 20, "a second of a film of ten frames per second"
    assert "frames per second" in out and "show" in out


def test_pause_holds_the_film(project, display, model, film, tmp_path):
    """The film lasts 1.6 s; paused, it is still there after 4."""
    session = Session(project, tmp_path, display, "--source", film, "--model", model, "--lang", "ru")
    session.press("space")
    time.sleep(4)
    assert session.process.poll() is None
    session.press("space")
    out, err = session.process.communicate(timeout=30)
    assert session.process.returncode == 0 and "40 frames" in out, err


def test_closing_the_window_leaves(project, display, model, still, tmp_path):
    session = Session(project, tmp_path, display, "--source", still, "--model", model)
    session.snapshot()
    session.tool("windowclose", session.window)
    session.process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (ord("q"), "q"),
        (ord("Q"), "q"),
        (27, "q"),
        (32, "space"),
        (0x6CA, "q"),
        (ord("й"), "q"),
        (0x6D9, "s"),
        (-1, None),
        (ord("x"), None),
        (9, None),
    ],
)
def test_keys_on_latin_and_russian_keyboards(code, key):
    assert key_name(code) == key
