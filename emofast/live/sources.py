"""Where frames come from: a video file read frame by frame, or a camera or stream of which only the newest frame counts."""

import os
import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emofast.console import console, warn
from emofast.errors import EmofastError
from emofast.faces import to_channels
from emofast.film import Reader

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # its complaints are told in one sentence of ours

RETRY = 0.5  # s between attempts to get a lost camera back
STALL = 3.0  # s without a frame after which a camera or stream counts as lost
FIRST = 15.0  # s until the first frame; some cameras take ten to wake up
SIZE = 1280, 720  # px: asked of a camera, which may give others; almost all give it 30 times a second
BACKENDS = {"linux": cv2.CAP_V4L2, "darwin": cv2.CAP_AVFOUNDATION, "win32": cv2.CAP_DSHOW}  # what starts fastest where


@dataclass(frozen=True)
class Frame:
    """One picture, uint8 BGR [h, w, 3], and its time in seconds on the source's own clock."""

    image: np.ndarray
    t: float


def open_source(source: str) -> "VideoFile | LiveSource":
    """A camera number, a stream's URL, or the path of a video.

    Raises `EmofastError` where there is nothing to see, saying why.
    """
    if re.fullmatch("[0-9]{1,3}", source):
        return LiveSource(int(source))
    if "://" in source:
        return LiveSource(source)
    return VideoFile(Path(source))


def cameras() -> list[str]:
    """The cameras of this computer that give a picture, each as its number, its name where the system tells it, and the size it gives."""
    numbers = sorted(int(p.name[5:]) for p in Path("/dev").glob("video[0-9]*")) if sys.platform == "linux" else range(5)
    found = []
    for number in numbers:
        try:
            camera = LiveSource(number)
        except EmofastError:
            continue
        camera.close()
        name = Path(f"/sys/class/video4linux/video{number}/name")
        label = f" {name.read_text(errors='replace').strip()}," if name.is_file() else ""
        found.append(f"{number}:{label} {camera.size[0]}x{camera.size[1]} at {camera.fps:.0f} frames/s")
    return found


def without_password(url: str) -> str:
    """An address fit to be shown: user, password, and what a query may hold as a key are replaced by stars."""
    url = re.sub(r"(?<=://)[^/?#]*@", "***@", url)
    return re.sub(r"(?i)\b(\w*(?:pass|pwd|token|key|secret|auth|user)\w*=)[^&#]*", r"\1***", url)


def as_bgr(image: np.ndarray) -> np.ndarray:
    """A frame of any kind (grey, BGR, BGRA; 8 or 16 bits) as uint8 BGR [h, w, 3]."""
    usual = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    return image if usual else cv2.cvtColor(to_channels(image, channels=3), cv2.COLOR_RGB2BGR)


class VideoFile:
    """A film: every frame once, at its own time. A phone's rotation mark is obeyed; what is damaged is skipped, counted and told."""

    live = False
    lost = False

    def __init__(self, path: Path):
        if not path.is_file():
            raise EmofastError(f"there is no video {path}; give --source a file, a camera number or a stream's URL")
        self.name = path.name
        self._reader = Reader(path, threads=os.cpu_count() or 1)
        self._pictures = iter(self._reader)
        self._next = self._decode()
        if self._next is None:
            raise EmofastError(f"{path} holds no frame that can be read; it is empty, damaged or no video")
        self.fps = self._reader.rate if 1 <= self._reader.rate <= 1000 else 25.0

    def read(self) -> Frame | None:
        """The next frame; None at the end."""
        frame = self._next
        self._next = frame and self._decode()
        return frame

    @property
    def until(self) -> float | None:
        """When the frame that was read last gives way to another, on the film's clock; of the last one nobody knows."""
        return self._next and self._next.t

    def _decode(self) -> Frame | None:
        return next((Frame(image, t) for t, image, _ in self._pictures), None)

    def close(self) -> None:
        self._pictures.close()
        if self._reader.damaged:
            warn(f"{self.name} is damaged: {self._reader.damaged} pieces of it could not be read and were skipped.")


class LiveSource:
    """A camera or a stream, read in a thread of its own, so that what is shown is never older than the newest frame.

    When it stops giving frames it is `lost`: that is told, and it is opened again and again until it is back. `fps` is what it promises.
    """

    live = True

    def __init__(self, device: int | str):
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        self.device = device
        self.name = f"camera {device}" if isinstance(device, int) else without_password(device)
        self.lost, self.is_film, self.fps, self.size = False, False, 30.0, None
        self._new = threading.Condition()
        self._frame: Frame | None = None
        self._closing = threading.Event()
        self._start = self._last = time.perf_counter()
        asks = sys.platform == "darwin" and isinstance(device, int)  # macOS asks for its permission in the main thread alone
        self._thread = threading.Thread(target=self._run, args=(self._open() if asks else None,), name="camera", daemon=True)
        self._thread.start()
        with self._new:
            self._new.wait_for(lambda: self.size or not self._thread.is_alive() or self._closing.is_set(), FIRST)
        if self.size is None:
            self._closing.set()  # a thread that hangs in the driver ends with the program
            film = f"{self.name} is a film and no stream: download it, and give --source the file"
            raise EmofastError(film if self.is_film else _why_not(device))

    def read(self, timeout: float = 0.1) -> Frame | None:
        """The newest frame not yet given; None if there is none within `timeout` seconds."""
        with self._new:
            self._new.wait_for(lambda: self._frame is not None, timeout)
            frame, self._frame = self._frame, None
        if frame is None and time.perf_counter() - self._last > STALL:
            self._lose()  # a driver that hangs gives neither frame nor failure
        return frame

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=STALL)

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self.device, str):
            wait = int(STALL * 1000)
            waits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait]
            return cv2.VideoCapture(self.device, cv2.CAP_FFMPEG, waits)
        capture = cv2.VideoCapture(self.device, BACKENDS.get(sys.platform, cv2.CAP_ANY))
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # first: uncompressed, USB carries no more than 640 x 480 at 30
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, SIZE[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, SIZE[1])
        capture.set(cv2.CAP_PROP_FPS, 30)
        return capture

    def _put(self, image: np.ndarray) -> None:
        with self._new:
            self._last = time.perf_counter()
            self._frame, self.size = Frame(as_bgr(image), self._last - self._start), self.size or image.shape[1::-1]
            self._new.notify()

    def _lose(self) -> None:
        if not self.lost and not self._closing.is_set():
            self.lost = True
            warn(f"{self.name} gives no more pictures; waiting for it to come back (q or Ctrl-C ends).")

    def _run(self, opened: cv2.VideoCapture | None) -> None:
        """Read until told to close; end at once where the very first picture does not come."""
        capture = opened or self._open()
        if isinstance(self.device, str) and capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0:  # a camera does not know how many will come
            self.is_film = True
            self._closing.set()
        if 1 <= (rate := capture.get(cv2.CAP_PROP_FPS)) <= 240:
            self.fps = rate
        while not self._closing.is_set():
            ok, image = capture.read()
            if ok:
                if self.lost:
                    self.lost = False
                    console.print(f"{self.name} is back.")
                self._put(image)
                continue
            if self.size is None:
                self._closing.set()
                break
            self._lose()
            capture.release()
            self._closing.wait(RETRY)
            capture = self._open()
        capture.release()
        with self._new:
            self._new.notify()


def _why_not(device: int | str, folder: Path = Path("/dev")) -> str:
    """One sentence why a camera or stream gave no picture, with the way out."""
    if isinstance(device, str):
        return f"the stream {without_password(device)} gives no picture; check the address and that it is being sent"
    advice = "or give --source a video file"
    if sys.platform == "linux":
        node = folder / f"video{device}"
        if not node.exists():
            others = sorted(p.name.removeprefix("video") for p in folder.glob("video*"))
            found = f"cameras here: {', '.join(others)}" if others else "this computer has no camera, or it is not plugged in"
            return f"there is no camera {device} ({found}); choose one with --source N {advice}"
        if not os.access(node, os.R_OK | os.W_OK):
            return f"camera {device} may not be used by this account: sudo usermod -aG video $USER, log in again, {advice}"
    return (
        f"camera {device} gives no picture: another program uses it or it needs permission; close that program, allow the camera, {advice}"
    )
