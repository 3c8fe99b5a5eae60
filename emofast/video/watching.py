"""One stretch of film: faces followed and read in batches, as rows of a timeline."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from emofast.film import Reader
from emofast.recognition import Box, Detector, EmotionRecognizer, FaceTracker, TrackedFace, crop_face
from emofast.recognition.quality import FACING, frontality, roll
from emofast.video.timeline import rows

HZ = 6.25
"""Pictures a second that are looked at, every fourth of 25: expressions last half a second and more."""

WORKING_SIDE = 960
"""Longer sides are shrunk to this many pixels: a face in the picture is then still larger than any network's input."""

_EVERY = 3  # every third picture is scanned; a face in between lies between its places: heads are slower than expressions
_AWAY = 15.0  # seconds after which who comes back to the same place is somebody new
_BATCH = 64


def watch(pictures: Reader, recognizer: EmotionRecognizer, detector: Detector) -> Iterator[pd.DataFrame]:
    """Rows of the timeline contract, in order of time, some faces at a time; memory does not grow with the film."""
    records: list[tuple] = []
    crops: list[np.ndarray] = []
    for t, places, seen in _looks(pictures, recognizer.margin, detector):
        records += [(t, place) for place in places or [None]]
        crops += seen
        if len(records) >= _BATCH:
            yield rows(records, *recognizer.predict_arrays(crops))
            records, crops = [], []
    yield rows(records, *recognizer.predict_arrays(crops))


def _looks(pictures: Reader, margin: float, detector: Detector) -> Iterator[tuple[float, list[tuple], list[np.ndarray]]]:
    """Every picture with its faces: those that a scan finds in it or, in a picture between two scans, both before and after it."""
    # scanned every time: what a tracker carries on from scan to scan may be a wall
    tracker = FaceTracker(detector, every=1, memory=round(_AWAY * pictures.hz / _EVERY))
    between: list[tuple] = []
    before, scanned = {}, 0.0
    for k, sample in enumerate(pictures):
        if k % _EVERY:
            between.append(sample)
            continue
        found = {f.id: f for f in tracker.track(sample[1])}
        for earlier in between:
            share = (earlier[0] - scanned) / (sample[0] - scanned)
            yield _look(earlier, [(f, _between(before[i].box, f.box, share)) for i, f in found.items() if i in before], margin)
        yield _look(sample, [(f, f.box) for f in found.values()], margin)
        between, before, scanned = [], found, sample[0]
    for sample in between:
        yield _look(sample, [(f, f.box) for f in before.values()], margin)


def _look(sample: tuple, faces: list[tuple[TrackedFace, Box]], margin: float) -> tuple[float, list[tuple], list[np.ndarray]]:
    """Its time; (track number, box in film pixels, facing) and crop of each face."""
    t, picture, scale = sample
    places = [(f.id, *(round(v * scale) for v in (b.x, b.y, b.w, b.h)), _facing(f)) for f, b in faces]
    return t, places, [crop_face(picture, b, margin, roll(f.landmarks)) for f, b in faces]


def _facing(face: TrackedFace) -> float:
    return float("nan") if face.landmarks is None else float(frontality(face.landmarks) >= FACING)


def _between(a: Box, b: Box, share: float) -> Box:
    """What lies `share` of the way from one box to the other."""
    return Box(*(round(p + share * (q - p)) for p, q in ((a.x, b.x), (a.y, b.y), (a.w, b.w), (a.h, b.h))))
