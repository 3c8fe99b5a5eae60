"""Votes, soft labels, held-out rows, oversampling: what a network is shown, and how often."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from emofast.data import get_dls, read_competition, vote_shares
from emofast.data.loaders import get_test_dl
from emofast.data.split import duplicate_groups, frozen_split
from emofast.training import emotion_learner, out_of_fold


@pytest.fixture
def comp(drawn):
    return read_competition(drawn)


@pytest.fixture
def no_votes(drawn, tmp_path):
    folder = shutil.copytree(drawn, tmp_path / "novotes")
    (folder / "train_votes.csv").unlink(missing_ok=True)
    return read_competition(folder)


def test_single_votes_are_dropped_unless_all_are_single(comp):
    counts = np.array(
        [[6, 3, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 2], [2, 1, 1, 1, 1, 0, 0, 0, 0], [1] * 9, [3, 1, 0, 0, 0, 0, 0, 0, 0]]
    )
    total = counts.sum(1)
    kept = vote_shares(replace(comp, votes=(counts / total[:, None]).astype(np.float32), annotators=total.astype(np.float32)))
    np.testing.assert_allclose(kept[0], np.array([6, 3, 0, 0, 0, 0, 0, 0, 0]) / 9, atol=1e-6)
    assert kept[1].argmax() == 8 and kept[1, 8] == 1 and kept[2, 0] == 1
    np.testing.assert_allclose(kept[3], 1 / 9, atol=1e-6)
    assert kept[4, 0] == 1  # four annotators: their single vote is a single vote too
    np.testing.assert_allclose(kept.sum(1), 1, atol=1e-6)


def test_without_votes_the_class_stands_in(no_votes):
    np.testing.assert_array_equal(vote_shares(no_votes), np.eye(9)[no_votes.labels])
    target = get_dls(no_votes, size=32, bs=16, target="votes", device="cpu").one_batch()[1]
    assert target.shape == (16, 9) and set(np.unique(target)) == {0, 1}


def test_get_dls_learns_the_votes_it_is_given(comp):
    votes = np.random.default_rng(0).dirichlet(np.ones(9), len(comp.labels)).astype(np.float32)
    dls = get_dls(comp, size=32, bs=16, target="votes", votes=votes, device="cpu")
    seen = torch.cat([b[1].as_subclass(torch.Tensor) for b in dls.valid]).numpy()
    np.testing.assert_array_equal(seen, votes[list(dls.valid.dataset.items)])


def test_held_out_rows_are_validated_and_neither_they_nor_the_splits_are_trained_on(comp):
    usual = get_dls(comp, size=32, bs=16, device="cpu")
    held_out = np.zeros(len(comp.labels), bool)
    held_out[np.array(list(usual.train.dataset.items))[::3]] = True
    dls = get_dls(comp, size=32, bs=16, held_out=held_out, device="cpu")
    train, valid = set(dls.train.dataset.items), set(dls.valid.dataset.items)
    assert valid == set(np.flatnonzero(held_out))
    assert train == set(usual.train.dataset.items) - valid and not train & set(usual.valid.dataset.items)


def test_test_pictures_are_trained_on_with_what_is_thought_of_them(comp):
    usual = get_dls(comp, size=32, bs=16, target="votes", device="cpu")
    pseudo = np.random.default_rng(0).dirichlet(np.ones(9), len(comp.test_ids)).astype(np.float32)
    dls = get_dls(comp, size=32, bs=16, target="votes", pseudo=pseudo, augment=[], device="cpu")
    n, before, rows = len(comp.labels), len(usual.train.dataset), np.array(list(dls.train.dataset.items))
    np.testing.assert_array_equal(rows[:before], list(usual.train.dataset.items))
    np.testing.assert_array_equal(rows[before:] - n, np.arange(len(pseudo)))
    assert list(dls.valid.dataset.items) == list(usual.valid.dataset.items)
    faces, shares = dls.train.read([before + 3, 0, before])  # as a batch is read: rows of both kinds, in any order
    np.testing.assert_array_equal(shares[[0, 2]], pseudo[[3, 0]])
    tests, _ = get_test_dl(dls, comp)
    np.testing.assert_array_equal(faces[[0, 2]], tests.read([3, 0])[0])
    np.testing.assert_array_equal(faces[1], usual.train.read([0])[0][0])


def test_of_test_pictures_that_train_csv_has_none_is_trained_on(comp, monkeypatch):
    n, count = len(comp.labels), len(comp.test_ids)
    groups = np.arange(n + count)
    groups[n + 2] = np.flatnonzero(frozen_split(comp))[0]  # a copy of a picture of validation
    monkeypatch.setattr("emofast.data.loaders.duplicate_groups", lambda *sets: groups)
    dls = get_dls(comp, size=32, bs=16, target="votes", pseudo=np.full((count, 9), 1 / 9, np.float32), device="cpu")
    rows = np.array(list(dls.train.dataset.items))
    assert n + 2 not in rows and (rows >= n).sum() == count - 1


def test_test_pictures_count_among_those_of_a_quick_look(comp):
    pseudo = np.full((len(comp.test_ids), 9), 1 / 9, np.float32)
    dls = get_dls(replace(comp, max_rows=40), size=32, bs=16, target="votes", pseudo=pseudo, device="cpu")
    rows = np.array(list(dls.train.dataset.items))
    assert len(rows) == 40 and 0 < (rows >= len(comp.labels)).sum() < 40


def test_balance_draws_rare_classes_as_often_as_common_ones(comp):
    torch.manual_seed(0)
    np.random.seed(0)

    def shown(balance):
        dls = get_dls(comp, size=32, bs=16, balance=balance, device="cpu")
        return np.concatenate([np.array(list(dls.train.dataset.items))[dls.train.get_idxs()] for _ in range(30)])

    occurs = np.bincount(comp.labels[np.unique(shown(0))], minlength=9)
    even = np.bincount(comp.labels[shown(1.0)], minlength=9) / (30 * occurs.sum())
    assert occurs.max() > 1.2 * occurs.min()
    np.testing.assert_allclose(even, 1 / 9, atol=0.02)
    assert (np.bincount(comp.labels[shown(0)], minlength=9) == 30 * occurs).all()


def test_out_of_fold_asks_networks_that_have_not_seen_the_picture(no_votes):
    trained_on, folds = [], []

    def make(votes, held_out=None):
        dls = get_dls(no_votes, size=32, bs=16, channels=1, target="votes", votes=votes, held_out=held_out, device="cpu")
        assert not set(dls.train.dataset.items) & set(dls.valid.dataset.items)
        trained_on.append(len(dls.train.dataset.items))
        folds.append(held_out)
        learn = emotion_learner(dls, "test_resnet")
        learn.remove_cb(learn.progress)
        return learn

    torch.manual_seed(0)
    soft = out_of_fold(no_votes, make, 1, lr=1e-3)
    copies = duplicate_groups((no_votes.train_pictures, no_votes.train_names))
    assert len(set(copies)) < len(copies) and not any(set(copies[held]) & set(copies[~held]) for held in folds)
    classes = np.eye(9)[no_votes.labels]
    assert soft.shape == classes.shape and len(trained_on) == 3
    np.testing.assert_allclose(soft.sum(1), 1, atol=1e-5)
    assert (soft[classes == 1] >= 0.5).all() and (soft[classes == 0] > 0).mean() > 0.9
