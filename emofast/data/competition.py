"""The competition's files: where they are, what their tables say, and what is learned of each picture. Nothing here loads torch."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from emofast import paths
from emofast.console import console
from emofast.data.pictures import Pictures, open_pictures
from emofast.emotions import CENTRES, EMOTIONS, N
from emofast.errors import EmofastError
from emofast.tables import find_table, numbers, read_table

SAMPLE = "sample"
MOUNTED = Path("/kaggle/input")
"""Where a Kaggle notebook finds the data sets that were added to it."""


@dataclass(frozen=True, eq=False)
class Competition:
    """A data set in the competition's layout. Rows keep the order of the csv files.

    `train_ids`, `test_ids`: values of the `image_path` columns. `labels`: int64 [n], index into `EMOTIONS`.
    `votes`: float32 [n, 9], share of annotators for each class, or None; `annotators`: float32 [n], how many they were. `va`:
    float32 [n, 2], true valence and arousal of the training rows (drawn data only), or None. `max_rows`: train on that many pictures at
    most, drawn evenly (quick looks).
    """

    folder: Path
    train_ids: list[str]
    labels: np.ndarray
    test_ids: list[str]
    train_pictures: Pictures = field(repr=False)
    test_pictures: Pictures = field(repr=False)
    votes: np.ndarray | None = field(default=None, repr=False)
    annotators: np.ndarray | None = field(default=None, repr=False)
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
        """Hash of what results depend on: ids, classes, shares of votes, valence and arousal, and the pictures' identities."""
        pictures = self.train_pictures.fingerprint, self.test_pictures.fingerprint
        parts = [repr(part).encode() for part in (self.train_ids, self.labels.tolist(), self.test_ids, *pictures)]
        parts += [b"none" if extra is None else extra.tobytes() for extra in (self.votes, self.va)]
        return hashlib.sha256(b"".join(parts)).hexdigest()[:16]

    def rows(self, ids: Sequence[str]) -> np.ndarray:
        """The rows of train.csv that have these `image_path`s, int64 [n]."""
        return pd.Series(np.arange(len(self.train_ids)), self.train_ids)[list(ids)].to_numpy()

    @cached_property
    def test_votes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Votes for the test pictures, as shares float32 [n_test, 9] and how many, [n_test], from test_votes.csv: for scoring only."""
        return _read_votes(self.folder, "test_votes.csv", self.test_ids)


def find_data(data: str | Path | None) -> Path:
    """Folder of the data set that `--data` means: a folder, `sample` (drawn on first use), or None for `data/skillbox`, or else for the
    one that is mounted in a Kaggle notebook, which is said.

    Raises `EmofastError` naming the ways out where there is no such data.
    """
    if str(data) == SAMPLE:
        from emofast import sample

        folder = paths.cache() / "drawn" / sample.drawing_code() / SAMPLE  # named after the code that draws it
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / ".lock"):  # of two experiments at once the second waits for the first
            return folder if folder.is_dir() else sample.write_sample(folder)
    folder = paths.competition_data() if data is None else Path(data)
    if data is None and not find_table(folder, "train.csv") and (there := mounted()):
        console.print(f"data set: {there}, as mounted by Kaggle")
        return there
    if not folder.is_dir():
        raise EmofastError(
            f"no data set at {folder}: give --data DIR (a folder with train.csv), get the competition's with "
            "`python -m emofast data download`, or use the drawn sample with --data sample."
        )
    return folder


def open_data(data: Competition | str | Path | None) -> Competition:
    """The data set that `data` means: as `find_data` and `read_competition` do, or as it is."""
    return data if isinstance(data, Competition) else read_competition(find_data(data))


def mounted() -> Path | None:
    """The first folder below /kaggle/input that has the tables and the pictures."""
    names = ("sample_submission.csv", "train", "test_kaggle")
    for folder in sorted(p.parent for depth in ("*", "*/*", "*/*/*") for p in MOUNTED.glob(f"{depth}/train.csv*")):
        if all((folder / name).exists() or (folder / f"{name}.zip").exists() for name in names):
            return folder
    return None


def read_competition(folder: Path) -> Competition:
    """Read and verify the csv files of a data set and list its pictures; no picture is decoded.

    Raises `EmofastError` for missing files, other columns, unknown classes, numbers that make no sense, and pictures that a csv names and
    the archive or folder lacks.
    """
    folder = Path(folder)
    train_path, train = _read(folder, "train.csv")
    if unknown := sorted(set(train["emotion"]) - set(EMOTIONS)):
        raise EmofastError(f"{train_path} names the unknown class {unknown[0]!r}; the classes are {', '.join(EMOTIONS)}.")
    test_path, test = _read(folder, "sample_submission.csv")
    ids = train["image_path"].tolist()
    comp = Competition(
        folder=folder,
        train_ids=ids,
        labels=train["emotion"].map(EMOTIONS.index).to_numpy(np.int64),
        test_ids=test["image_path"].tolist(),
        train_pictures=open_pictures(folder, "train"),
        test_pictures=open_pictures(folder, "test_kaggle"),
    )
    tables = (train_path, comp.train_names, comp.train_pictures), (test_path, comp.test_names, comp.test_pictures)
    for path, names, pictures in tables:
        if missing := [n for n in names if n not in pictures.identity]:
            raise EmofastError(
                f"{path} names {len(missing)} picture{'s' * (len(missing) > 1)} that {pictures.path} lacks, first {missing[0]}; "
                "it was probably not copied whole: get it again."
            )
    votes, annotators = _read_votes(folder, "train_votes.csv", ids) or (None, None)
    return replace(comp, votes=votes, annotators=annotators, va=_read_numbers(folder, "truth.csv", ["valence", "arousal"], ids, -1, 1))


def _read(folder: Path, name: str) -> tuple[Path, pd.DataFrame]:
    path = find_table(folder, name)
    if path is None:
        raise EmofastError(f"{folder} has no {name}; `python -m emofast data download` gets the competition's files.")
    return path, read_table(path, ["image_path", "emotion"])


def _read_numbers(folder: Path, name: str, columns: list[str], ids: list[str], low: float, high: float) -> np.ndarray | None:
    """The `columns` of a table beside train.csv for its rows, float32 [n, k]; None where there is no such table."""
    path = find_table(folder, name)
    if path is None:
        return None
    table = read_table(path, ["image_path", *columns]).set_index("image_path", drop=False)
    if lacking := set(ids) - set(table.index):
        raise EmofastError(f"{path} has no row for {min(lacking)}; it must have one for every picture, or be removed.")
    return numbers(path, table.loc[ids], columns, low, high).astype(np.float32)


def _read_votes(folder: Path, name: str, ids: list[str]) -> tuple[np.ndarray, np.ndarray] | None:
    """Shares of the votes float32 [n, 9], and how many there are, float32 [n]; None where there is no such table."""
    votes = _read_numbers(folder, name, list(EMOTIONS), ids, 0, 1e6)
    if votes is None:
        return None
    total = votes.sum(axis=1)
    if (total <= 0).any():
        raise EmofastError(f"{folder / name} has no vote for {ids[int((total <= 0).argmax())]}; remove the file or mend the row.")
    return votes / total[:, None], total


def vote_shares(data: Competition, single_votes: bool = False) -> np.ndarray:
    """Shares of annotators for each class, float32 [n, 9] by row of train.csv; without votes, the class as one-hot shares.

    Classes that a single annotator named are dropped unless `single_votes`: a slip more often than a second meaning (Barsoum et
    al. 2016, arXiv:1608.01041, drop them too). A picture on which no two agree keeps its votes.
    """
    if data.votes is None:
        return np.eye(N, dtype=np.float32)[data.labels]
    if single_votes:
        return data.votes
    counts = data.votes * data.annotators[:, None]
    kept = np.where(counts > 1.5, counts, 0)
    kept = np.where(kept.sum(1, keepdims=True) > 0, kept, counts)
    return (kept / kept.sum(1, keepdims=True)).astype(np.float32)


def target_va(data: Competition) -> np.ndarray:
    """Valence and arousal to learn, float32 [n, 2]: the truth where it is known, else the vote-weighted mean of the class
    centres, else the centre of the class."""
    return data.va if data.va is not None else vote_shares(data, single_votes=True) @ np.asarray(CENTRES, np.float32)
