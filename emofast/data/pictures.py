"""Pictures by name, from a folder or straight out of a zip, into uint8 squares: a 2-GB archive is never unpacked, so never half so."""

import hashlib
import io
import os
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emofast.archives import LARGEST, Archive
from emofast.errors import EmofastError
from emofast.faces import prepare_face

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""What a data set may hold, by Pillow's names. Anything else is not even tried: Pillow has decoders that start other programs."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


class Unreadable(EmofastError):
    """A picture that cannot be read or decoded; the message says why."""


class Pictures:
    """Named pictures; names are relative with forward slashes, e.g. `train/anger/0.jpg`. `read(name)`: the file's bytes; raises
    `EmofastError`.

    `identity`: for each name a cheap key, its size first; files with equal bytes have equal keys (the converse is checked by hashing).
    """

    path: Path
    identity: dict[str, tuple]

    def digest(self, name: str) -> bytes | None:
        """SHA-256 of the file's bytes; None where it cannot be read."""
        try:
            return hashlib.sha256(self.read(name)).digest()
        except EmofastError:
            return None

    def _describe(self, name: str) -> bytes:
        """What changes when the file is replaced."""
        return f"{self.identity[name]}\n".encode()

    @cached_property
    def fingerprint(self) -> str:
        """Hash that changes when any file is added, removed or replaced."""
        parts = (os.fsencode(f"{name}\0") + self._describe(name) for name in sorted(self.identity))  # a name in a folder may be no text
        return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


class FolderPictures(Pictures):
    """Pictures below `root / top`, named from `root` on."""

    def __init__(self, root: Path, top: str):
        self.root, self.path = root, root / top

    @cached_property
    def identity(self) -> dict[str, tuple]:
        files = (p for p in self.path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        return {p.relative_to(self.root).as_posix(): (p.stat().st_size,) for p in files}

    def read(self, name: str) -> bytes:
        if self.identity[name][0] > LARGEST:
            raise Unreadable(f"{name} has {self.identity[name][0] / 1e6:,.0f} MB")
        try:
            return (self.root / name).read_bytes()
        except OSError as e:
            raise Unreadable(f"{name}: {e.strerror}") from None

    # A size says too little here: two sets of uncompressed pictures of one size would be taken for each other. Reading everything
    # costs seconds beside hours of training, and gives a copy on another machine the same fingerprint.
    def _describe(self, name: str) -> bytes:
        return self.digest(name) or b"unreadable"


class ZipPictures(Archive, Pictures):
    """Pictures inside an archive, which is kept open for all threads."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.identity = {name: (i.file_size, i.CRC) for name, i in self.infos.items() if name.lower().endswith(SUFFIXES)}


def open_pictures(folder: Path, top: str) -> Pictures:
    """The pictures `folder/top/...` or, where that folder is missing, those of `folder/top.zip`.

    `folder/top/top/...` will do as well: what unpacks archives, Kaggle included, likes to make a folder of the archive's name around it.
    Raises `EmofastError` when neither is there, and for a zip that is cut off or holds names that point outside.
    """
    if (folder / top).is_dir():
        return FolderPictures(folder / top if (folder / top / top).is_dir() else folder, top)
    if (folder / f"{top}.zip").is_file():
        return ZipPictures(folder / f"{top}.zip")
    raise EmofastError(f"{folder} has neither {top}/ nor {top}.zip; put one of them there (`python -m emofast data download` gets both).")


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
