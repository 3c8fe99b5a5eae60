"""The live view: frames in, annotated frames out, keys obeyed, until the film ends or the person leaves."""

import signal
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from emofast.console import console
from emofast.errors import EmofastError
from emofast.film import Writer
from emofast.live.log import FaceLog
from emofast.live.overlay import Status, draw, drawing_scale
from emofast.live.pipeline import Pipeline, Seen
from emofast.live.smoothing import FaceView
from emofast.live.sources import Frame, LiveSource, VideoFile
from emofast.live.summary import Summary
from emofast.live.texts import ENGLISH, LANGUAGES, RUSSIAN
from emofast.live.window import Window
from emofast.paths import atomic_write
from emofast.recognition import Box

TOAST = 2.0  # s that a message stays on screen


class LiveView:
    """One session. `run` returns when it is over; everything that was asked for is then written, and `summary` holds the counts."""

    def __init__(
        self, source: VideoFile | LiveSource, pipeline: Pipeline, window: Window | None = None, lang: str = "en",
        save: Path | None = None, log: Path | None = None, max_frames: int | None = None, started: float | None = None,
    ):  # fmt: skip
        self.source, self.pipeline, self.window, self.stages = source, pipeline, window, pipeline.stages
        self.texts, self.max_frames = LANGUAGES[lang], max_frames
        self.mirror = isinstance(getattr(source, "device", None), int)  # a person expects a mirror, a film none
        self.paused = self.over = self.help = self.quit = False
        self.summary = Summary(self.stages, pipeline.detector.name, started)
        self._save = Writer(save, source.fps) if save else None  # which refuses a wrong name before anything is made
        self._log = FaceLog(log) if log else None
        self._record: Writer | None = None
        self._message, self._message_until = None, 0.0
        self._frame: Frame | None = None
        self._seen = Seen([], np.empty((0, 9)), np.empty((0, 2)))
        self._fps, self._ticked = None, None
        self._lead: float | None = None  # of the wall clock over the film's
        self._told = False  # to leave, by a signal

    def run(self) -> Summary:
        """Show until the end; Ctrl-C is a way to leave like any other: log and video are finished, and hold the same frames."""
        with ExitStack() as stack:
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number and signal.getsignal(number) is not signal.SIG_IGN:  # nohup means to go on
                    stack.callback(signal.signal, number, signal.signal(number, self._tell))
            stack.callback(self._close)
            while not (self.quit or self._told or self.summary.frames == self.max_frames):
                self._step()
        if self._told:
            console.print("\nstopped.")
        return self.summary

    def _tell(self, *_) -> None:
        """A signal asks to leave, which is done after this frame: in the middle of one, log and video would not hold the same frames."""
        self._told = True

    def _step(self) -> None:
        """One turn of the loop: a new frame seen and shown, or, while paused or without one, the last one shown again."""
        frame = None if self.paused or self.over else self._read()
        if frame is None:
            if self.paused or self.source.lost:
                self._ticked = None  # the time until the next frame says nothing of the speed
            if self.window and not self.quit:
                self._show(self._draw(), wait_ms=20)
            return
        start = time.perf_counter()
        self._frame, self._seen = frame, self.pipeline(frame)
        with self.stages("draw"):
            picture = self._draw()
        self.stages.add("loop", (time.perf_counter() - start) * 1e3 + (0.0 if self.source.live else self._read_ms))
        self._tick()
        self._keep(frame, picture)
        if self.window:
            self._show_until(time.perf_counter() + self._ahead(frame), picture)

    def _read(self) -> Frame | None:
        start = time.perf_counter()
        frame = self.source.read()
        self._read_ms = (time.perf_counter() - start) * 1e3
        if frame is not None:
            self.stages.add("wait" if self.source.live else "read", self._read_ms)
        elif not self.source.live:
            self.over, self.quit = True, not self.window  # a person may look at the last picture as long as he likes
        return frame

    def _draw(self) -> np.ndarray:
        """The last frame as the person sees it."""
        if self._frame is None:
            return np.full((480, 640, 3), 32, np.uint8)
        image, views = self._frame.image, self._seen.views
        height, width = image.shape[:2]
        scale = drawing_scale(width, height, shrink=self._save is None)
        size = round(width * scale), round(height * scale)
        image = image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        if self.source.lost:  # what is shown is over: dim it, and no face of it has an emotion now
            image, views = cv2.convertScaleAbs(image, alpha=0.4), []
        image = cv2.flip(image, 1) if self.mirror else image
        views = [_placed(v, scale, size[0] if self.mirror else None) for v in views]
        message = self._message if time.perf_counter() < self._message_until else None
        recording = self._record.seconds if self._record else None
        margin, detector = self.pipeline.recognizer.margin, self.pipeline.detector.name
        status = Status(self._fps, self.paused, self.over, recording, self.source.lost, self.help, message, margin, detector)
        return draw(image, views, self.texts, status)

    def _keep(self, frame: Frame, picture: np.ndarray) -> None:
        """Count, log and write one frame. Where the disk is full, `_close` says which file could not be finished."""
        if self._log:
            self._log.add(frame.t, self.summary.frames, self._seen)
        recorders = [r for r in (self._save, self._record) if r]
        if recorders:
            with self.stages("write"):
                for writer in recorders:
                    writer.add(picture, frame.t)
        self.summary.add(self._seen.views)

    def _show_until(self, end: float, picture: np.ndarray) -> None:
        """Show a picture for as long as the film does, which may be minutes; keys and signals are obeyed meanwhile."""
        self._show(picture, _slice_ms(end))
        while not (self.quit or self._told or self.paused) and end - time.perf_counter() > 0.005:
            self._show(self._draw(), _slice_ms(end))

    def _show(self, picture: np.ndarray, wait_ms: int) -> None:
        with self.stages("show"):
            key = self.window.show(picture, wait_ms)
        if key:
            self._press(key, picture)

    def _press(self, key: str, picture: np.ndarray) -> None:
        if key == "q":
            self.quit = True
        elif key == "space":
            self.quit = self.over
            self.paused = not self.paused
            self._lead = None
        elif key == "m":
            self.mirror = not self.mirror
        elif key == "h":
            self.help = not self.help
        elif key == "l":
            self.texts = ENGLISH if self.texts is RUSSIAN else RUSSIAN
        elif key == "s":
            self._snapshot(picture)
        elif key == "r":
            self._toggle_recording()

    def _snapshot(self, picture: np.ndarray) -> None:
        path = _unused("png")
        try:
            with atomic_write(path) as part:
                part.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
        except OSError as e:  # a full disk, a folder that may not be written: no reason to end the session
            self._say(f"{path.name}: {e.strerror}")
        else:
            self._say(f"{self.texts('saved')}: {path.name}")

    def _toggle_recording(self) -> None:
        if self._record:
            record, self._record = self._record, None
            self._say(f"{self.texts('saved')}: {record.path.name}" if record.close() else self.texts("nothing was recorded"))
        else:
            try:
                self._record = Writer(_unused("mp4"), self.source.fps)
            except EmofastError as e:
                self._say(str(e))

    def _say(self, message: str) -> None:
        console.print(message)
        self._message, self._message_until = message, time.perf_counter() + TOAST

    def _tick(self) -> None:
        """Frames per second, averaged over about half a second."""
        now = time.perf_counter()
        if self._ticked is not None:
            rate, keep = 1 / max(now - self._ticked, 1e-6), np.exp(-(now - self._ticked) / 0.5)
            self._fps = rate if self._fps is None else 1 / (keep / self._fps + (1 - keep) / rate)
        self._ticked = now

    def _ahead(self, frame: Frame) -> float:
        """Seconds to wait so that a film plays at its own speed; a camera sets its own pace."""
        if self.source.live:
            return 0.0
        now = time.perf_counter()
        if self._lead is None:
            self._lead = now - frame.t
        until = self.source.until or frame.t + 1 / self.source.fps  # of an uneven rate the film itself knows
        ahead = until + self._lead - now
        if ahead < -0.25:  # too slow for this film: go on from here instead of chasing it
            self._lead = None
        return ahead

    def _close(self) -> None:
        """Finish what is being written, whatever ended the session; then let go of the window. What fails does not stop the rest."""
        with ExitStack() as stack:
            for thing in (self.window, self._record, self._save, self._log):  # the last is closed first
                if thing:
                    stack.callback(thing.close)


def _placed(view: FaceView, scale: float, mirror: int | None) -> FaceView:
    """The view in a picture `scale` times as large as the frame, seen in a mirror if its width is given."""
    x, y, w, h = (round(v * scale) for v in (view.box.x, view.box.y, view.box.w, view.box.h))
    return replace(view, box=Box(x if mirror is None else mirror - x - w, y, w, h))


def _slice_ms(end: float) -> int:
    return min(max(int((end - time.perf_counter()) * 1000), 1), 100)


def _unused(suffix: str) -> Path:
    """A name with the time in it, in the folder where the person started."""
    return Path(f"emofast-{datetime.now():%Y%m%d-%H%M%S-%f}.{suffix}")
