"""`emofast data ferplus`: the pictures of FER2013 and the votes of FER+ as a data set in the competition's layout."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from rich.progress import track

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.layout import VOTES, add_picture, new_archive, new_folder, write_table

__all__ = ["FerPlus", "make_ferplus"]

SIDE = 48  # px
ANNOTATORS = 10
TRAINING = "Training"
USAGES = (TRAINING, "PublicTest", "PrivateTest")

_FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown")  # `VOTES`, as FER+ calls them
_IMAGES_FROM = "it should be FER2013's fer2013.csv or icml_face_data.csv, unzipped"
_LABELS_FROM = "it should be fer2013new.csv from https://github.com/microsoft/FERPlus"


@dataclass(frozen=True)
class FerPlus:
    """What `make_ferplus` made: training pictures per class, test pictures, and rows left out for each of the two reasons."""

    folder: Path
    classes: dict[str, int]
    test: int
    unnamed: int
    not_faces: int

    def __str__(self) -> str:
        train, out = sum(self.classes.values()), self.unnamed + self.not_faces
        classes = ", ".join(f"{e} {n}" for e, n in self.classes.items())
        return (
            f"Made {self.folder}: {train} training pictures ({classes}) and {self.test} test pictures, "
            f"their truth in test_votes.csv; {out} of {train + self.test + out} rows are left out: "
            f"{self.unnamed} without an image name in FER+, {self.not_faces} that the annotators voted no face."
        )


@dataclass(frozen=True)
class _Label:
    """A row of FER+: `votes` in the order of `VOTES`; `emotion` is None where no face is to be seen."""

    usage: str
    named: bool
    votes: tuple[int, ...] = ()
    emotion: str | None = None


@dataclass(frozen=True)
class _Picture:
    """A row of a table to write: the picture's number and its label."""

    number: int
    label: _Label

    @property
    def file(self) -> str:
        return f"{self.number}.png"

    @property
    def train_name(self) -> str:
        return f"train/{self.label.emotion}/{self.file}"


def make_ferplus(images: Path, labels: Path, folder: Path) -> FerPlus:
    """Make the new `folder` a data set in the competition's layout from FER2013 (`images`, csv) and FER+ (`labels`, csv).

    The class is the one with most of the ten votes (Barsoum et al. 2016, arXiv:1608.01041); a tie, or "unknown" first, is
    `uncertain`. Rows without an image name, or with "not a face" first, are left out. Training rows become `train.zip`, `train.csv`
    and `train_votes.csv`; public and then private test rows become `test_kaggle.zip`, `sample_submission.csv` and
    `test_votes.csv`. Pictures are numbered in the order of the files, inside their class or the test set, and kept exactly, as
    48 x 48 grey PNG. Votes for "not a face" are in no table.

    The folder appears when it is complete and not before; same files, same bytes. Raises `EmofastError` if it holds files already, and
    naming file and row where the two files are malformed or not of the same pictures.
    """
    images, labels = Path(images), Path(labels)
    with new_folder(folder) as partial:
        truth = _read_labels(labels)
        train, test = _write_pictures(partial, images, labels, truth)
        if not train or not test:
            raise EmofastError(f"{labels} leaves no {'test' if train else 'training'} picture with a face; {_LABELS_FROM}")
        train.sort(key=lambda p: (p.label.emotion, p.file))  # as text: 10.png comes before 2.png
        paths = [f"./{p.train_name}" for p in train]
        write_table(partial / "train.csv", ",image_path,emotion", ((i, *cells) for i, cells in enumerate(zip(paths, _emotions(train)))))
        write_table(partial / "sample_submission.csv", "image_path,emotion", ((p.file, "neutral") for p in test))
        votes = ",".join(("image_path", *VOTES))
        write_table(partial / "train_votes.csv", votes, ((path, *p.label.votes) for path, p in zip(paths, train)))
        write_table(partial / "test_votes.csv", votes, ((p.file, *p.label.votes) for p in test))
    counts = Counter(_emotions(train))
    unnamed = sum(not label.named for label in truth)
    return FerPlus(Path(folder), {e: counts[e] for e in EMOTIONS}, len(test), unnamed, len(truth) - len(train) - len(test) - unnamed)


def _emotions(pictures: list[_Picture]) -> list[str]:
    return [p.label.emotion for p in pictures]


def _write_pictures(folder: Path, images: Path, labels: Path, truth: list[_Label]) -> tuple[list[_Picture], list[_Picture]]:
    """Write both archives; returns what they hold, in the order of the files."""
    train, test, numbers = [], [], Counter()
    with new_archive(folder / "train.zip") as train_zip, new_archive(folder / "test_kaggle.zip") as test_zip:
        rows = zip(_read_pixels(images, labels, truth), truth)
        shown = track(rows, "Writing pictures", len(truth), console=console, transient=True, disable=not console.is_terminal)
        for pixels, label in shown:
            if label.emotion is None:
                continue
            if label.usage == TRAINING:
                picture = _Picture(numbers[label.emotion], label)
                numbers[label.emotion] += 1
                train.append(picture)
                add_picture(train_zip, picture.train_name, _png(pixels))
            else:
                picture = _Picture(len(test), label)
                test.append(picture)
                add_picture(test_zip, f"test_kaggle/{picture.file}", _png(pixels))
    return train, test


def _png(pixels: bytes) -> bytes:
    buffer = io.BytesIO()
    # Uncompressed, as FER+'s own tools have it: the same bytes whichever zlib Pillow was built with.
    Image.frombytes("L", (SIDE, SIDE), pixels).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def _read_pixels(images: Path, labels: Path, truth: list[_Label]) -> Iterator[bytes]:
    """The pixels of every row, checked against the row of `labels` with the same place."""
    n = 0
    for n, (row, (text, usage)) in enumerate(_rows(images, ("pixels", "Usage"), _IMAGES_FROM), 1):
        if n > len(truth):
            continue  # to count them for the message below
        where = f"{images}, row {row}"
        _check_usage(where, usage)
        if usage != truth[n - 1].usage:
            raise EmofastError(
                f"{where} is of {usage} and its row in {labels} of {truth[n - 1].usage}: "
                "both files must list the same pictures in the same order; get both again"
            )
        yield _parse_pixels(where, text)
    if n != len(truth):
        raise EmofastError(
            f"{images} has {n} rows and {labels} has {len(truth)}: both must list the same pictures; get the shorter one again"
        )


def _parse_pixels(where: str, text: str) -> bytes:
    values = text.split()
    if len(values) != SIDE * SIDE:
        raise EmofastError(f"{where} has {len(values)} pixels instead of {SIDE * SIDE} ({SIDE} x {SIDE}); get the file again")
    try:
        return bytes(map(int, values))
    except ValueError:
        raise EmofastError(f"{where} has a pixel that is not a whole number from 0 to 255; get the file again") from None


def _read_labels(path: Path) -> list[_Label]:
    labels = []
    for row, (usage, name, *cells) in _rows(path, ("Usage", "Image name", *_FERPLUS, "NF"), _LABELS_FROM):
        where = f"{path}, row {row}"
        _check_usage(where, usage)
        if not name:
            labels.append(_Label(usage, named=False))
            continue
        *votes, no_face = _parse_votes(where, cells)
        labels.append(_Label(usage, True, tuple(votes), _most_voted(votes, no_face)))
    return labels


def _parse_votes(where: str, cells: Sequence[str]) -> list[int]:
    if not all(c.isdecimal() for c in cells):
        raise EmofastError(f"{where} has votes that are not whole numbers ({','.join(cells)}); get the file again")
    votes = [int(c) for c in cells]
    if not 1 <= sum(votes) <= ANNOTATORS:
        raise EmofastError(f"{where} has {sum(votes)} votes where {ANNOTATORS} annotators were asked; get the file again")
    return votes


def _most_voted(votes: Sequence[int], no_face: int) -> str | None:
    """The class, or None for no face; nobody is most certain in a tie."""
    most = max(*votes, no_face)
    first = [name for name, n in zip((*VOTES, None), (*votes, no_face)) if n == most]
    return first[0] if len(first) == 1 else "uncertain"


def _check_usage(where: str, usage: str) -> None:
    if usage not in USAGES:
        raise EmofastError(f"{where} has the unknown Usage {usage!r}; known are {', '.join(USAGES)}")


def _rows(path: Path, columns: Sequence[str], should_be: str) -> Iterator[tuple[int, list[str]]]:
    """Row number (the header is row 1) and the cells of `columns` of every row of a csv file; empty lines are passed over."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            reader = csv.reader(f)
            header = [cell.strip() for cell in next(reader, [])]  # icml_face_data.csv has blanks before its column names
            lacking = [c for c in columns if c not in header]
            if lacking:
                raise EmofastError(f"{path} lacks the column {lacking[0]!r} (it begins with {','.join(header)[:80]!r}); {should_be}")
            places = [header.index(c) for c in columns]
            for cells in filter(None, reader):
                if len(cells) != len(header):
                    raise EmofastError(
                        f"{path}, row {reader.line_num} has {len(cells)} cells and the header {len(header)}; "
                        "the file was probably cut off: get it again"
                    )
                yield reader.line_num, [cells[i].strip() for i in places]
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise EmofastError(f"{path} cannot be read as a table ({getattr(e, 'strerror', None) or e}); {should_be}") from e
