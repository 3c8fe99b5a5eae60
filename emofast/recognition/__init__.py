"""A frame into faces with emotions: detector, tracker, the face crop, and the trained network behind one class."""

from emofast.recognition.boxes import MARGIN, Box, crop_face, crop_square, iou
from emofast.recognition.detectors import DETECTORS, Detector, Face, make_detector
from emofast.recognition.recognizer import EmotionRecognizer, Prediction
from emofast.recognition.tracker import FaceTracker, TrackedFace

__all__ = [
    "DETECTORS", "MARGIN", "Box", "Detector", "EmotionRecognizer", "Face", "FaceTracker", "Prediction", "TrackedFace",
    "crop_face", "crop_square", "iou", "make_detector",
]  # fmt: skip
