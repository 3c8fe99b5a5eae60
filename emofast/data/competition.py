"""The competition's files: where they are, and what `train.csv` and `sample_submission.csv` say is in them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from emofast import paths
from emofast.data.pictures import Pictures, open_pictures
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError

__all__ = ["Competition", "find_data", "open_data", "read_competition"]

SAMPLE = "sample"


@dataclass(frozen=True, eq=False)
class Competition:
    """A data set in the competition's layout. Rows keep the order of the csv files.

    `train_ids`, `test_ids`: values of the `image_path` columns. `labels`: int64 [n], index into `EMOTIONS`.
    `votes`: float32 [n, 9], share of annotators for each class, or None. `va`: float32 [n, 2], true valence and
    arousal of the training rows (drawn data only), or None. `max_rows`: train on that many pictures at most, drawn evenly (quick looks).
    """

    folder: Path
    train_ids: list[str]
    labels: np.ndarray
    test_ids: list[str]
    train_pictures: Pictures = field(repr=False)
    test_pictures: Pictures = field(repr=False)
    votes: np.ndarray | None = field(default=None, repr=False)
    va: np.ndarray | None = field(default=None, repr=False)
    max_rows: int | None = None

    @property
    def name(self) -> str:
        """Name of the data set in results: its folder's."""
        return self.folder.resolve().name

    @cached_property
    def train_names(self) -> list[str]:
        """Names of the training pictures inside `train_pictures`."""
        return [i.removeprefix("./") for i in self.train_ids]

    @cached_property
    def test_names(self) -> list[str]:
        """Names of the test pictures inside `test_pictures`."""
        return [f"test_kaggle/{i}" for i in self.test_ids]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that can change a result: csv contents and the pictures' identities."""
        digest = hashlib.sha256()
        for part in (
            self.train_ids,
            self.labels.tolist(),
            self.test_ids,
            self.train_pictures.fingerprint(),
            self.test_pictures.fingerprint(),
        ):
            digest.update(repr(part).encode())
        for extra in (self.votes, self.va):
            digest.update(b"none" if extra is None else extra.tobytes())
        return digest.hexdigest()[:16]


def find_data(data: str | Path | None) -> Path:
    """Folder of the data set that `--data` means: a folder, `sample` (drawn on first use), or None for `data/skillbox`.

    Raises `EmofastError` naming the ways out where there is no such data.
    """
    if str(data) == SAMPLE:
        return _drawn_sample()
    folder = Path(data) if data is not None else paths.PROJECT / "data" / "skillbox"
    if not folder.is_dir():
        raise EmofastError(
            f"no data set at {folder}: give --data DIR (a folder with train.csv), get the competition's with "
            "`python -m emofast data download`, or use the drawn sample with --data sample."
        )
    return folder


def open_data(data: Competition | str | Path | None) -> Competition:
    """The data set that `data` means: as `find_data` and `read_competition` do, or as it is."""
    return data if isinstance(data, Competition) else read_competition(find_data(data))


def _drawn_sample() -> Path:
    """The default drawn sample, in a folder named after the code that draws it: newer code never meets older drawings."""
    from emofast import sample

    code = hashlib.sha256()
    for source in sorted(Path(sample.__file__).parent.glob("*.py")):
        code.update(source.read_bytes())
    folder = paths.cache() / "drawn" / code.hexdigest()[:12] / SAMPLE
    return folder if folder.is_dir() else sample.write_sample(folder)


def read_competition(folder: Path) -> Competition:
    """Read and verify the csv files of a data set and list its pictures; no picture is decoded.

    Raises `EmofastError` for missing files, other columns, unknown classes, and pictures that a csv names and the
    archive or folder lacks.
    """
    folder = Path(folder)
    train = _read_csv(folder, "train.csv", ["image_path", "emotion"])
    test = _read_csv(folder, "sample_submission.csv", ["image_path", "emotion"])
    unknown = sorted(set(train["emotion"].astype(str)) - set(EMOTIONS))
    if unknown:
        raise EmofastError(f"{folder / 'train.csv'} names the unknown class {unknown[0]!r}; the classes are {', '.join(EMOTIONS)}.")
    ids = train["image_path"].tolist()
    comp = Competition(
        folder=folder,
        train_ids=ids,
        labels=train["emotion"].map(EMOTIONS.index).to_numpy(np.int64),
        test_ids=test["image_path"].tolist(),
        train_pictures=open_pictures(folder, "train"),
        test_pictures=open_pictures(folder, "test_kaggle"),
        votes=_read_votes(folder, ids),
        va=_read_truth(folder, ids),
    )
    _all_there(folder / "train.csv", comp.train_names, comp.train_pictures)
    _all_there(folder / "sample_submission.csv", comp.test_names, comp.test_pictures)
    return comp


def _read_csv(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    # Kaggle serves train.csv as train.csv.zip; pandas reads either.
    path = next((p for p in (folder / name, folder / f"{name}.zip") if p.is_file()), None)
    if path is None:
        raise EmofastError(f"{folder} has no {name}; `python -m emofast data download` gets the competition's files.")
    try:
        table = pd.read_csv(path, dtype={"image_path": str})
    except (ValueError, UnicodeDecodeError, OSError) as e:
        raise EmofastError(f"{path} cannot be read as a table ({str(e).splitlines()[0]}); get it again.") from e
    lacking = [c for c in columns if c not in table.columns]
    if lacking:
        raise EmofastError(f"{path} has the columns {list(table.columns)} and lacks {lacking[0]!r}; expected {columns}.")
    empty = table[columns].isna().any(axis=1)
    if empty.any() or table.empty:
        raise EmofastError(f"{path} has {'no rows' if table.empty else f'an empty cell in row {int(empty.argmax()) + 2}'}; get it again.")
    doubled = table["image_path"].duplicated()
    if doubled.any():
        raise EmofastError(f"{path} names {table['image_path'][doubled.argmax()]} twice; every picture has one row.")
    return table


def _read_votes(folder: Path, ids: list[str]) -> np.ndarray | None:
    if not (folder / "train_votes.csv").is_file():
        return None
    table = _read_csv(folder, "train_votes.csv", ["image_path", *EMOTIONS]).set_index("image_path")
    lacking = set(ids) - set(table.index)
    if lacking:
        raise EmofastError(
            f"{folder / 'train_votes.csv'} has no row for {min(lacking)}; it must cover every row of train.csv, or be removed."
        )
    votes = _numbers(folder / "train_votes.csv", table.loc[ids, list(EMOTIONS)])
    if (votes < 0).any():
        bad = ids[int((votes < 0).any(1).argmax())]
        raise EmofastError(f"{folder / 'train_votes.csv'} has a negative vote for {bad}; mend the row or remove the file.")
    total = votes.sum(axis=1, keepdims=True)
    if (total <= 0).any():
        raise EmofastError(
            f"{folder / 'train_votes.csv'} has no vote for {ids[int((total <= 0).argmax())]}; remove the file or mend the row."
        )
    return votes / total


def _read_truth(folder: Path, ids: list[str]) -> np.ndarray | None:
    """True valence and arousal, which only drawn faces have."""
    if not (folder / "truth.csv").is_file():
        return None
    table = _read_csv(folder, "truth.csv", ["image_path", "valence", "arousal"]).set_index("image_path")
    return _numbers(folder / "truth.csv", table.reindex(ids)[["valence", "arousal"]])


def _numbers(path: Path, table: pd.DataFrame) -> np.ndarray:
    try:
        return table.to_numpy(np.float32)
    except ValueError as e:
        raise EmofastError(f"{path} holds something that is no number ({e}); mend it or remove the file.") from None


def _all_there(csv: Path, names: list[str], pictures: Pictures) -> None:
    missing = [n for n in names if n not in pictures.identity]
    if missing:
        raise EmofastError(
            f"{csv} names {len(missing)} picture{'s' * (len(missing) > 1)} that {pictures.path} lacks, first {missing[0]}; "
            "it was probably not copied whole: get it again."
        )
