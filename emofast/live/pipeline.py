"""A frame into what is shown: the part of the live view that needs no window, no camera and no clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emofast.live.smoothing import FaceView, Smoother
from emofast.live.sources import Frame
from emofast.live.stages import Stages
from emofast.recognition import EmotionRecognizer, FaceDetector, FaceTracker, crop_face

__all__ = ["Pipeline", "Seen"]


@dataclass(frozen=True)
class Seen:
    """What one frame showed: n views, and the network's own unsmoothed answers, [n, 9] and [n, 2]."""

    views: list[FaceView]
    probabilities: np.ndarray
    points: np.ndarray


class Pipeline:
    """Tracker, recognizer and smoother in a row. Every stage's time goes into `stages`.

    With `background` faces are searched for in a second thread: right for a camera; a file gives the same result every time without.
    """

    def __init__(self, recognizer: EmotionRecognizer, stages: Stages, background: bool = False, upsample: int = 0):
        self.recognizer, self.stages = recognizer, stages
        self.tracker = FaceTracker(FaceDetector(upsample), background=background, timed=stages)
        self._smoother = Smoother()

    def __call__(self, frame: Frame) -> Seen:
        """The faces of the next frame, all classified in one run of the network."""
        faces = self.tracker.track(frame.image)
        with self.stages("classify"):
            crops = [crop_face(frame.image, f.box, self.recognizer.margin) for f in faces]
            probabilities, points = self.recognizer.predict_arrays(crops)
        return Seen(self._smoother.update(frame.t, faces, probabilities, points), probabilities, points)

    def close(self) -> None:
        """End the background search."""
        self.tracker.close()
