"""The seam to the rooms that see: pictures of a browser into faces with emotions."""

from __future__ import annotations

import io
import struct
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.live import Frame, Pipeline, Stages
from emofast.live.log import FaceLog
from emofast.live.smoothing import FaceView, Smoother
from emofast.recognition import Box, EmotionRecognizer, TrackedFace, crop_face, crop_square, iou, make_detector
from emofast.recognition.quality import quality, roll

_FRAME_PIXELS, _PHOTO_PIXELS = 4_000_000, 60_000_000
SAME = 0.3  # overlap from which two boxes are one face
_CLOCK = struct.Struct("<d")


class Viewing:
    """One page that watches live: the pipeline of `webcam.py`, fed by messages. One thread at a time."""

    def __init__(self, recognizer: EmotionRecognizer, detector: str):
        self._pipeline = Pipeline(recognizer, Stages(), make_detector(detector))
        self._frames, self._t = 0, 0.0
        self._log: FaceLog | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="emofast-log-")

    def see(self, message: bytes) -> dict:
        """A frame, as the sender's clock (float64, seconds) and a JPEG, PNG or WebP picture, into what the page shows; where the log
        cannot go on, with what `finish_log` says.

        Raises `EmofastError` for what is no picture.
        """
        start = time.perf_counter()
        if len(message) <= _CLOCK.size:
            raise EmofastError("a frame is a clock of eight bytes and a picture")
        (t,), picture = _CLOCK.unpack_from(message), memoryview(message)[_CLOCK.size :]
        width, height = _size(picture, _FRAME_PIXELS)
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        if image is None or image.shape[:2] != (height, width):
            raise EmofastError("the frame is damaged")
        self._t = max(t, self._t) if np.isfinite(t) else self._t  # a smoother's clock never falls
        seen = self._pipeline(Frame(image, self._t))
        ended = {}
        try:
            if self._log:
                self._log.add(self._t, self._frames, seen.views, seen.probabilities, seen.points)
        except OSError:  # the disk is full
            ended = self.finish_log()
        self._frames += 1
        margin = self._pipeline.recognizer.margin
        return ended | {"faces": [_view(v, margin) for v in seen.views], "ms": round((time.perf_counter() - start) * 1e3, 1)}

    def start_log(self) -> None:
        """Begin the csv that `webcam.py --log` writes."""
        self._log = self._log or FaceLog(Path(self._folder.name) / "log.csv")

    def finish_log(self) -> dict:
        """End it; returns its text as `log`, None where none was begun, and where rows did not fit on the disk that as `error`."""
        log, self._log, told = self._log, None, {}
        try:
            if log:
                log.close()
        except EmofastError as e:
            told = {"error": str(e)}
        return told | {"log": log and log.path.read_text(encoding="utf-8")}

    def close(self) -> None:
        """Let go of the files."""
        self.finish_log()
        self._folder.cleanup()


def _view(view: FaceView, margin: float) -> dict:
    return {
        "id": view.id, "box": _corners(crop_square(view.box, margin)), "emotion": view.emotion, "reason": view.reason,
        "p": [round(float(p), 4) for p in view.probabilities], "trail": [[round(v, 3), round(a, 3)] for v, a in view.trail[-20:]],
    }  # fmt: skip


def read_photo(data: bytes) -> np.ndarray:
    """A picture file, turned as its camera held it, as uint8 BGR [h, w, 3]. Raises `EmofastError` for what is none."""
    _size(data, _PHOTO_PIXELS)
    try:
        with Image.open(io.BytesIO(data)) as opened:
            photo = ImageOps.exif_transpose(opened)
            if photo.mode.startswith("I"):  # grey of 16 bits, of which PIL would make white all that is not nearly black
                photo = Image.fromarray((np.asarray(photo).clip(0, 65535) >> 8).astype(np.uint8))
            return np.ascontiguousarray(np.asarray(photo.convert("RGB"))[..., ::-1])
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as e:
        raise EmofastError(f"the picture is damaged ({e}); save it again as JPEG or PNG") from None


def faces_in(image: np.ndarray, recognizer: EmotionRecognizer) -> list[dict]:
    """Every face of a picture, the largest first: the numbers of `Prediction`, and why the live view would not name its emotion.

    The picture is scanned twice: at 640 px for faces of a group, small for close-ups, which are found better so.
    """
    found = make_detector("centerface", upsample=2).detect(image)
    found += [f for f in make_detector("centerface").detect(image) if all(iou(f.box, other.box) < SAME for other in found)]
    found.sort(key=lambda f: -f.box.w)
    crops = [crop_face(image, f.box, recognizer.margin, roll(f.landmarks)) for f in found]
    tracked = [TrackedFace(k, f.box, f.landmarks) for k, f in enumerate(found)]
    views = Smoother().update(0.0, tracked, *recognizer.predict_arrays(crops), [quality(c) for c in crops])
    return [
        {
            "box": _corners(crop_square(v.box, recognizer.margin)),
            "emotion": EMOTIONS[v.probabilities.argmax()], "confidence": round(float(v.probabilities.max()), 4), "reason": v.reason,
            "probabilities": {e: round(float(p), 4) for e, p in zip(EMOTIONS, v.probabilities)},
            "valence": round(v.valence, 4), "arousal": round(v.arousal, 4),
        }
        for v in views
    ]  # fmt: skip


def _corners(box: Box) -> list[int]:
    return [box.x, box.y, box.w, box.h]


def _size(picture: bytes | memoryview, most: int) -> tuple[int, int]:
    """(width, height) that a picture's header gives: a file of a kilobyte may claim a gigabyte."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            width, height = opened.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        reason = "too large" if isinstance(e, Image.DecompressionBombError) else "not a picture that can be read"
        raise EmofastError(f"this is {reason}; give JPEG, PNG or WebP") from None
    if width * height > most:
        raise EmofastError(f"the picture has {width} x {height} pixels; at most {most // 1_000_000} million are taken")
    return width, height
