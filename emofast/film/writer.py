"""Pictures, and sound if there is some, into an mp4 that plays everywhere, at the speed at which they happened."""

from collections.abc import Iterable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from emofast.errors import EmofastError
from emofast.paths import atomic_write, keeping

SAMPLES = 48_000
"""Of sound, per second."""

_TICKS = 90_000  # per second: the clock of mp4 video


class Writer:
    """Writes H.264 with each frame's own time stamp: a camera that slows down does not make people hurry.

    sound: what is heard from the first frame on, float32 mono at `SAMPLES`. The file appears when `close` is called; a film without
    frames leaves none. Where the disk is full it holds what was written until then, and plays. Raises `EmofastError` where the folder
    cannot be written, and when the disk is full.
    """

    def __init__(self, path: Path, fps: float = 30.0, sound: np.ndarray | None = None):
        self.path, self.seconds = Path(path), 0.0
        self._fps, self._sound, self._heard, self._start, self._last = fps, sound, 0, None, -1
        self._picture = self._audio = None
        if self.path.suffix.lower() not in (".mp4", ".mkv", ".mov"):
            raise EmofastError(f"{path} is no video name that can be written; end it in .mp4")
        self._files = ExitStack()
        try:
            self._part = self._files.enter_context(atomic_write(self.path))
        except OSError as e:
            raise EmofastError(f"{path} cannot be written ({e.strerror}); choose another place") from None

    def add(self, image: np.ndarray, t: float) -> None:
        """One more frame, uint8 BGR [h, w, 3], at `t` seconds. All frames get the first one's size."""
        if self._picture is None:
            self._open(*image.shape[:2])
            self._start = t
        self.seconds = t - self._start
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        frame = frame.reformat(self._picture.width, self._picture.height)
        self._last = frame.pts = max(round(self.seconds * _TICKS), self._last + 1)
        frame.time_base = Fraction(1, _TICKS)
        self._container.mux(self._picture.encode(frame))
        self._hear(self.seconds + 1 / self._fps)

    def close(self) -> bool:
        """Finish the file; False where there is none, because no frame came."""
        if self._picture is None:
            self._part.unlink(missing_ok=True)
            self._files.pop_all()
            return False
        with keeping(self.path, self._files), self._container:
            for stream in filter(None, (self._picture, self._audio)):
                self._container.mux(stream.encode())
        return True

    def _open(self, height: int, width: int) -> None:
        # in fragments while it is written, so that whatever ends it early leaves a film; one piece, as every player likes it, when closed.
        # With sound not: fragments cannot say by how much the sound's first samples are only there to warm the decoder up
        hybrid = {"movflags": "hybrid_fragmented"} if self.path.suffix.lower() != ".mkv" and self._sound is None else {}
        self._container = av.open(str(self._part), "w", options=hybrid)
        self._picture = self._container.add_stream("libx264", rate=Fraction(self._fps).limit_denominator(1001))
        self._picture.width, self._picture.height = width // 2 * 2, height // 2 * 2  # H.264's colour planes are halves
        self._picture.pix_fmt = "yuv420p"
        self._picture.time_base = self._picture.codec_context.time_base = Fraction(1, _TICKS)
        self._picture.options = {"preset": "veryfast", "crf": "20"}
        self._picture.codec_context.thread_count = 2
        if self._sound is not None:
            self._audio = self._container.add_stream("aac", rate=SAMPLES, layout="mono")

    def _hear(self, end: float) -> None:
        """Sound until `end`: in step with the picture, as players stumble over a file with all of one before the other."""
        while self._audio and self._heard < min(len(self._sound), round(end * SAMPLES)):
            piece = np.ascontiguousarray(self._sound[None, self._heard : self._heard + 1024], np.float32)
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = SAMPLES, self._heard, Fraction(1, SAMPLES)
            self._container.mux(self._audio.encode(frame))
            self._heard += 1024


def write_film(path: Path, pictures: Iterable[np.ndarray], rate: float = 30.0, sound: np.ndarray | None = None) -> Path:
    """Write pictures as `Writer` takes them, `rate` a second; returns the film's path."""
    film = Writer(path, rate, sound)
    for k, picture in enumerate(pictures):
        film.add(picture, k / rate)
    film.close()
    return film.path
