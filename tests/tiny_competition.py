"""The competition's layout with 18 training and 4 test pictures of noise."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from emofast.emotions import EMOTIONS

__all__ = ["TABLES", "TEST", "TEST_ZIP", "TRAIN", "TRAIN_ZIP", "archive", "jpg", "write_tiny"]

TRAIN = [f"train/{e}/{i}.jpg" for e in EMOTIONS for i in range(2)]
TEST = [f"test_kaggle/{i}.jpg" for i in range(4)]
BIG = "train/anger/99.jpg"
"""In the archive and not in the table, as one of the competition's; of 3 MB, as gdown keeps whole chunks of 512 KB."""

TABLES = {
    "train.csv": "".join([",image_path,emotion\r\n", *(f"{i},./{n},{n.split('/')[1]}\r\n" for i, n in enumerate(TRAIN))]).encode(),
    "sample_submission.csv": "".join(["image_path,emotion\r\n", *(f"{n.split('/')[1]},neutral\r\n" for n in TEST)]).encode(),
}


def jpg(seed: int, size: int = 40) -> bytes:
    """A picture of noise."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def archive(names: list[str]) -> bytes:
    """A zip of one picture for each name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for i, name in enumerate(names):
            z.writestr(name, jpg(i, 1500 if name == BIG else 40))
    return buffer.getvalue()


TRAIN_ZIP, TEST_ZIP = archive([*TRAIN, BIG]), archive(TEST)


def write_tiny(folder: Path) -> Path:
    """All four files of the data set."""
    folder.mkdir(parents=True)
    for name, content in {**TABLES, "train.zip": TRAIN_ZIP, "test_kaggle.zip": TEST_ZIP}.items():
        (folder / name).write_bytes(content)
    return folder
