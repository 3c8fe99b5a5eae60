"""Nine emotions from faces: photographs to a Kaggle submission, a camera to a live view.

Importing this package loads neither torch nor fastai; a webcam with the ONNX model starts in a second.
"""

import os
import warnings

from emofast.emotions import EMOTIONS
from emofast.lazy import lazily

__all__ = ["EMOTIONS", "EmotionRecognizer"]

# ONNX Runtime and Hugging Face's client report to their makers unless told otherwise before they are loaded. Nothing of ours leaves
# the machine.
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # fastai's and timm's own, at import

# It brings OpenCV, and whoever wants the names only need not wait.
__getattr__ = lazily(__name__, {"EmotionRecognizer": "emofast.recognition.recognizer"})
