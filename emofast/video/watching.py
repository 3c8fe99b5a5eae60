"""One stretch of film: faces followed, confirmed, read in batches, as rows of a timeline."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from emofast.recognition import Box, EmotionRecognizer, FaceDetector, FaceTracker, TrackedFace, crop_face
from emofast.video.recording import Sampler
from emofast.video.timeline import rows

__all__ = ["watch"]

_EVERY = 2  # every second picture is tracked; a face in between lies halfway: heads are slower than expressions
_IDLE = 3  # with nobody in sight every third of those is searched: a whole search costs ten looks at a known face
_BATCH = 64


@dataclass
class _Look:
    """One picture: its faces (box in film pixels, crop), and those that the detector has yet to confirm."""

    t: float
    faces: dict[int, tuple[tuple[int, int, int, int], np.ndarray]] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)


def watch(sampler: Sampler, recognizer: EmotionRecognizer, detector: FaceDetector | None = None) -> Iterator[pd.DataFrame]:
    """Rows of the timeline contract, in order of time, some faces at a time; memory does not grow with the film."""
    records: list[tuple] = []
    crops: list[np.ndarray] = []
    for look in _looks(sampler, recognizer.margin, detector):
        records += [(look.t, (face, *box)) for face, (box, _) in look.faces.items()] or [(look.t, None)]
        crops += [crop for _, crop in look.faces.values()]
        if len(records) >= _BATCH:
            yield rows(records, *recognizer.predict_arrays(crops))
            records, crops = [], []
    yield rows(records, *recognizer.predict_arrays(crops))


def _looks(sampler: Sampler, margin: float, detector: FaceDetector | None) -> Iterator[_Look]:
    """Every picture with its faces, once it is certain that they are there.

    Between two looks of the detector a correlation tracker carries a face and would go on carrying a wall for a second after the
    viewer left: faces that are lost before they are confirmed again are taken back.
    """
    hz = sampler.hz / _EVERY
    tracker = FaceTracker(detector, check=round(1.2 * hz), search=round(6 * hz), patience=round(2.4 * hz), memory=round(10 * hz))
    waiting: deque[_Look] = deque()
    between: list[tuple] = []
    before: dict[int, TrackedFace] = {}
    idle = 0
    for k, sample in enumerate(sampler):
        if k % _EVERY:
            between.append(sample)
            continue
        found = {} if idle else {f.id: f for f in tracker.track(sample[1])}
        idle = (idle + 1) % _IDLE if not found else 0
        for earlier in between:
            halfway = {i: _halfway(before[i].box, f.box) for i, f in found.items() if i in before}
            waiting.append(_look(earlier, halfway, margin))
        waiting.append(_look(sample, {i: f.box for i, f in found.items()}, margin))
        between, before = [], found
        _settle(waiting, found)
        while waiting and not waiting[0].unsure:
            yield waiting.popleft()
    yield from waiting
    for sample in between:
        yield _look(sample, {i: f.box for i, f in before.items()}, margin)


def _look(sample: tuple, boxes: dict[int, Box], margin: float) -> _Look:
    t, picture, scale = sample
    faces = {i: (tuple(round(v * scale) for v in (b.x, b.y, b.w, b.h)), crop_face(picture, b, margin)) for i, b in boxes.items()}
    return _Look(t, faces, set(faces))


def _settle(waiting: deque[_Look], found: dict[int, TrackedFace]) -> None:
    """Confirm the waiting faces that the detector has just seen; take back those that are gone."""
    confirmed = {i for i, face in found.items() if face.confidence == 1}
    for look in waiting:
        look.unsure -= confirmed
        for gone in look.unsure - found.keys():
            del look.faces[gone]
        look.unsure &= found.keys()


def _halfway(a: Box, b: Box) -> Box:
    return Box(*(round((p + q) / 2) for p, q in ((a.x, b.x), (a.y, b.y), (a.w, b.w), (a.h, b.h))))
