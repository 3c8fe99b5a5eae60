"""Annotated frames into an mp4 that plays everywhere, at the speed at which they happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np

from emofast.errors import EmofastError
from emofast.paths import atomic_write

__all__ = ["Recorder", "keeping"]

TICKS = 90_000  # per second: the clock of mp4 video


class Recorder:
    """Writes H.264 with each frame's own time stamp: a camera that slows down does not make people hurry.

    The file appears when `close` is called; a recording without frames leaves none. Where the disk is full it holds what was written
    until then, and plays. Raises `EmofastError` where the folder cannot be written, and when the disk is full.
    """

    def __init__(self, path: Path, fps: float = 30.0):
        self.path, self.seconds = Path(path), 0.0
        self._fps, self._start, self._last = fps, None, -1
        self._stream = None
        if self.path.suffix.lower() not in (".mp4", ".mkv", ".mov"):
            raise EmofastError(f"{path} is no video name that can be written; end it in .mp4")
        self._files = ExitStack()
        try:
            self._part = self._files.enter_context(atomic_write(self.path))
        except OSError as e:
            raise EmofastError(f"{path} cannot be written ({e.strerror}); choose another place") from None

    def add(self, image: np.ndarray, t: float) -> None:
        """One more frame, uint8 BGR [h, w, 3], at `t` seconds. All frames get the first one's size."""
        import av

        if self._stream is None:
            self._open(*image.shape[:2])
            self._start = t
        self.seconds = t - self._start
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        if (frame.width, frame.height) != (self._stream.width, self._stream.height):
            frame = frame.reformat(self._stream.width, self._stream.height)
        self._last = frame.pts = max(round(self.seconds * TICKS), self._last + 1)
        frame.time_base = Fraction(1, TICKS)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> bool:
        """Finish the file; False where there is none, because no frame came."""
        if self._stream is None:
            self._part.unlink(missing_ok=True)
            self._files.pop_all()
            return False
        with keeping(self.path, self._files), self._container:
            self._container.mux(self._stream.encode())
        return True

    def _open(self, height: int, width: int) -> None:
        import av

        # in fragments while it is written, so that whatever ends it early leaves a film; one piece, as every player likes it, when closed
        hybrid = {"movflags": "hybrid_fragmented"} if self.path.suffix.lower() != ".mkv" else {}
        self._container = av.open(str(self._part), "w", options=hybrid)
        self._stream = self._container.add_stream("libx264", rate=Fraction(self._fps).limit_denominator(1001))
        self._stream.width, self._stream.height = width // 2 * 2, height // 2 * 2  # H.264's colour planes are halves
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = self._stream.codec_context.time_base = Fraction(1, TICKS)
        self._stream.options = {"preset": "veryfast", "crf": "20"}
        self._stream.codec_context.thread_count = 2


@contextmanager
def keeping(path: Path, files: ExitStack) -> Iterator[None]:
    """Close `files`, among them an `atomic_write` of `path`, although the block, which finishes them, may fail for want of space.

    Raises `EmofastError` if so: what was written until then is at `path`.
    """
    try:
        yield
    except OSError as e:
        with suppress(OSError):  # what could not be flushed in the block cannot be now
            files.close()
        raise EmofastError(f"{path} could not be finished ({e.strerror}); what was written until then is kept; free some space") from None
    files.close()
