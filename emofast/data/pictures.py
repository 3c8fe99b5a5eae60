"""Pictures by name, from a folder or straight out of a zip: a 2-GB archive is never unpacked, so never half unpacked."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from emofast.errors import EmofastError

__all__ = ["FolderPictures", "Pictures", "ZipPictures", "open_pictures"]

SUFFIXES = (".jpg", ".jpeg", ".png")


class Pictures(Protocol):
    """Named pictures; names are relative with forward slashes, e.g. `train/anger/0.jpg`."""

    path: Path
    identity: dict[str, tuple]

    def read(self, name: str) -> bytes:
        """The file's bytes; raises `OSError` or `zipfile.BadZipFile` where they cannot be read."""
        ...

    def fingerprint(self) -> str:
        """Hash that changes when any file is added, removed or replaced."""
        ...


class _Listed:
    """`identity`: for each name a cheap key; files with equal bytes have equal keys (the converse is checked by hashing)."""

    path: Path
    identity: dict[str, tuple]

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self.identity):
            digest.update(f"{name}\0{self.identity[name]}\n".encode())
        return digest.hexdigest()[:16]


class FolderPictures(_Listed):
    """Pictures below `root / top`, named from `root` on."""

    # A size says too little here: two sets of uncompressed pictures of one size would be taken for each other. Reading everything
    # costs seconds beside hours of training, and gives a copy on another machine the same fingerprint.
    @cached_property
    def _contents(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self.identity):
            digest.update(f"{name}\0".encode() + hashlib.sha256(self.read(name)).digest())
        return digest.hexdigest()[:16]

    def fingerprint(self) -> str:
        return self._contents

    def __init__(self, root: Path, top: str):
        self.root, self.path = root, root / top

    @cached_property
    def identity(self) -> dict[str, tuple]:
        files = (p for p in self.path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        return {p.relative_to(self.root).as_posix(): (p.stat().st_size,) for p in files}

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()


class ZipPictures(_Listed):
    """Pictures inside an archive; one open handle a thread, so that all cores can read."""

    def __init__(self, path: Path):
        self.path = path
        self._local = threading.local()
        try:
            with zipfile.ZipFile(path) as archive:
                infos = [i for i in archive.infolist() if not i.is_dir()]
        except (zipfile.BadZipFile, OSError) as e:
            raise EmofastError(
                f"{path} is not a whole zip archive ({e}); it was probably cut off while copying: delete it and get it again."
            ) from e
        for info in infos:
            name = PurePosixPath(info.filename.replace("\\", "/"))
            if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
                raise EmofastError(
                    f"{path} holds a file that points outside the archive ({info.filename}); "
                    "do not trust it: get the archive again from its source."
                )
        self.identity = {i.filename: (i.file_size, i.CRC) for i in infos if i.filename.lower().endswith(SUFFIXES)}

    def read(self, name: str) -> bytes:
        archive = getattr(self._local, "archive", None)
        if archive is None:
            archive = self._local.archive = zipfile.ZipFile(self.path)
        return archive.read(name)


def open_pictures(folder: Path, top: str) -> Pictures:
    """The pictures `folder/top/...` or, where that folder is missing, those of `folder/top.zip`.

    Raises `EmofastError` when neither is there, and for a zip that is cut off or holds names that point outside.
    """
    if (folder / top).is_dir():
        return FolderPictures(folder, top)
    if (folder / f"{top}.zip").is_file():
        return ZipPictures(folder / f"{top}.zip")
    raise EmofastError(f"{folder} has neither {top}/ nor {top}.zip; put one of them there (`python -m emofast data download` gets both).")
