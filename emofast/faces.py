"""One preprocessing for training, test, webcam and video: a face of any kind becomes the network's uint8 square."""

import cv2
import numpy as np

from emofast.errors import EmofastError


def check_picture(image: np.ndarray) -> None:
    """Raises `EmofastError` unless `image` is grey [h, w] or [h, w, 1], BGR [h, w, 3] or BGRA [h, w, 4], of uint8 or uint16, not empty."""
    if not isinstance(image, np.ndarray):
        missing = "; cv2.imread gives it for a file that is missing or no picture" if image is None else ""
        raise EmofastError(f"{type(image).__name__} is no face: give a numpy array as OpenCV reads pictures{missing}")
    if image.ndim not in (2, 3) or not image.size or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)):
        raise EmofastError(f"a picture of shape {image.shape} is no face: give grey [h, w], BGR [h, w, 3] or BGRA [h, w, 4]")
    if image.dtype not in (np.uint8, np.uint16):
        raise EmofastError(f"a picture of type {image.dtype} is no face: give uint8 (0 to 255)")


def to_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """A picture as uint8 [h, w] (`channels=1`) or RGB [h, w, 3] (`channels=3`).

    Raises `EmofastError` for what `check_picture` refuses.
    """
    check_picture(image)
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    n = 1 if image.ndim == 2 else image.shape[2]
    if n == 1:
        image = image.reshape(image.shape[:2])
        return image if channels == 1 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    to_grey, to_rgb = (cv2.COLOR_BGR2GRAY, cv2.COLOR_BGR2RGB) if n == 3 else (cv2.COLOR_BGRA2GRAY, cv2.COLOR_BGRA2RGB)
    return cv2.cvtColor(image, to_grey if channels == 1 else to_rgb)


def prepare_face(image: np.ndarray, size: int, channels: int = 3) -> np.ndarray:
    """A face crop as uint8 [channels, size, size], the one input format of every network here.

    The crop is squeezed to a square: a face box is nearly square, and cutting would lose a chin or a brow. Shrinking
    averages areas (no aliasing), growing interpolates linearly.
    """
    image = to_channels(image, channels)
    if image.shape[:2] != (size, size):
        shrinks = image.shape[0] > size and image.shape[1] > size
        image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return image[None] if channels == 1 else np.ascontiguousarray(image.transpose(2, 0, 1))
