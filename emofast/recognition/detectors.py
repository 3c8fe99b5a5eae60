"""The face detectors there are."""

from emofast.errors import EmofastError
from emofast.recognition.centerface import CenterFace
from emofast.recognition.detector import Detector
from emofast.recognition.hog import HogDetector

DETECTORS = {"dlib": HogDetector, "centerface": CenterFace}
"""By the name that `make_detector` and `--detector` know."""


def make_detector(name: str = "dlib", upsample: int = 0) -> Detector:
    """One of `DETECTORS`. Each `upsample` halves the smallest face that is found and costs about four times as much.

    Raises `EmofastError` for another name, and where what the detector needs is not installed.
    """
    if name not in DETECTORS:
        raise EmofastError(f"there is no face detector {name!r}; choose {' or '.join(DETECTORS)}")
    return DETECTORS[name](upsample)
