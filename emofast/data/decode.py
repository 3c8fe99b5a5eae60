"""Bytes of a picture file to the network's uint8 square."""

import io

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emofast.data.pictures import FORMATS, Pictures, Unreadable
from emofast.errors import EmofastError
from emofast.faces import prepare_face


def decode_face(data: bytes, size: int, channels: int) -> np.ndarray:
    """Decode a picture file into uint8 [channels, size, size]. Raises `Unreadable`.

    JPEGs much larger than needed are decoded at a half, a quarter or an eighth (never below four times `size`, so that the
    final area averaging still sees more than it needs): a 1,000-px photograph costs as much as a 250-px one.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        image.draft("L" if image.mode == "L" else "RGB", (4 * size, 4 * size))
        image = ImageOps.exif_transpose(image)  # phones store rotation beside the pixels
        if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion cuts off at 255
            return prepare_face(np.asarray(image).clip(0, 65535).astype(np.uint16), size, channels)
        if image.mode != "L":
            image = image.convert("RGB")
        array = np.asarray(image)
    except UnidentifiedImageError as e:  # its own words name an object in memory
        raise Unreadable(f"no {', '.join(FORMATS)}") from e
    except Exception as e:  # Pillow raises OSError, SyntaxError, ValueError, struct.error ... on damaged files
        raise Unreadable(str(e) or type(e).__name__) from e
    return prepare_face(array if array.ndim == 2 else cv2.cvtColor(array, cv2.COLOR_RGB2BGR), size, channels)


def read_face(pictures: Pictures, name: str, size: int, channels: int) -> np.ndarray | None:
    """The named picture as uint8 [channels, size, size], or None where it cannot be read or decoded."""
    try:
        return decode_face(pictures.read(name), size, channels)
    except EmofastError:
        return None
