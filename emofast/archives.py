"""Zip archives of others: whatever is damaged, foreign or hostile about one is one sentence."""

import threading
import zipfile
from pathlib import Path, PurePosixPath

from emofast.errors import EmofastError

LARGEST = 256 << 20
"""Bytes of the largest file that is read whole: no picture and no table of a data set has so many, and memory must not either."""


class Archive:
    """The files of a zip by name; open until `close`. Threads may read at the same time.

    Raises `EmofastError` for an archive that is not whole, and for one with a name that points outside.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.Lock()
        try:
            self._zip = zipfile.ZipFile(path)
        except (PermissionError, FileNotFoundError, IsADirectoryError) as e:
            raise EmofastError(f"{path} cannot be read ({e.strerror}).") from None
        except Exception as e:  # a damaged directory raises BadZipFile, struct.error, UnicodeDecodeError, NotImplementedError, OSError ...
            raise EmofastError(
                f"{path} is not a whole zip archive ({e}); it was probably cut off while copying: delete it and get it again."
            ) from None
        self.infos = {i.filename: i for i in self._zip.infolist() if not i.filename.endswith("/")}  # `is_dir` fails on no name
        if (foreign := next(filter(_points_outside, self.infos), None)) is not None:
            self.close()
            raise EmofastError(
                f"{path} holds a file that points outside the archive ({foreign!r}); "
                "do not trust it: get the archive again from its source."
            )

    def read(self, name: str) -> bytes:
        """A file's bytes. Raises `EmofastError` where they cannot be had: damaged, encrypted, packed by an unknown method, too many."""
        info = self.infos[name]
        if info.file_size > LARGEST:
            raise EmofastError(f"{name} in {self.path} has {info.file_size / 1e6:,.0f} MB, more than a picture or table can have.")
        try:
            with self._lock:  # zipfile counts its open files without one
                return self._zip.read(info)
        except Exception as e:  # BadZipFile, zlib.error, lzma's, RuntimeError (encrypted), NotImplementedError, EOFError, OSError ...
            raise EmofastError(f"{name} in {self.path} cannot be read ({e}); get the archive again.") from None

    def close(self) -> None:
        """Let go of the file; Windows replaces none that is open."""
        self._zip.close()


def _points_outside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]
