"""Nine emotions from faces: photographs to a Kaggle submission, a camera to a live view.

Importing this package loads neither torch nor fastai; a webcam with the ONNX model starts in a second.
"""

from emofast.emotions import EMOTIONS

__all__ = ["EMOTIONS", "EmotionRecognizer"]
__version__ = "0.1.0"


def __getattr__(name: str):
    """`EmotionRecognizer` is imported when it is first asked for: it brings OpenCV, and whoever wants the names only need not wait."""
    if name == "EmotionRecognizer":
        from emofast.recognition.recognizer import EmotionRecognizer

        return EmotionRecognizer
    raise AttributeError(f"module 'emofast' has no attribute {name!r}")
