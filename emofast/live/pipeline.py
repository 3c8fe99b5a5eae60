"""A frame into what is shown: the part of the live view that needs no window, no camera and no clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emofast.live.smoothing import FaceView, Smoother
from emofast.live.sources import Frame
from emofast.live.stages import Stages
from emofast.recognition import Detector, EmotionRecognizer, FaceTracker, crop_face, make_detector
from emofast.recognition.quality import quality, roll


@dataclass(frozen=True)
class Seen:
    """What one frame showed: n views, and the network's own unsmoothed answers, [n, 9] and [n, 2]."""

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

    def __call__(self, frame: Frame) -> Seen:
        """The faces of the next frame, all classified in one run of the network."""
        faces = self._tracker.track(frame.image)
        with self.stages("classify"):
            crops = [crop_face(frame.image, f.box, self.recognizer.margin, roll(f.landmarks)) for f in faces]
            probabilities, points = self.recognizer.predict_arrays(crops)
            views = self._smoother.update(frame.t, faces, probabilities, points, [quality(c) for c in crops])
        return Seen(views, probabilities, points)
