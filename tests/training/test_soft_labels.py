"""Soft labels, held-out rows, oversampling: what a network is shown, and how often."""

import shutil

import numpy as np
import pytest
import torch

from emofast.data import get_dls, read_competition
from emofast.training import Run, emotion_learner, out_of_fold, without_single_votes


@pytest.fixture
def comp(drawn):
    return read_competition(drawn)


@pytest.fixture
def no_votes(drawn, tmp_path):
    folder = shutil.copytree(drawn, tmp_path / "novotes")
    (folder / "train_votes.csv").unlink(missing_ok=True)
    return read_competition(folder)


def test_single_votes_are_dropped_unless_all_are_single():
    votes = np.array([[6, 3, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 2], [2, 1, 1, 1, 1, 1, 1, 1, 1]], np.float32) / 10
    alone = np.ones((1, 9), np.float32) / 9
    kept = without_single_votes(np.concatenate([votes, alone]))
    np.testing.assert_allclose(kept[0], np.array([6, 3, 0, 0, 0, 0, 0, 0, 0]) / 9, atol=1e-6)
    assert kept[1].argmax() == 8 and kept[1, 8] == 1 and kept[2, 0] == 1
    np.testing.assert_allclose(kept[3], 1 / 9, atol=1e-6)
    np.testing.assert_allclose(kept.sum(1), 1, atol=1e-6)


def test_get_dls_learns_the_votes_it_is_given(comp):
    votes = np.random.default_rng(0).dirichlet(np.ones(9), len(comp.labels)).astype(np.float32)
    dls = get_dls(comp, size=32, bs=16, target="votes", votes=votes, device="cpu")
    seen = torch.cat([b[2] for b in dls.valid]).numpy()
    np.testing.assert_array_equal(seen, votes[np.asarray(dls.valid.dataset.items)])


def test_held_out_rows_are_validated_and_neither_they_nor_the_splits_are_trained_on(comp):
    usual = get_dls(comp, size=32, bs=16, device="cpu")
    held_out = np.zeros(len(comp.labels), bool)
    held_out[np.asarray(usual.train.dataset.items)[::3]] = True
    dls = get_dls(comp, size=32, bs=16, held_out=held_out, device="cpu")
    train, valid = set(dls.train.dataset.items), set(dls.valid.dataset.items)
    assert valid == set(np.flatnonzero(held_out))
    assert train == set(usual.train.dataset.items) - valid and not train & set(usual.valid.dataset.items)


def test_balance_draws_rare_classes_as_often_as_common_ones(comp):
    torch.manual_seed(0)
    np.random.seed(0)

    def shown(balance):
        dls = get_dls(comp, size=32, bs=16, balance=balance, device="cpu")
        return np.concatenate([dls.train.dataset.items[dls.train.get_idxs()] for _ in range(30)])

    occurs = np.bincount(comp.labels[np.unique(shown(0))], minlength=9)
    even = np.bincount(comp.labels[shown(1.0)], minlength=9) / (30 * occurs.sum())
    assert occurs.max() > 1.2 * occurs.min()
    np.testing.assert_allclose(even, 1 / 9, atol=0.02)
    assert (np.bincount(comp.labels[shown(0)], minlength=9) == 30 * occurs).all()


def test_out_of_fold_asks_networks_that_have_not_seen_the_picture_and_resumes(no_votes, tmp_path):
    trained_on = []

    def make(run, votes, held_out=None):
        dls = run.get_dls(size=32, bs=16, channels=1, target="votes", votes=votes, held_out=held_out)
        assert not set(dls.train.dataset.items) & set(dls.valid.dataset.items)
        trained_on.append(len(dls.train.dataset.items))
        return emotion_learner(dls, "test_resnet", weights="none")

    def run(resume):
        return Run(no_votes, 42, 2, "none", torch.device("cpu"), False, tmp_path, resume)

    torch.manual_seed(0)
    soft = out_of_fold(run(False), make, lr=1e-3)
    classes = np.eye(9)[no_votes.labels]
    assert soft.shape == classes.shape and len(trained_on) == 3
    np.testing.assert_allclose(soft.sum(1), 1, atol=1e-5)
    assert (soft[classes == 1] >= 0.5).all() and (soft[classes == 0] > 0).mean() > 0.9
    again = run(True)
    np.testing.assert_array_equal(out_of_fold(again, make, lr=1e-3), soft)
    assert len(trained_on) == 3 and again._stage == 3  # nothing was trained twice, and later stages keep their numbers
