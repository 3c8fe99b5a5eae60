"""Where frames come from: a video file read frame by frame, or a camera or stream of which only the newest frame counts."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emofast.console import console, warn
from emofast.errors import EmofastError

__all__ = ["Frame", "LiveSource", "VideoFile", "as_bgr", "open_source"]

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # its complaints are told in one sentence of ours

RETRY = 0.5  # s between attempts to get a lost camera back
STALL = 3.0  # s without a frame after which a camera counts as lost


@dataclass(frozen=True)
class Frame:
    """One picture, uint8 BGR [h, w, 3], and its time in seconds on the source's own clock."""

    image: np.ndarray
    t: float


def open_source(source: str) -> VideoFile | LiveSource:
    """A camera number, a stream's URL, or the path of a video. Raises `EmofastError` where there is nothing to see, saying why."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if source.isdigit():
        return LiveSource(int(source))
    if "://" in source:
        return LiveSource(source)
    return VideoFile(Path(source))


def as_bgr(image: np.ndarray) -> np.ndarray:
    """A frame of any kind (grey, BGR, BGRA; 8 or 16 bits) as uint8 BGR [h, w, 3]."""
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2 or image.shape[2] == 1:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return cv2.cvtColor(image, cv2.COLOR_BGRA2BGR) if image.shape[2] == 4 else image


class VideoFile:
    """A film: every frame once, at its own time. A phone's rotation mark is obeyed."""

    live = False
    lost = False

    def __init__(self, path: Path):
        if not path.is_file():
            raise EmofastError(f"there is no video {path}; give --source a file, a camera number or a stream's URL")
        self.name = path.name
        self._capture = cv2.VideoCapture(str(path))
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = rate if 1 <= rate <= 1000 else 25.0
        self._index = -1
        self._t = -1 / self.fps
        self._first = self._decode()
        if self._first is None:
            raise EmofastError(f"{path} holds no frame that can be read; it is empty, damaged or no video")
        self.size = _size(self._first.image)

    def read(self) -> Frame | None:
        """The next frame; None at the end."""
        frame, self._first = self._first or self._decode(), None
        return frame

    @property
    def ended(self) -> bool:
        """A film that gives no frame has ended."""
        return True

    def _decode(self) -> Frame | None:
        ok, image = self._capture.read()
        if not ok:
            return None
        self._index += 1
        t = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        # containers without time stamps (gif, raw streams) stand still or jump back: there the frame rate is the clock
        self._t = t if t > self._t else self._t + 1 / self.fps
        return Frame(as_bgr(image), self._t)

    def close(self) -> None:
        """Let go of the file."""
        self._capture.release()


class LiveSource:
    """A camera or a stream, read in a thread of its own, so that what is shown is never older than the newest frame.

    When it stops giving frames it is `lost`: that is told, and it is opened again and again until it is back.
    """

    live = True
    ended = False
    fps = 30.0

    def __init__(self, device: int | str):
        self.device = device
        self.name = f"camera {device}" if isinstance(device, int) else device
        self.lost = False
        self._new = threading.Condition()
        self._frame: Frame | None = None
        self._closing = threading.Event()
        self._start = time.perf_counter()
        capture = self._open()
        ok, image = capture.read() if capture.isOpened() else (False, None)
        if not ok:
            capture.release()
            raise EmofastError(_why_not(device))
        self._put(image)
        self.size = _size(image)
        self._thread = threading.Thread(target=self._run, args=(capture,), name="camera", daemon=True)
        self._thread.start()

    def read(self, timeout: float = 0.1) -> Frame | None:
        """The newest frame not yet given; None if there is none within `timeout` seconds."""
        with self._new:
            self._new.wait_for(lambda: self._frame is not None, timeout)
            frame, self._frame = self._frame, None
            return frame

    def close(self) -> None:
        """Let go of the camera."""
        self._closing.set()
        self._thread.join(timeout=STALL)

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self.device, int):
            return cv2.VideoCapture(self.device)
        wait = int(STALL * 1000)
        return cv2.VideoCapture(self.device, cv2.CAP_FFMPEG, [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait])

    def _put(self, image: np.ndarray) -> None:
        with self._new:
            self._frame = Frame(as_bgr(image), time.perf_counter() - self._start)
            self._new.notify()

    def _run(self, capture: cv2.VideoCapture) -> None:
        while not self._closing.is_set():
            ok, image = capture.read()
            if ok:
                if self.lost:
                    self.lost = False
                    console.print(f"{self.name} is back.")
                self._put(image)
                continue
            if not self.lost and not self._closing.is_set():
                self.lost = True
                warn(f"{self.name} gives no more pictures; waiting for it to come back (q or Ctrl-C ends).")
            capture.release()
            self._closing.wait(RETRY)
            capture = self._open()
        capture.release()


def _size(image: np.ndarray) -> tuple[int, int]:
    """(width, height)."""
    return image.shape[1], image.shape[0]


def _why_not(device: int | str, folder: Path = Path("/dev")) -> str:
    """One sentence why a camera or stream gave no picture, with the way out."""
    if isinstance(device, str):
        return f"the stream {device} gives no picture; check the address and that it is being sent"
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
