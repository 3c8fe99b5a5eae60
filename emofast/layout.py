"""Writing a data set in the competition's layout: the folder is whole or not there, its bytes depend on its contents alone."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emofast.errors import EmofastError
from emofast.paths import partial_beside

VOTES = ("neutral", "happy", "surprise", "sad", "anger", "disgust", "fear", "contempt", "uncertain")
"""The classes in the order of `train_votes.csv`, which is that of FER+."""

VOTES_HEADER = ",".join(("image_path", *VOTES))


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `folder`; it becomes `folder` when the block ends well and vanishes when it does not.

    Raises `EmofastError` if `folder` holds files already, and `OSError`, of which a command makes one sentence, if it cannot be made.
    """
    folder = Path(folder).absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EmofastError(f"{folder} exists and is not empty: name a new folder, or delete this one first")
    with partial_beside(folder, folder=True) as partial:
        yield partial
        if folder.exists():
            folder.rmdir()  # Windows renames onto no folder, not even an empty one
        partial.replace(folder)


def add_picture(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Store a picture's bytes. Time stamp and system are fixed: they would be the only difference between two runs."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o644 << 16
    archive.writestr(info, data)


def write_table(path: Path, header: str, rows: Iterable[tuple]) -> None:
    """A csv file with CRLF line ends, as the competition's; floats get four decimals."""
    lines = [header, *(",".join(f"{x:.4f}" if isinstance(x, float) else str(x) for x in row) for row in rows)]
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())


def write_tables(folder: Path, train: Sequence[tuple[str, str, Sequence[int]]], test: Iterable[str]) -> None:
    """`train.csv`, `train_votes.csv` and `sample_submission.csv`, of the training pictures' names, classes and votes and the test pictures'
    ids, in their order."""
    write_table(folder / "train.csv", ",image_path,emotion", ((i, f"./{name}", emotion) for i, (name, emotion, _) in enumerate(train)))
    write_table(folder / "train_votes.csv", VOTES_HEADER, ((f"./{name}", *votes) for name, _, votes in train))
    write_table(folder / "sample_submission.csv", "image_path,emotion", ((name, "neutral") for name in test))
