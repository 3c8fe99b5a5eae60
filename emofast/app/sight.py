"""The seam to the rooms that see: pictures of a browser into faces with emotions."""

import csv
import io
import struct
import time
from dataclasses import astuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.live import Frame, Pipeline, Stages
from emofast.live.log import COLUMNS, face_rows
from emofast.live.smoothing import Smoother
from emofast.recognition import EmotionRecognizer, TrackedFace, crop_face, crop_square, iou, make_detector
from emofast.recognition.quality import quality, roll

_FORMATS = "JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"  # Pillow has decoders of others that start other programs
_FRAME_PIXELS = 4_000_000
SAME = 0.3  # overlap from which two boxes are one face
_CLOCK = struct.Struct("<d")


class Viewing:
    """One page that watches live: the pipeline of `webcam.py`, fed by messages. One thread at a time."""

    def __init__(self, recognizer: EmotionRecognizer, detector: str):
        self._pipeline = Pipeline(recognizer, Stages(), make_detector(detector))
        self._frames, self._t = 0, 0.0
        self._log: io.StringIO | None = None

    def see(self, message: bytes) -> dict:
        """A frame, as the sender's clock (float64, seconds) and a JPEG, PNG or WebP picture, into what the page shows.

        Raises `EmofastError` for what is no picture.
        """
        start = time.perf_counter()
        if len(message) <= _CLOCK.size:
            raise EmofastError("a frame is a clock of eight bytes and a picture")
        (t,), image = _CLOCK.unpack_from(message), read_picture(memoryview(message)[_CLOCK.size :], _FRAME_PIXELS)
        self._t = max(t, self._t) if np.isfinite(t) else self._t  # a smoother's clock never falls
        seen = self._pipeline(Frame(image, self._t))
        if self._log:
            csv.writer(self._log).writerows(face_rows(self._t, self._frames, seen))
        self._frames += 1
        faces = [
            {
                "id": v.id, "box": astuple(crop_square(v.box, self._pipeline.recognizer.margin)), "emotion": v.emotion, "reason": v.reason,
                "p": [round(float(p), 4) for p in v.probabilities], "trail": [[round(x, 3), round(y, 3)] for x, y in v.trail[-20:]],
            }
            for v in seen.views
        ]  # fmt: skip
        return {"faces": faces, "ms": round((time.perf_counter() - start) * 1e3, 1)}

    def start_log(self) -> dict:
        """Begin the csv that `webcam.py --log` writes, in memory: some 15 MB an hour of a face."""
        if not self._log:
            self._log = io.StringIO()
            csv.writer(self._log).writerow(COLUMNS)
        return {"logging": True}

    def finish_log(self) -> dict:
        """End it; its text as `log`, None where none was begun."""
        log, self._log = self._log, None
        return {"log": log and log.getvalue()}


def read_picture(data: bytes | memoryview, most: int = 60_000_000) -> np.ndarray:
    """A picture file of at most so many pixels, turned as its camera held it, as uint8 BGR [h, w, 3]. Raises `EmofastError` for what is
    none, before it is decoded: a file of a kilobyte may claim a gigabyte."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > most:
                raise EmofastError(f"the picture has {width} x {height} pixels; at most {most // 1_000_000} million are taken")
            photo = ImageOps.exif_transpose(opened)
            if photo.mode.startswith("I"):  # grey of 16 bits, of which PIL would make white all that is not nearly black
                photo = Image.fromarray((np.asarray(photo).clip(0, 65535) >> 8).astype(np.uint8))
            return cv2.cvtColor(np.asarray(photo.convert("RGB")), cv2.COLOR_RGB2BGR)
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, struct.error, Image.DecompressionBombError) as e:
        reason = "of no known kind" if isinstance(e, UnidentifiedImageError) else e
        raise EmofastError(f"this is no picture that can be read ({reason}); send the file itself: JPEG, PNG or WebP") from None


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
            "box": list(astuple(crop_square(v.box, recognizer.margin))),
            "emotion": EMOTIONS[v.probabilities.argmax()], "confidence": round(float(v.probabilities.max()), 4), "reason": v.reason,
            "probabilities": {e: round(float(p), 4) for e, p in zip(EMOTIONS, v.probabilities)},
            "valence": round(v.valence, 4), "arousal": round(v.arousal, 4),
        }
        for v in views
    ]  # fmt: skip
