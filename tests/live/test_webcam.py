"""`webcam.py` itself, in a process of its own, as its users start it."""

import csv
import ctypes
import importlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress

import cv2
import numpy as np
import pytest
from processes import wait_until

from emofast.emotions import EMOTIONS
from emofast.film import Writer, write_film
from emofast.live import open_source, window
from emofast.live.window import key_name
from emofast.recognition import DETECTORS
from emofast.sample.episode import drawn_frames


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
    shown = [r["shown"] for r in log]
    assert shown[19] == "happy" and shown[-1] == "sad"
    changed = shown.index("sad")
    assert 20 < changed <= 20 + 13, "the change shows within half a second"
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 40
    _, image = capture.read()
    assert image.shape[0] == 480 and image.shape[1] > 640
    assert cv2.absdiff(image[:, :640], cv2.VideoCapture(str(film)).read()[1]).max() > 100, "something is drawn on it"
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


def test_each_failure_is_one_sentence(webcam, model, film, tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert "emofast export" in sentence(webcam("--source", film, "--headless", "--model", "gone.onnx"))
    assert "empty.mp4 cannot be read as a film" in sentence(webcam("--source", "empty.mp4", "--model", model, "--headless"))
    assert "end it in .mp4" in sentence(webcam("--source", film, "--model", model, "--headless", "--save", "out.txt"))
    before = film.read_bytes()
    assert "is what is being read" in sentence(webcam("--source", film, "--model", model, "--headless", "--save", film))
    assert film.read_bytes() == before
    assert "both the video and the log" in sentence(
        webcam("--source", film, "--model", model, "--headless", "--save", "a.mp4", "--log", "./a.mp4")
    )
    assert "empty.mp4/x: Not a directory; name another place" in sentence(
        webcam("--source", film, "--model", model, "--headless", "--log", "empty.mp4/x/out.csv")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="X11")
@pytest.mark.parametrize("name", ["", ":4711", "localhost:4711", "nonsense"])
def test_no_display_is_one_sentence_not_an_abort(webcam, model, film, name):
    assert "--headless" in sentence(webcam("--source", film, "--model", model, DISPLAY=name))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["told to end", "terminal closed"])
def test_ending_it_from_outside_finishes_the_files(project, model, film, tmp_path, number):
    long = tmp_path / "long.mp4"
    write_film(long, list(drawn_frames(3, faces=0)) * 150)
    command = [sys.executable, str(project / "webcam.py"), "--source", str(long), "--model", str(model), "--headless"]
    process = subprocess.Popen([*command, "--save", "out.mp4", "--log", "out.csv"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    wait_until(lambda: any(p.stat().st_size for p in tmp_path.glob(".partial-*.mp4")))
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "frames per second" in out
    frames = len(rows(tmp_path / "out.csv"))
    assert 0 < frames < 450
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == frames
    assert not list(tmp_path.glob(".partial*"))


@pytest.mark.parametrize(("method", "frames"), [("add", 5), ("close", 40)], ids=["in a frame", "in the finish"])
def test_ended_in_the_middle_it_finishes_what_it_does(project, model, film, tmp_path, method, frames):
    """A signal between the row of a frame and its picture left one more row than pictures; one while files are closed, no video."""
    script = f"""
import signal
from emofast.live.command import parser, run
from emofast.live.log import FaceLog

method = FaceLog.{method}
def ended(log, t=None, frame=4, *rest):
    method(log, *([] if t is None else [t, frame, *rest]))
    if frame == 4:
        signal.raise_signal(signal.SIGTERM)

FaceLog.{method} = ended
run(parser("").parse_args())
"""
    flags = ["--source", str(film), "--model", str(model), "--headless", "--save", "out.mp4", "--log", "out.csv"]
    env = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run([sys.executable, "-c", script, *flags], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "stopped." in done.stdout, done.stderr
    assert len({r["frame"] for r in rows(tmp_path / "out.csv")}) == frames
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == frames


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_full_disk_keeps_what_was_written(project, model, tmp_path):
    """A limit on the size of files stands for the disk. The film is full first; log and the film so far are kept, and it plays."""
    grain = np.random.default_rng(0).integers(0, 256, (200, 120, 160, 3), np.uint8)
    write_film(tmp_path / "grain.mp4", grain)
    script = """
import resource, signal, sys
sys.path.insert(0, sys.argv.pop(1))
import webcam
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
sys.exit(webcam.main())
"""
    flags = ["--source", "grain.mp4", "--model", model, "--headless", "--save", "out.mp4", "--log", "out.csv"]
    for limit in (400_000, 9_000):  # the second is too little for the log as well
        command = [sys.executable, "-c", script, str(project), str(limit), *map(str, flags)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        line = sentence(done)
        assert "File too large" in line and "what was written until then is kept" in line
        log = (tmp_path / "out.csv").read_text()
        assert log.startswith("t,frame,face") and len(log) > 100
        if limit == 400_000:
            assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[0]
        assert not list(tmp_path.glob(".partial*"))
        for name in ("out.mp4", "out.csv"):
            (tmp_path / name).unlink(missing_ok=True)


def test_a_film_of_one_pixel_is_written_large_enough_to_see(webcam, model, tmp_path):
    cv2.imwrite(str(tmp_path / "dot.png"), np.full((1, 1, 3), 90, np.uint8))
    done = webcam("--source", "dot.png", "--model", model, "--headless", "--save", "out.mp4")
    assert done.returncode == 0, done.stderr
    assert cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1].shape[0] == 640


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_sees_the_film(webcam, model, film, tmp_path, detector):
    done = webcam("--source", film, "--model", model, "--headless", "--detector", detector, "--log", "out.csv", "--max-frames", 12)
    assert done.returncode == 0 and {r["face"] for r in rows(tmp_path / "out.csv")} == {"1"}, done.stderr


def test_cameras_are_listed_without_a_model(webcam):
    done = webcam("--list-cameras")
    assert done.returncode == 0 and done.stdout.strip()


# The window


class Session:
    """webcam.py in a window of the virtual display, with a keyboard."""

    def __init__(self, project, folder, display, *arguments):
        self.folder, self.env = folder, {**os.environ, "DISPLAY": display}
        command = [sys.executable, str(project / "webcam.py"), *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=folder, env=self.env, **pipes)
        self.window = ""

    def appear(self):
        self.window = wait_until(lambda: self.tool("search", "--name", "^emofast$"))

    def tool(self, *arguments) -> str:
        return subprocess.run(["xdotool", *arguments], env=self.env, capture_output=True, text=True).stdout.strip()

    def press(self, key):
        """xdotool lends a spare code to a letter that the keyboard does not have, and takes it back after the delay (ms)."""
        self.tool("windowfocus", self.window)
        self.tool("key", "--delay", "300", "--window", self.window, key)

    def snapshot(self):
        """Press s until there is a new picture; a window that has only just appeared, or is busy, may miss a key."""
        before = set(self.folder.glob("emofast-*.png"))
        for _ in range(15):
            self.press("s")
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline:
                if new := sorted(set(self.folder.glob("emofast-*.png")) - before):
                    return cv2.imread(str(new[0]))
                time.sleep(0.05)
        raise AssertionError("no snapshot")

    def toggle(self, key, seen):
        """Press `key` until a snapshot shows what `seen` looks for; that snapshot."""
        for _ in range(5):
            self.press(key)
            time.sleep(0.3)  # of two keys that come while a frame is worked on OpenCV keeps the second
            picture = self.snapshot()
            if seen(picture):
                return picture
        raise AssertionError(f"{key} does not do what it should")

    def leave(self, key="q"):
        for _ in range(10):
            self.press(key)
            with suppress(subprocess.TimeoutExpired):
                out, err = self.process.communicate(timeout=6)
                break
        else:
            raise AssertionError(f"{key} does not end it")
        assert self.process.returncode == 0, err
        assert not err.strip(), "nothing but the view itself speaks"
        return out


@pytest.fixture
def session(project, tmp_path, display):
    """`session(*arguments)`: webcam.py in a window; gone when the test is over, however it ends."""
    started = []

    def start(*arguments) -> Session:
        started.append(Session(project, tmp_path, display, *arguments))
        started[-1].appear()
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


@pytest.fixture
def still(tmp_path, film):
    """Five minutes of one frame: whatever changes on it is drawn."""
    import av

    _, image = cv2.VideoCapture(str(film)).read()
    path = tmp_path / "still.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=2)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for _ in range(600):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def differ(a, b, where=(slice(40, None), slice(None))) -> float:
    """Share of clearly different pixels, below the signs of the top edge."""
    return float((cv2.absdiff(a[where], b[where]).max(2) > 40).mean())


def test_window_and_keys(session, model, still, tmp_path):
    session = session("--source", still, "--model", model)
    plain = session.snapshot()
    assert plain.shape[0] == 480 and plain.shape[1] > 640
    session.toggle("h", lambda p: differ(plain, p) > 0.05)
    session.toggle("h", lambda p: differ(plain, p) < 0.03)
    names = (slice(40, 480), slice(640, None))
    session.toggle("l", lambda p: differ(plain, p, names) > 0.01)
    session.toggle("l", lambda p: differ(plain, p, names) < 0.001)
    # the wall is even: what moves is the person
    middle = (slice(40, 300), slice(200, 440))
    session.toggle("m", lambda p: differ(plain[:, 639::-1], p, middle) < differ(plain, p, middle))
    session.toggle("r", lambda p: count(p, (235, 64, 64)) > 10)
    time.sleep(1)
    session.toggle("r", lambda p: count(p, (235, 64, 64)) == 0)
    out = session.leave("Escape")
    clips = list(tmp_path.glob("emofast-*.mp4"))
    assert clips
    for clip in clips:
        assert cv2.VideoCapture(str(clip)).read()[0], "the recording plays"
    assert "frames per second" in out and "show" in out


def count(picture, colour) -> int:
    """Pixels of that colour along the top, where the signs are."""
    return int((abs(picture[:40].astype(int) - colour[::-1]).max(2) < 25).sum())


def test_pause_holds_the_film_and_a_russian_keyboard_ends_it(session, model, film, tmp_path):
    long = tmp_path / "long.mp4"
    frames = [cv2.resize(f.image, (480, 360)) for f in iter(open_source(str(film)).read, None)]
    write_film(long, frames * 8, rate=10)
    session = session("--source", long, "--model", model, "--lang", "ru")
    first = session.snapshot()
    wait_until(lambda: differ(first, session.snapshot()) > 0.003, 60)  # the film goes on
    session.toggle("space", lambda p: count(p, (52, 104, 192)) > 50)
    time.sleep(2.5)  # the sign that a picture was saved goes after two
    first = session.snapshot()
    assert differ(first, session.snapshot()) == 0
    session.leave("Cyrillic_shorti")


def test_a_picture_that_stands_for_a_minute_keeps_nobody_waiting(session, model, film, tmp_path):
    frames = [f.image for f in iter(open_source(str(film)).read, None)]
    gap = Writer(tmp_path / "gap.mp4", 10)
    for picture, t in zip(frames, (0.0, 60.0, 61.0)):
        gap.add(picture, t)
    gap.close()
    view = session("--source", tmp_path / "gap.mp4", "--model", model)
    view.snapshot()
    view.snapshot()
    view.process.send_signal(signal.SIGINT)
    out, err = view.process.communicate(timeout=10)
    assert view.process.returncode == 0, err
    assert "stopped." in out and re.search(r"\b1 frames?\b", out), "neither a key nor a signal brings the next picture before its time"


def click_the_cross(display: str, window: int) -> None:
    """Ask a window to close, as a window manager does when its cross is clicked; xdotool cannot."""
    x11, pointer, number = ctypes.CDLL("libX11.so.6"), ctypes.c_void_p, ctypes.c_ulong
    x11.XOpenDisplay.restype, x11.XInternAtom.restype = pointer, number
    x11.XInternAtom.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]
    x11.XSendEvent.argtypes = [pointer, number, ctypes.c_int, ctypes.c_long, pointer]
    x11.XCloseDisplay.argtypes = [pointer]

    class ClientMessage(ctypes.Structure):
        _fields_ = [
            ("type", ctypes.c_int), ("serial", number), ("send_event", ctypes.c_int), ("display", pointer), ("window", number),
            ("message", number), ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("room", ctypes.c_long * 24),
        ]  # fmt: skip

    server = x11.XOpenDisplay(display.encode())
    protocols, delete = (x11.XInternAtom(server, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    message = ClientMessage(33, 0, 1, server, window, protocols, 32, (ctypes.c_long * 5)(delete))
    x11.XSendEvent(server, window, 0, 0, ctypes.byref(message))
    x11.XCloseDisplay(server)


def test_the_last_picture_stays_until_a_key(session, model, film):
    session = session("--source", film, "--model", model)
    wait_until(lambda: count(session.snapshot(), (52, 104, 192)) > 50, 60)  # the sign that the film is over
    time.sleep(1)
    assert session.process.poll() is None
    assert "40 frames" in session.leave("space")


def test_closing_the_window_leaves(session, display, model, still):
    session = session("--source", still, "--model", model)
    session.snapshot()
    click_the_cross(display, int(session.window))
    out, err = session.process.communicate(timeout=120)
    assert session.process.returncode == 0 and "frames per second" in out, err


def test_the_example_shows_a_film(display, film, project):
    example = [sys.executable, "examples/webcam_minimal.py", film]
    done = subprocess.run(example, cwd=project, env=os.environ | {"DISPLAY": display}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (ord("q"), "q"),
        (ord("Q"), "q"),
        (27, "q"),
        (32, "space"),
        (0xFF1B, "q"),
        (0x6CA, "q"),
        (0x6EA, "q"),
        (ord("Л"), None),
        (ord("ě"), None),
        (ord("й"), "q"),
        (0x6D9, "s"),
        (-1, None),
        (ord("x"), None),
        (9, None),
    ],
)
def test_keys_on_latin_and_russian_keyboards(code, key):
    assert key_name(code) == key


def test_keys_on_a_russian_windows(monkeypatch):
    monkeypatch.setattr(window.locale, "getencoding", lambda: "cp1251")
    try:
        assert [importlib.reload(window).key_name(b) for b in "йЙыф".encode("cp1251")] == ["q", "q", "s", None]
    finally:
        monkeypatch.undo()
        importlib.reload(window)


@pytest.mark.parametrize(
    ("platform", "visible", "pressed"), [("darwin", 0, None), ("darwin", -1, "q"), ("linux", 0, "q"), ("linux", 1, None)]
)
def test_a_minimised_window_on_macos_is_not_closed(platform, visible, pressed, monkeypatch):
    for name, answer in {"namedWindow": None, "resizeWindow": None, "imshow": None, "waitKeyEx": -1, "getWindowProperty": visible}.items():
        monkeypatch.setattr(cv2, name, lambda *_, answer=answer: answer)
    monkeypatch.setattr(window, "_require_display", lambda: None)
    monkeypatch.setattr(window.sys, "platform", platform)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert window.Window("w").show(np.zeros((4, 4, 3), np.uint8)) == pressed
