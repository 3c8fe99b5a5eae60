"""Training and validation: stratified, exact duplicates on one side, drawn once per data set and kept in a file."""

from collections import Counter

import numpy as np
import pandas as pd

from emofast import paths
from emofast.data.competition import Competition
from emofast.data.pictures import Pictures
from emofast.errors import EmofastError
from emofast.tables import numbers, read_table

SPLIT_FOLDS = 7
"""One picture in seven is for validation."""


def duplicate_groups(*sets: tuple[Pictures, list[str]]) -> np.ndarray:
    """For each of the named files of all `sets` the index of the first that holds the same bytes, int64 [n].

    Only files whose cheap identity (size, checksum) is shared are read and hashed. A file that cannot be read stands alone.
    """
    files = [(pictures, name) for pictures, names in sets for name in names]
    keys = [pictures.identity[name] for pictures, name in files]
    shared = min(map(len, keys), default=0)  # a folder knows sizes, a zip checksums too
    often, first = Counter(key[:shared] for key in keys), {}
    contents = (pictures.digest(name) if often[key[:shared]] > 1 else None for (pictures, name), key in zip(files, keys))
    return np.array([first.setdefault(digest or i, i) for i, digest in enumerate(contents)], np.int64)


def draw_split(labels: np.ndarray, groups: np.ndarray, seed: int = 42) -> np.ndarray:
    """Validation mask, bool [n]: one in `SPLIT_FOLDS` of each class, all members of a group on one side.

    `labels`, `groups`: int [n]. A class with fewer groups than folds may have no validation picture.
    """
    # Labels in the group's place would split a duplicate under two classes; sklearn's folds are for whole groups.
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(SPLIT_FOLDS, shuffle=True, random_state=seed)
    _, valid = next(folds.split(np.zeros(len(labels)), labels, groups))
    return np.isin(np.arange(len(labels)), valid)


def frozen_split(comp: Competition) -> np.ndarray:
    """The data set's validation mask, bool [n], from `artifacts/<data set>/split.csv`; drawn and written on first use.

    Raises `EmofastError` where the file was made for other rows, and where the data cannot be split.
    """
    path = paths.artifacts() / comp.name / "split.csv"
    if path.is_file():
        table = read_table(path, ["image_path", "is_valid"])
        if table["image_path"].tolist() != comp.train_ids:
            raise EmofastError(
                f"{path} was made for other rows than {comp.folder / 'train.csv'} has; a different data set needs a folder of "
                "another name, or remove the file (older results are then not comparable)."
            )
        return numbers(path, table, ["is_valid"], 0, 1)[:, 0] > 0.5
    if len(np.unique(comp.labels)) < 2:
        raise EmofastError(f"{comp.folder / 'train.csv'} has one class only; training needs pictures of at least two.")
    try:
        mask = draw_split(comp.labels, duplicate_groups((comp.train_pictures, comp.train_names)))
    except ValueError as e:  # scikit-learn's: every class has fewer pictures than there are folds
        raise EmofastError(f"{comp.folder / 'train.csv'} cannot be split into training and validation ({e}).") from e
    with paths.atomic_write(path) as partial:
        pd.DataFrame({"image_path": comp.train_ids, "is_valid": mask.astype(int)}).to_csv(partial, index=False)
    return mask
