"""The trailer folder: one writer at a time, nothing of the user's replaced, and a record by which a finished one is known."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from emofast.errors import EmofastError
from emofast.paths import atomic_write, sha256

RECORD = "trailer.json"
"""What was made, from what, and the SHA-256 of each file as it was written; written last, with "finished" true."""

FILES = ("group.parquet", "moments.csv", "curves.csv", "trailer.edl", "trailer.otio", "trailer.xml", "trailer.fcpxml",
         "trailer.mp4", "timeline.png", "report.html", "posters")  # fmt: skip

_NAME = re.compile(r"(posters/)?(?!\.+$)[^/\\]+")  # of a file in the folder, whoever wrote the record


class TrailerFolder:
    """An open trailer folder. `record` is what `trailer.json` says; `made` maps the files written here to their SHA-256."""

    def __init__(self, path: Path, record: dict):
        self.path, self.record = path, record
        self.made: dict[str, str] = dict(record.get("made", {}))

    def wrote(self, name: str) -> None:
        """Remember a file as written here."""
        self.made[name] = sha256(self.path / name)

    def forget(self, name: str) -> None:
        """Take away a file that was written here."""
        (self.path / name).unlink(missing_ok=True)
        self.made.pop(name, None)

    def save(self, facts: dict, finished: bool) -> None:
        """Write the record."""
        self.record = facts | {"made": self.made, "finished": finished}
        with atomic_write(self.path / RECORD) as partial:
            partial.write_text(json.dumps(self.record, indent=1, ensure_ascii=True), encoding="utf-8")


@contextmanager
def open_folder(path: Path, overwrite: bool, keep: Path | None = None) -> Iterator[TrailerFolder]:
    """The folder at `path` to write a trailer into, made where it is missing; one that stays empty vanishes again.

    keep: a file that will only be read. Raises `EmofastError` where it holds a finished trailer (unless `overwrite`) or a
    file under one of the names in `FILES` that was not written here or was changed since, and where another process writes into it.
    """
    try:
        made = [p for p in (path / "timelines", path, *path.parents) if not p.exists()]
        (path / "timelines").mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise EmofastError(f"another process is making a trailer in {path}; wait for it, or name another folder with --out") from None
    except OSError as e:
        raise EmofastError(f"{path} cannot be made a folder ({e.strerror}); name another one with --out") from None
    try:
        yield _checked(path, overwrite, keep)
    finally:
        with suppress(OSError):  # Windows keeps an open file
            (path / ".lock").unlink()
        lock.release()
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _checked(path: Path, overwrite: bool, keep: Path | None) -> TrailerFolder:
    record = read_record(path)
    folder = TrailerFolder(path, record)
    if record.get("finished") and (path / "trailer.mp4").exists() and not overwrite:
        raise EmofastError(f"{path} already holds a trailer; name another folder, or add --overwrite (timelines are used again)")
    known = {*folder.made, *(name.partition("/")[0] for name in folder.made)}
    for name in sorted({*FILES, *folder.made}):
        file = path / name
        if not file.exists() or (keep and file.samefile(keep)):
            continue
        if not record or (record["finished"] and name not in known):
            raise EmofastError(f"{file} is not of a trailer made here; name another folder with --out, or move that file away")
        if name in folder.made and sha256(file) != folder.made[name] and (record["finished"] or name == "moments.csv"):
            again = f"cut from it with --from-moments {file}, or move it away" if name == "moments.csv" else "move it away"
            raise EmofastError(f"{file} was changed since it was made here, and would be lost; {again}")
    return folder


def read_record(path: Path) -> dict:
    """What `trailer.json` of a folder says; empty where there is none that can be read."""
    try:
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
        sound = isinstance(record["finished"], bool) and all(_NAME.fullmatch(name) for name in record["made"])
        return record if sound else {}
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return {}
