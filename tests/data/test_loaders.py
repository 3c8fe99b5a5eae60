import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from emofast import EMOTIONS
from emofast.data import batches, get_dls, get_test_dl, read_competition
from emofast.data.batches import FacesDL
from emofast.data.cache import PixelCache
from emofast.data.competition import target_va
from emofast.emotions import CENTRES
from emofast.errors import EmofastError
from emofast.faces import prepare_face


@pytest.fixture(scope="module")
def comp(drawn):
    return read_competition(drawn)


@pytest.mark.parametrize(("size", "channels"), [(32, 1), (32, 3), (64, 3)])
def test_batches_are_normalised_at_every_size(comp, size, channels):
    dls = get_dls(comp, size=size, bs=16, channels=channels, augment=[])
    faces, label = dls.one_batch()
    assert faces.shape == (16, channels, size, size) and faces.dtype == torch.float32
    assert label.shape == (16,) and label.dtype == torch.int64
    mean, std = (torch.tensor(s).view(1, -1, 1, 1) for s in dls.stats)
    pixels = faces.as_subclass(torch.Tensor) * std + mean
    assert pixels.min() >= -1e-4 and pixels.max() <= 1 + 1e-4 and pixels.std() > 0.05


def test_one_read_gives_the_same_batch_as_item_by_item(comp):
    """The fast way and fastai's own way to the same numbers."""
    dls = get_dls(comp, size=32, bs=8, target="class+va")
    slow = [dls.valid.dataset[i] for i in range(8)]
    faces, target = dls.valid.read(list(range(8)))
    assert torch.equal(faces, torch.stack([s[0] for s in slow]))
    assert type(target) is type(slow[0][1]) and torch.equal(target, torch.stack([s[1] for s in slow]))


def test_a_gpu_that_has_room_keeps_the_pictures(comp, monkeypatch):
    """Without a GPU here: the processor plays one, and must get the same batches from one read of the whole cache."""
    expected = list(get_dls(comp, size=32, bs=8, augment=[]).valid)
    asked = []
    monkeypatch.setattr(batches, "has_room", lambda device, nbytes, held: asked.append((nbytes, held)) or len(asked) == 1)
    monkeypatch.setattr(batches, "CHUNK", 50)
    valid, reads = get_dls(comp, size=32, bs=8, augment=[]).valid, []
    rows = PixelCache.rows
    monkeypatch.setattr(PixelCache, "rows", lambda self, indices: reads.append(indices) or rows(self, indices))
    for a, b in zip(expected, valid):
        assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
    n = len(comp.train_names)
    assert [(r.start, r.stop) for r in reads] == [(k, k + 50) for k in range(0, n, 50)], "piece by piece, each once"
    reader = valid.dataset.tls[0].tfms.fs[0]
    again = get_dls(comp, size=32, bs=8, augment=[]).valid
    next(iter(again))
    assert again.dataset.tls[0].tfms.fs[0].on_gpu is reader.on_gpu, "loaders of one cache share it"
    other = get_dls(comp, size=24, bs=8, augment=[]).valid
    next(iter(other))
    assert other.dataset.tls[0].tfms.fs[0].on_gpu is False and asked == [(n * 3 * 32 * 32, 0), (n * 3 * 24 * 24, n * 3 * 32 * 32)]
    assert reader.on_gpu.dtype == torch.uint8 and pickle.loads(pickle.dumps(reader)).on_gpu is None


def test_labels_belong_to_their_pictures(comp):
    dls = get_dls(comp, size=32, bs=8, channels=1, augment=[])
    rows = dls.valid.dataset.items
    _, label = next(iter(dls.valid))
    for i in range(8):
        assert EMOTIONS[int(label[i])] == EMOTIONS[comp.labels[rows[i]]]
        assert comp.train_names[rows[i]].split("/")[1] == EMOTIONS[int(label[i])]
    assert set(dls.train.dataset.items).isdisjoint(rows)


def test_every_target_is_one_tensor(comp):
    shapes = {"class": (8,), "votes": (8, 9), "va": (8, 2), "class+va": (8, 11)}
    batches = {target: get_dls(comp, size=32, bs=8, target=target).one_batch() for target in shapes}
    assert {target: tuple(b[1].shape) for target, b in batches.items()} == shapes and {len(b) for b in batches.values()} == {2}
    assert torch.allclose(batches["votes"][1].as_subclass(torch.Tensor).sum(1), torch.ones(8))
    with pytest.raises(EmofastError, match="the targets are class, votes, va, class"):
        get_dls(comp, size=32, target="vote")


def test_valence_arousal_is_the_truth_or_the_votes_or_the_class(comp):
    assert np.array_equal(target_va(comp), comp.va)  # drawn faces: the truth
    without_truth = replace(comp, va=None)
    np.testing.assert_allclose(target_va(without_truth), comp.votes @ np.array(CENTRES), atol=1e-6)
    np.testing.assert_allclose(target_va(replace(without_truth, votes=None)), np.array(CENTRES)[comp.labels], atol=1e-6)


def test_augmentation_is_for_training_only(comp):
    dls = get_dls(comp, size=32, bs=8)
    first, second = ([b[0].clone() for b in dls.valid] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second))
    dls.train.shuffle_fn = lambda idxs: idxs
    a, b = (next(iter(dls.train))[0].as_subclass(torch.Tensor) for _ in range(2))
    assert (a - b).abs().mean() > 0.05


def test_test_pictures_are_treated_like_validation(comp):
    dls = get_dls(comp, size=32, bs=8)
    test_dl, readable = get_test_dl(dls, comp)
    batches = list(test_dl)
    assert readable.all() and sum(len(b[0]) for b in batches) == len(comp.test_ids)
    from emofast.data.pictures import decode_face

    mean, std = (np.array(s).reshape(-1, 1, 1) for s in dls.stats)
    face = decode_face(comp.test_pictures.read(comp.test_names[0]), 32, 3)
    np.testing.assert_allclose(batches[0][0][0].numpy(), (face / 255 - mean) / std, atol=1e-4)


@pytest.mark.parametrize("target", ["class", "votes", "va", "class+va"])
def test_show_batch_draws(comp, target):
    import matplotlib.pyplot as plt

    dls = get_dls(comp, size=32, bs=8, target=target)
    dls.show_batch(max_n=4)
    titles = [ax.get_title() for ax in plt.gcf().axes if ax.get_title()]
    plt.close("all")
    assert len(titles) == 4 and all(any(w in t for w in (*EMOTIONS, "valence")) for t in titles)


def test_a_small_set_gets_smaller_batches_aloud(comp, capsys):
    dls = get_dls(comp, size=32, bs=512)
    assert dls.train.bs == len(dls.train.dataset) and len(list(dls.train)) == 1
    assert "fewer than a batch of 512" in capsys.readouterr().err


def test_unreadable_training_pictures_are_left_out_aloud(data_copy, capsys):
    with zipfile.ZipFile(data_copy / "train.zip") as archive:
        archive.extractall(data_copy)
    names = read_competition(data_copy).train_names
    for name in (names[0], names[9]):
        (data_copy / name).write_bytes(b"\xff\xd8 cut")
    broken = read_competition(data_copy)
    dls = get_dls(broken, size=32, bs=8)
    assert {0, 9}.isdisjoint([*dls.train.dataset.items, *dls.valid.dataset.items])
    said = capsys.readouterr().err
    assert "2 training pictures cannot be read" in said and names[0] in said


def test_loaders_pickle_without_data(comp):
    dls = get_dls(comp, size=32, bs=8)
    empty = pickle.dumps(dls.new_empty())
    assert len(empty) < 50_000 and str(comp.folder).encode() not in empty
    again = pickle.loads(empty)
    face = np.random.default_rng(0).integers(0, 255, (90, 70, 3), np.uint8)
    batch = next(iter(again.test_dl([face])))[0]
    mean, std = (np.array(s).reshape(-1, 1, 1) for s in dls.stats)
    np.testing.assert_allclose(batch[0].numpy(), (prepare_face(face, 32) / 255 - mean) / std, atol=1e-4)
    assert isinstance(dls.train, FacesDL)
