"""Films of every kind, streams that break, cameras that are not there."""

import http.server
import threading
import time
from functools import partial
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

import emofast.live.sources as sources
from emofast.errors import EmofastError
from emofast.live import open_source
from emofast.live.sources import _why_not, as_bgr, without_password


def read_all(path):
    source, frames = open_source(str(path)), []
    while frame := source.read():
        frames.append(frame)
    assert not source.live
    source.close()
    return source, frames


def test_film_gives_every_frame_at_its_time(film):
    source, frames = read_all(film)
    assert len(frames) == 40 and source.fps == pytest.approx(25)
    assert all(f.image.shape == (480, 640, 3) and f.image.dtype == np.uint8 for f in frames)
    np.testing.assert_allclose([f.t for f in frames], np.arange(40) / 25, atol=1e-3)


def write_film(path, frames, codec="libx264", pix_fmt="yuv420p", source_format="bgr24", rotation=0, tenths=None):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if rotation:
            stream.set_display_rotation(rotation)
        for k, f in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(f, format=source_format)
            picture.pts = k if tenths is None else tenths[k]
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def test_a_film_of_uneven_rate_says_how_long_each_frame_stands(tmp_path):
    tenths = [0, 1, 2, 10, 30]
    write_film(tmp_path / "f.mp4", [np.full((64, 64, 3), 40 * k, np.uint8) for k in range(5)], tenths=tenths)
    source, stands = open_source(str(tmp_path / "f.mp4")), []
    while frame := source.read():
        stands.append((frame.t, source.until))
    assert stands[-1][1] is None
    np.testing.assert_allclose(stands[:-1], list(pairwise(np.array(tenths) / 10)), atol=2e-3)


def test_phone_film_is_turned_upright(tmp_path):
    lying = np.zeros((120, 200, 3), np.uint8)
    lying[:, :40] = (0, 0, 255)  # red at the left edge
    _, frames = read_all(write_film(tmp_path / "phone.mp4", [lying] * 5, rotation=90))
    assert frames[0].image.shape == (200, 120, 3)
    red_rows = np.flatnonzero(frames[0].image[..., 2].mean(1) > 128)
    assert len(red_rows) == pytest.approx(40, abs=4), "the red edge now lies across"


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "given"),
    [("grey.mkv", "ffv1", "gray", "gray"), ("deep.mkv", "ffv1", "gray16le", "gray16le"), ("alpha.mkv", "ffv1", "bgra", "bgra")],
)
def test_grey_deep_and_transparent_films(tmp_path, name, codec, pix_fmt, given):
    shape = (96, 128, 4) if given == "bgra" else (96, 128)
    dtype, value = (np.uint16, 200 << 8) if given == "gray16le" else (np.uint8, 200)
    _, frames = read_all(write_film(tmp_path / name, [np.full(shape, value, dtype)] * 3, codec, pix_fmt, given))
    assert len(frames) == 3
    assert frames[0].image.shape == (96, 128, 3) and abs(int(frames[0].image.mean()) - 200) <= 2


def test_any_array_as_bgr():
    grey = np.full((4, 5), 200, np.uint8)
    for kind in (grey, grey[..., None], np.dstack([grey] * 3), np.dstack([grey] * 4), grey.astype(np.uint16) << 8):
        image = as_bgr(kind)
        assert image.shape == (4, 5, 3) and image.dtype == np.uint8 and (image == 200).all()


def test_a_photograph_is_a_film_of_one_frame(tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), np.full((50, 60, 3), 90, np.uint8))
    _, frames = read_all(tmp_path / "photo.png")
    assert len(frames) == 1


@pytest.mark.parametrize("content", [b"", b"this is no film", "cut"])
def test_film_without_frames_is_one_sentence(tmp_path, content, film):
    path = tmp_path / "broken.mp4"
    path.write_bytes(film.read_bytes()[:2000] if content == "cut" else content)
    with pytest.raises(EmofastError, match=r"broken\.mp4 (holds no frame|cannot be read as a film)"):
        open_source(str(path))


def test_missing_film_camera_and_stream(monkeypatch):
    with pytest.raises(EmofastError, match=r"there is no video gone\.mp4"):
        open_source("gone.mp4")
    for number in ("93", "256"):
        with pytest.raises(EmofastError, match=f"there is no camera {number}"):
            open_source(number)
    monkeypatch.setattr(sources, "STALL", 0.5)
    with pytest.raises(EmofastError, match=r"the stream http://127\.0\.0\.1:9/x gives no picture"):
        open_source("http://127.0.0.1:9/x")


@pytest.mark.parametrize("name", ["4294967296", "99999999999999999999", "²"])
def test_a_number_that_no_camera_can_have_is_a_file_name(name):
    with pytest.raises(EmofastError, match=f"there is no video {name}; give --source a file, a camera number or"):
        open_source(name)


def test_passwords_of_streams_are_not_shown(monkeypatch):
    assert without_password("rtsp://bob:p@ss:w@10.0.0.5:554/h264?channel=1") == "rtsp://***@10.0.0.5:554/h264?channel=1"
    assert without_password("http://cam/x.cgi?user=bob&pwd=123&rate=5") == "http://cam/x.cgi?user=***&pwd=***&rate=5"
    assert without_password("rtsp://cam/live") == "rtsp://cam/live"
    monkeypatch.setattr(sources, "STALL", 0.5)
    with pytest.raises(EmofastError) as refused:
        open_source("rtsp://bob:secret@127.0.0.1:9/x")
    assert "secret" not in str(refused.value) and "bob" not in str(refused.value)


class Driver:
    """A camera whose first `frames` pictures come, and whose driver then hangs."""

    def __init__(self, frames):
        self.frames, self.asked = frames, {}

    def isOpened(self):
        return True

    def set(self, what, value):
        self.asked[what] = value

    def get(self, what):
        return {cv2.CAP_PROP_FPS: 25.0}.get(what, 0.0)

    def read(self):
        self.frames -= 1
        if self.frames < 0:
            time.sleep(3600)
        return True, np.zeros((48, 64, 3), np.uint8)

    def release(self):
        pass


def test_a_camera_is_asked_for_size_rate_and_mjpg(monkeypatch):
    driver = Driver(5)
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: driver)
    monkeypatch.setattr(sources, "STALL", 0.2)
    source = open_source("0")
    assert source.size == (64, 48) and source.fps == 25
    assert driver.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280 and driver.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert driver.asked[cv2.CAP_PROP_FOURCC] == cv2.VideoWriter.fourcc(*"MJPG")
    assert wait_for(lambda: source.read() is None and source.lost), "a driver that hangs is a camera that is lost"
    source.close()


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_on_macos_the_camera_is_opened_where_the_system_may_ask_for_it(platform, monkeypatch):
    driver, threads = Driver(5), []
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: threads.append(threading.current_thread().name) or driver)
    monkeypatch.setattr(sources.sys, "platform", platform)
    source = open_source("0")
    assert source.read().image.shape == (48, 64, 3)
    source.close()
    assert threads == ["MainThread" if platform == "darwin" else "camera"]


def test_a_camera_that_never_gives_a_picture_does_not_hang_the_program(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: Driver(0))
    monkeypatch.setattr(sources, "FIRST", 0.3)
    with pytest.raises(EmofastError, match="camera 0"):
        open_source("0")


@pytest.mark.skipif(not sources.sys.platform.startswith("linux"), reason="device files are Linux's")
def test_why_a_camera_gives_nothing(tmp_path, monkeypatch):
    assert "no camera 0" in _why_not(0, tmp_path) and "not plugged in" in _why_not(0, tmp_path)
    (tmp_path / "video2").touch()
    assert "cameras here: 2" in _why_not(0, tmp_path)
    assert "another program" in _why_not(2, tmp_path)
    monkeypatch.setattr(sources.os, "access", lambda *_: False)
    assert "usermod -aG video" in _why_not(2, tmp_path)


class Stream:
    """A web camera on this machine: MJPEG over HTTP, switched on and off at will."""

    def __init__(self):
        self.port = self._server = None

    def on(self):
        stream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=x")
                self.end_headers()
                jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 128, np.uint8))[1].tobytes()
                while stream.sending:
                    try:
                        self.wfile.write(b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg))
                    except OSError:
                        return
                    time.sleep(0.03)

            def log_message(self, *_):
                pass

        self.sending = True
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port or 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def off(self):
        self.sending = False
        self._server.shutdown()
        self._server.server_close()


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return result


def test_a_film_behind_an_address_is_no_stream(tmp_path):
    frames = [np.full((48, 64, 3), 40 * k, np.uint8) for k in range(5)]
    write_film(tmp_path / "film.mp4", frames)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(EmofastError, match=r"film\.mp4 is a film and no stream: download it"):
            open_source(f"http://127.0.0.1:{server.server_port}/film.mp4")
        server.shutdown()


def test_lost_stream_is_told_waited_for_and_taken_up_again(monkeypatch, capsys):
    monkeypatch.setattr(sources, "RETRY", 0.1)
    monkeypatch.setattr(sources, "STALL", 2.0)
    stream = Stream()
    stream.on()
    source = open_source(f"http://127.0.0.1:{stream.port}/camera.mjpg")
    try:
        assert source.live and source.size == (64, 48)
        assert wait_for(source.read), "the stream runs"
        stream.off()
        assert wait_for(lambda: source.lost), "the loss is noticed"
        while source.read():  # what was still under way
            pass
        assert source.read() is None, "lost is not over"
        stream.on()
        frame = wait_for(source.read)
        assert frame is not None and not source.lost, "it is back"
    finally:
        source.close()
        stream.off()
    out = capsys.readouterr()
    assert "waiting for it to come back" in out.err and "is back" in out.out
