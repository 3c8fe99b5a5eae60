import numpy as np
import pandas as pd
import pytest

from emofast.data import frozen_split, read_competition
from emofast.data.split import SPLIT_FOLDS, draw_split, duplicate_groups
from emofast.errors import EmofastError


def test_every_class_gives_one_in_seven_and_groups_stay_whole():
    rng = np.random.default_rng(0)
    labels = rng.choice(9, 4000, p=[0.2, 0.02, 0.05, 0.08, 0.2, 0.2, 0.1, 0.1, 0.05])
    groups = np.arange(4000)
    groups[rng.choice(4000, 300)] = rng.choice(4000, 300)
    mask = draw_split(labels, groups)
    for c in range(9):
        assert abs(mask[labels == c].mean() - 1 / SPLIT_FOLDS) < 0.05
    for g in np.unique(groups):
        assert len(np.unique(mask[groups == g])) == 1


def test_duplicates_are_found_by_bytes_and_stay_on_one_side(drawn):
    comp = read_competition(drawn)
    groups = duplicate_groups((comp.train_pictures, comp.train_names))
    contents = [comp.train_pictures.read(n) for n in comp.train_names]
    for i in range(len(contents)):  # the slow way to the same answer
        assert groups[i] == contents.index(contents[i])
    mask = frozen_split(comp)
    assert all(len(np.unique(mask[groups == g])) == 1 for g in np.unique(groups))
    assert len(np.unique(groups)) < len(groups)


def test_the_split_is_frozen_in_a_file(drawn, own_artifacts):
    comp = read_competition(drawn)
    mask = frozen_split(comp)
    path = own_artifacts / "tiny" / "split.csv"
    before = path.read_bytes()
    flipped = pd.read_csv(path)
    flipped.loc[0, "is_valid"] = 1 - flipped.loc[0, "is_valid"]
    flipped.to_csv(path, index=False)
    assert (frozen_split(comp) != mask).sum() == 1  # the file decides, not the drawing
    path.unlink()
    frozen_split(comp)
    assert path.read_bytes() == before


def test_a_split_of_other_rows_is_refused(data_copy, own_artifacts):
    frozen_split(read_competition(data_copy))
    table = pd.read_csv(data_copy / "train.csv")
    table.tail(-1).to_csv(data_copy / "train.csv", index=False)
    with pytest.raises(EmofastError, match=r"split\.csv was made for other rows"):
        frozen_split(read_competition(data_copy))


def test_one_class_only_is_refused(data_copy):
    pd.read_csv(data_copy / "train.csv").query("emotion == 'happy'").to_csv(data_copy / "train.csv", index=False)
    with pytest.raises(EmofastError, match="one class only"):
        frozen_split(read_competition(data_copy))


def test_too_few_of_every_class_is_one_sentence(data_copy):
    table = pd.read_csv(data_copy / "train.csv")
    (data_copy / "train_votes.csv").unlink()
    (data_copy / "truth.csv").unlink()
    table.groupby("emotion").head(2).to_csv(data_copy / "train.csv", index=False)
    with pytest.raises(EmofastError, match="cannot be split"):
        frozen_split(read_competition(data_copy))
