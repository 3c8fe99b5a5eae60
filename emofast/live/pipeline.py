"""A frame into what is shown: the part of the live view that needs no window, no camera and no clock."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np

from emofast.live.smoothing import FaceView, Smoother
from emofast.live.sources import Frame
from emofast.live.summary import Stages
from emofast.recognition import Detector, EmotionRecognizer, FaceTracker, crop_face, make_detector
from emofast.recognition.quality import quality, roll

READING = 0.06  # s for which what was read from a face stands: at 30 frames a second every other one is read, which smoothing hides
_Reading = namedtuple("_Reading", "t probabilities point quality")  # when, what the network said of a face, and how good its crop was


@dataclass(frozen=True)
class Seen:
    """What one frame showed: n views, and the network's own unsmoothed answers, [n, 9] and [n, 2], at most `READING` seconds old."""

    views: list[FaceView]
    probabilities: np.ndarray
    points: np.ndarray


class Pipeline:
    """Detector, tracker, recognizer and smoother in a row. Every stage's time goes into `stages`."""

    def __init__(self, recognizer: EmotionRecognizer, stages: Stages, detector: Detector | None = None):
        self.recognizer, self.stages = recognizer, stages
        self.detector = detector or make_detector()
        self._tracker = FaceTracker(self.detector, timed=stages)
        self._smoother = Smoother()
        self._readings: dict[int, _Reading] = {}

    def __call__(self, frame: Frame) -> Seen:
        """The faces of the next frame; those that are due are classified in one run of the network."""
        faces = self._tracker.track(frame.image)
        with self.stages("classify"):
            due = [f for f in faces if f.id not in self._readings or frame.t - self._readings[f.id].t >= READING]
            crops = [crop_face(frame.image, f.box, self.recognizer.margin, roll(f.landmarks)) for f in due]
            for face, crop, *answer in zip(due, crops, *self.recognizer.predict_arrays(crops)):
                self._readings[face.id] = _Reading(frame.t, *answer, quality(crop))
            readings = [self._readings[f.id] for f in faces]
            self._readings = {f.id: r for f, r in zip(faces, readings)}  # who comes back is read anew
            probabilities = np.reshape([r.probabilities for r in readings], (-1, 9))
            points = np.reshape([r.point for r in readings], (-1, 2))
            views = self._smoother.update(frame.t, faces, probabilities, points, [r.quality for r in readings])
        return Seen(views, probabilities, points)
