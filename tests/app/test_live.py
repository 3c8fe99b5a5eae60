"""The live page in a real Chromium whose camera plays a film: it shows what `webcam.py` shows for that film."""

import asyncio
import csv
import socket
import subprocess
import sys
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import websockets.sync.client as client
from browser import visit
from films import faces
from processes import run_python
from websockets.exceptions import ConnectionClosed, InvalidStatus

CAMERAS = """{ const devices = navigator.mediaDevices, open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (what) => { const stream = await open(what);
    window.silence = () => stream.getTracks().forEach((t) => t.stop());
    window.unplug = () => stream.getTracks().forEach((t) => { t.stop(); t.dispatchEvent(new Event('ended')); });
    return stream; } }"""  # fmt: skip
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


def write_y4m(path: Path, pictures, rate: int) -> Path:
    """RGB pictures as the raw film that Chromium's fake camera plays in a circle."""
    with path.open("wb") as film:
        for k, picture in enumerate(pictures):
            height, width = picture.shape[:2]
            film.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode() if not k else b"")
            film.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


@pytest.fixture(scope="module")
def moods(tmp_path_factory) -> tuple[Path, float]:
    """8 s in which a face is bright for a good two seconds, twice, unevenly; and its length."""
    pictures = (cv2.resize(p, (640, 480)) for p in faces(8, happy=(1.6, 5.0), seed=4))
    return write_y4m(tmp_path_factory.mktemp("camera") / "moods.y4m", pictures, 10), 8.0


def course(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """(seconds, label) of the largest face of every instant of a log; "no face" where there is none."""
    shown: dict[float, tuple[int, str]] = {}
    for row in rows:
        t, size = float(row["t"]), int(row["w"] or 0)
        if size >= shown.get(t, (-1, ""))[0]:
            shown[t] = size, row["shown"] if row["face"] else "no face"
    return np.array(list(shown)), np.array([label for _, label in shown.values()])


def same_course(page: list[dict], film: list[dict], length: float) -> float:
    """Share of the time in which both say the same, at the best phase: the camera plays in a circle and began somewhere."""
    t, label = course(page)
    ft, flabel = course(film)
    phases = [np.searchsorted(ft, (t + shift) % length, "right").clip(1) - 1 for shift in np.arange(0, length, 0.04)]
    return max(float((flabel[at] == label).mean()) for at in phases)


def log_of_webcam(film: Path, model: Path, out: Path) -> list[dict]:
    done = run_python("webcam.py", "--source", film, "--headless", "--log", out, "--model", model)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(out.open()))


def compare(serve, folder: Path, film: Path, length: float, model: Path, *flags: str) -> float:
    expected = log_of_webcam(film, model, folder / "webcam.csv")
    _, url = serve("--model", model)
    saved = folder / "saved"
    facts, first = {}, []

    async def what(page):
        await page.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(saved))
        await page.value(CAMERAS)
        await page.click("nav a[href='/live']")
        await page.wait("document.querySelector('.stage canvas').dataset.label > ''")
        await page.click(".row button:last-child")
        await page.wait("document.querySelector('[aria-pressed=true]:last-child')")
        await asyncio.sleep(1.5 * length)
        facts.update(await page.value("({...document.querySelector('.stage canvas').dataset})"))
        await page.click(".row button:last-child")
        await page.wait("document.querySelector('.row button:last-child').ariaPressed == 'false'")
        while not list(saved.glob("*.csv")):
            await asyncio.sleep(0.1)
        first.append(next(saved.glob("*.csv")))

        async def more(how: str) -> None:
            """A log that is ended in a way of its own is saved too."""
            n = len(list(saved.glob("*.csv")))
            await page.wait("document.querySelector('[aria-pressed=true]:last-child')", 20)
            await asyncio.sleep(1.2)  # a name is a second
            await page.value(how)
            await page.wait("document.querySelector('.row button:last-child').ariaPressed == 'false'", 20)
            for _ in range(100):
                if len(list(saved.glob("*.csv"))) > n:
                    return
                await asyncio.sleep(0.1)
            raise AssertionError(f"the log is lost by {how}")

        log = "document.querySelector('.row button:last-child').click()"
        await page.value(log)
        await more("document.querySelector('#lang').click()")
        await page.wait("document.querySelector('.stage canvas')?.dataset.label > ''", 20)
        await page.value(f"{log}; unplug()")
        await more(log)
        for gone in ("unplug()", "silence()"):  # the device goes, or the system takes it away without a word
            await page.goto(url.replace("/?", "/live?"))
            await page.value(CAMERAS)
            await page.click("#lang")
            await page.wait("document.querySelector('.stage canvas')?.dataset.label.length > 1", 20)
            await page.value(gone)
            await page.wait("/camera is gone|Камера пропала/.test(document.querySelector('.sign').textContent)", 20)
            await asyncio.sleep(1)
            assert await page.value("document.querySelector('.now').textContent") == "–", "nobody has an emotion now"
            assert await page.value("/camera is gone|Камера пропала/.test(document.querySelector('.sign').textContent)")
        assert await page.value("location.search") == "", "the token does not stay in the address"
        assert any(u.startswith("ws://127.0.0.1") for u in page.asked)

    visit(url, folder / "profile", what, *CAMERA, f"--use-file-for-fake-video-capture={film}")
    rows = list(csv.DictReader(first[0].open()))
    assert list(rows[0]) == list(expected[0]), "the page's log is webcam.py's log"
    print({k: facts[k] for k in ("fps", "p95")})
    return same_course(rows, expected, length)


def test_the_page_says_what_webcam_py_says(serve, tmp_path, moods, model):
    film, length = moods
    assert compare(serve, tmp_path, film, length, model) >= 0.93


@pytest.mark.slow
@pytest.mark.shared
def test_it_does_so_for_a_real_face(serve, tmp_path, shared, project):
    with av.open(str(shared / "media" / "head-pose-face-detection-male.gif")) as gif:
        pictures = [cv2.resize(f.to_ndarray(format="rgb24"), (640, 480)) for f in gif.decode(video=0)]
    film = write_y4m(tmp_path / "man.y4m", pictures, 10)
    model = project / "artifacts" / "emofast.onnx"
    assert compare(serve, tmp_path, film, len(pictures) / 10, model) >= 0.9


def test_a_camera_that_is_missing_or_refused_and_a_server_that_goes(serve, tmp_path, model):
    with socket.socket() as free:  # the default port may be another test's by the time the second server asks for it
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process, url = serve("--model", model, port=port)

    async def what(page):
        await page.value("localStorage.setItem('lang', 'en')")
        await page.goto(url.replace("/?", "/live?"))
        await page.wait("document.querySelector('.sign').textContent.includes('No camera was found')")
        asked = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=asked)
        await page.goto(url.replace("/?", "/live?"))
        await page.wait("document.querySelector('.sign').textContent.includes('camera was refused')")
        process.terminate()
        process.wait(90)
        await page.wait("document.querySelector('.sign').textContent.includes('reconnects by itself')")
        await page.click("#lang")
        await page.wait("document.querySelector('.sign').textContent.includes('страница подключится сама')")

    visit(url, tmp_path / "profile", what)
    _, second = serve("--model", model, port=port)
    assert second == url, "an open page finds the restarted server by its token"


def test_hostile_frames_and_strangers_at_the_socket(serve, model):
    _, url = serve("--model", model)
    host, token = url.split("/")[2], url.partition("token=")[2]
    address, right = f"ws://{host}/api/live", {"Authorization": f"Bearer {token}"}
    for headers, origin in (({}, None), ({"Authorization": "Bearer x"}, None), (right, "http://evil.example")):
        with pytest.raises(InvalidStatus):
            client.connect(address, additional_headers=headers, origin=origin)
    rng = np.random.default_rng(0)
    good = cv2.imencode(".jpg", np.full((120, 160, 3), 90, np.uint8))[1].tobytes()
    with client.connect(address, additional_headers=right) as link:
        for k in range(200):
            frame = bytearray(rng.bytes(8) + good)
            if k % 2:
                frame[8:] = rng.bytes(int(rng.integers(0, 400)))
            else:
                for at in rng.integers(8, len(frame), 1 + k // 8):
                    frame[at] = int(rng.integers(256))
            link.send(bytes(frame) if k % 20 else "what?")
            assert link.recv(timeout=20)
        link.send(np.float64(1e3).tobytes() + good)
        assert '"faces": []' in link.recv(timeout=20), "it still answers"
        with pytest.raises(ConnectionClosed):
            link.send(bytes(5 << 20))
            link.recv(timeout=20)


def test_ctrl_c_ends_the_server(project, model):
    command = [sys.executable, "-m", "emofast", "app", "--no-browser", "--model", str(model)]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(2)
    out, _ = process.communicate(timeout=90)
    assert process.returncode == 0 and "Traceback" not in out
