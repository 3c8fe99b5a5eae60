"""`emofast data ferplus`: the pictures of FER2013 and the votes of FER+ as a data set in the competition's layout."""

import io
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from zipfile import ZipFile

from PIL import Image
from rich.progress import track

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.layout import VOTES, VOTES_HEADER, add_picture, new_folder, write_table, write_tables
from emofast.tables import read_rows

SIDE = 48  # px
ROWS = 35_887

_FERPLUS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
"""The classes as FER+ calls them: those of `VOTES`, and "not a face"."""

_IMAGES_FROM = "it should be FER2013's fer2013.csv or icml_face_data.csv, unzipped"
_LABELS_FROM = "it should be fer2013new.csv from https://github.com/microsoft/FERPlus"


def make_ferplus(images: Path, labels: Path, folder: Path) -> str:
    """Make the new `folder` a data set in the competition's layout from FER2013 (`images`, csv) and FER+ (`labels`, csv); returns
    a sentence with its counts.

    The class is the one with most of the ten votes (Barsoum et al. 2016, arXiv:1608.01041); a tie, or "unknown" first, is
    `uncertain`. Rows without an image name, or with "not a face" first, are left out. Training rows become `train.zip`, `train.csv`
    and `train_votes.csv`; public and then private test rows become `test_kaggle.zip`, `sample_submission.csv` and
    `test_votes.csv`. Pictures are numbered in the order of the files, inside their class or the test set, and kept exactly, as
    48 x 48 grey PNG. Votes for "not a face" are in no table.

    The folder appears when it is complete and not before; same files, same bytes. Raises `EmofastError` if it holds files already, and
    where the two files are not those of FER2013 and FER+, not whole, or not of the same pictures.
    """
    train, test, left_out, numbers = [], [], Counter(), Counter()
    rows = track(_rows(images, labels), "Writing pictures", ROWS, console=console, transient=True, disable=not console.is_terminal)
    with new_folder(folder) as partial:
        with ZipFile(partial / "train.zip", "w") as train_zip, ZipFile(partial / "test_kaggle.zip", "w") as test_zip:
            for usage, emotion, votes, png in rows:
                if emotion is None:
                    left_out[votes] += 1
                elif usage == "Training":
                    train.append((f"train/{emotion}/{numbers[emotion]}.png", emotion, votes))
                    numbers[emotion] += 1
                    add_picture(train_zip, train[-1][0], png)
                else:
                    test.append((f"{len(test)}.png", *votes))
                    add_picture(test_zip, f"test_kaggle/{test[-1][0]}", png)
        if not train or not test:
            raise EmofastError(f"{labels} leaves no {'test' if train else 'training'} picture with a face; {_LABELS_FROM}")
        train.sort()  # as text: 10.png comes before 2.png
        write_tables(partial, train, (name for name, *_ in test))
        write_table(partial / "test_votes.csv", VOTES_HEADER, test)
    classes = ", ".join(f"{e} {numbers[e]}" for e in EMOTIONS)
    return (
        f"Made {folder}: {len(train)} training pictures ({classes}) and {len(test)} test pictures, "
        f"their truth in test_votes.csv; {left_out.total()} of {len(train) + len(test) + left_out.total()} rows are left out: "
        f"{left_out['unnamed']} without an image name in FER+, {left_out['no face']} that the annotators voted no face."
    )


def _rows(images: Path, labels: Path) -> Iterator[tuple]:
    """Usage, class, votes and PNG of every picture; or usage, None, why it is left out, None."""
    pictures = read_rows(images, ("pixels", "Usage"), _IMAGES_FROM)
    for picture, label in zip_longest(pictures, read_rows(labels, ("Usage", "Image name", *_FERPLUS), _LABELS_FROM)):
        usages = {row[1]["Usage"].strip() if row else None for row in (picture, label)}
        if len(usages) > 1:
            line = (picture or label)[0]
            raise EmofastError(f"{images} and {labels} are not of the same pictures in the same order from line {line} on; get both again")
        emotion, votes = _vote(f"{labels}, line {label[0]}", label[1])
        png = _png(f"{images}, line {picture[0]}", picture[1]["pixels"]) if emotion else None
        yield usages.pop(), emotion, votes, png


def _vote(where: str, label: dict[str, str]) -> tuple[str, list[int]] | tuple[None, str]:
    """The class and the votes in the order of `VOTES`; or None and why the row is left out. Nobody is most certain in a tie."""
    if not label["Image name"].strip():
        return None, "unnamed"
    try:
        votes = [int(label[name]) for name in _FERPLUS]
    except ValueError as e:
        raise EmofastError(f"{where} has votes that are no whole numbers ({e}); {_LABELS_FROM}") from None
    first = [name for name, n in zip((*VOTES, None), votes) if n == max(votes)]
    return ("uncertain", votes[:-1]) if len(first) > 1 else (first[0], votes[:-1]) if first[0] else (None, "no face")


def _png(where: str, pixels: str) -> bytes:
    try:
        picture = Image.frombytes("L", (SIDE, SIDE), bytes(map(int, pixels.split())))
    except ValueError as e:
        raise EmofastError(f"{where} holds no {SIDE} x {SIDE} pixels from 0 to 255 ({e}); {_IMAGES_FROM}") from None
    buffer = io.BytesIO()
    # Uncompressed, as FER+'s own tools have it: the same bytes whichever zlib Pillow was built with.
    picture.save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()
