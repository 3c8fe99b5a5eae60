import platform

import numpy as np
import pytest
import torch
from processes import run_python

from emofast.data import get_dls, get_test_dl, read_competition
from emofast.errors import EmofastError
from emofast.nets.groups import network_of
from emofast.nets.heads import ClassPointLoss, FocalLoss, PointLoss, cross_entropy
from emofast.nets.pretrained import create_network
from emofast.nets.small import SMALL
from emofast.training import MixUp, emotion_learner
from emofast.training.precision import Precision, choose_device, choose_precision
from emofast.training.predictions import fit_decoder, predict, raw_outputs, training_dl

TINY = "test_resnet"
OUTPUTS = {"class": 9, "votes": 9, "va": 2, "class+va": 11}


@pytest.fixture(scope="module")
def comp(drawn):
    return read_competition(drawn)


def make(comp, target="class", arch=TINY, **kwargs):
    dls = get_dls(comp, size=32, bs=32, target=target, device="cpu")
    return emotion_learner(dls, arch, **kwargs)


def test_a_network_learns_its_training_pictures(comp):
    """Which needs each picture's own label, a loss that falls and weights that follow it."""
    torch.manual_seed(0)
    learn = make(comp, arch="shallow_resnet")
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(20, 5e-3)
    with training_dl(learn) as dl:
        right = predict(learn, dl).probabilities.argmax(1) == comp.labels[dl.dataset.items]
    assert right.mean() > 0.5  # chance is .11


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize("mixed", [False, True])
def test_every_target_trains_predicts_and_exports(comp, target, mixed, tmp_path):
    torch.manual_seed(0)
    learn = make(comp, target)
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(2, 1e-2, cbs=MixUp() if mixed else None)
    assert learn.spec.target == target and learn.spec.size == 32
    losses = [float(v) for v in learn.recorder.losses]
    assert np.isfinite(losses).all()
    decoder = fit_decoder(learn, comp.labels)
    seen = predict(learn, learn.dls.valid, decoder=decoder)
    assert raw_outputs(learn, learn.dls.valid).shape[1] == OUTPUTS[target]
    np.testing.assert_allclose(seen.probabilities.sum(1), 1, atol=1e-4)
    assert seen.va.shape == (len(seen.probabilities), 2) and np.abs(seen.va).max() <= 1

    from fastai.learner import load_learner

    learn.export(tmp_path / "learner.pkl")
    again = load_learner(tmp_path / "learner.pkl")
    assert again.spec == learn.spec
    dl, _ = get_test_dl(learn.dls, comp)
    x = next(iter(dl))[0].as_subclass(torch.Tensor)
    with torch.inference_mode():
        assert torch.equal(again.model.eval()(x), learn.model.eval().float()(x))


def test_tta_is_the_mean_of_a_face_and_its_mirror(comp):
    learn = make(comp)
    plain = raw_outputs(learn, learn.dls.valid)
    mirrored = [(b[0].flip(-1), *b[1:]) for b in learn.dls.valid]
    np.testing.assert_allclose(raw_outputs(learn, learn.dls.valid, tta=True), (plain + raw_outputs(learn, mirrored)) / 2, atol=1e-6)


@pytest.mark.parametrize("arch", [*SMALL, "test_resnet", "test_convnext", "test_vit"])
def test_groups_are_all_parameters_each_once(comp, arch):
    dls = get_dls(comp, size=160 if "vit" in arch else 32, bs=16)
    for split in ("head", "stages"):
        learn = emotion_learner(dls, arch, split=split)
        groups = learn.splitter(learn.model)
        flat = [id(p) for g in groups for p in g]
        assert sorted(flat) == sorted(id(p) for p in learn.model.parameters())
        assert [id(p) for p in groups[-1]] == [id(p) for p in network_of(learn.model).get_classifier().parameters()]
        assert len(groups) == 2 if split == "head" else len(groups) > 2


def test_stages_take_different_rates(comp):
    learn = make(comp, split="stages")
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(1, slice(1e-5, 1e-2))
    rates = [h["lr"] for h in learn.opt.hypers]
    assert len(rates) > 2 and rates == sorted(rates) and rates[-1] > 100 * rates[0]


def test_weights_from_a_file(comp, tmp_path, capsys):
    donor = make(comp)
    torch.save(donor.model.state_dict(), tmp_path / "w.pth")
    learn = emotion_learner(donor.dls, TINY, weights=str(tmp_path / "w.pth"))
    assert all(torch.equal(a, b) for a, b in zip(donor.model.state_dict().values(), learn.model.state_dict().values()))
    assert all(p.requires_grad for p in learn.model.parameters())
    other = emotion_learner(get_dls(comp, size=32, bs=16, target="va"), TINY, weights=str(tmp_path / "w.pth"))
    assert "the others stay random" in capsys.readouterr().out
    assert other.spec.target == "va"


def test_damaged_weights_file(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"nothing")
    with pytest.raises(EmofastError, match=r"w\.pth is not a state-dict file"):
        create_network(TINY, 9, weights=str(tmp_path / "w.pth"))


def test_losses_reduce_alike():
    torch.manual_seed(0)
    label, votes, va = torch.randint(0, 9, (16,)), torch.rand(16, 9).softmax(1), torch.rand(16, 2)
    for make, out, target in (
        (cross_entropy, 9, label),
        (cross_entropy, 9, votes),
        (FocalLoss, 9, label),
        (FocalLoss, 9, votes),
        (PointLoss, 2, va),
        (ClassPointLoss, 11, torch.cat([votes, va], 1)),
    ):
        outputs, loss = torch.randn(16, out), make()
        mean = loss(outputs, target)
        loss.reduction = "none"
        each = loss(outputs, target)
        assert each.shape == (16,) and torch.allclose(each.mean(), mean)
    hard, logits = torch.nn.functional.one_hot(label, 9).float(), torch.randn(16, 9)
    for loss in (cross_entropy(), cross_entropy(0.1), FocalLoss()):
        assert torch.allclose(loss(logits, label), loss(logits, hard))


def test_class_weights_weigh_and_focal_loss_looks_away_from_the_sure():
    logits, label = torch.tensor([[4.0] + [0.0] * 8, [0.0] * 9]), torch.tensor([0, 1])
    losses = [cross_entropy(), cross_entropy(class_weights=[1, 3] + [1] * 7), FocalLoss()]
    for loss in losses:
        loss.reduction = "none"
    plain, weighted, focal = (loss(logits, label) for loss in losses)
    assert torch.allclose(weighted, plain * torch.tensor([1.0, 3.0]))
    assert torch.allclose(focal / plain, (1 - (-plain).exp()) ** 2)


def test_precision_is_chosen_with_a_reason_and_really_used(comp, monkeypatch):
    precision = choose_precision(torch.device("cpu"))
    assert precision.name in ("bf16", "fp32") and "CPU" in precision.reason
    monkeypatch.setattr("emofast.training.precision.choose_precision", lambda device: Precision("bf16", "this test"))
    learn = make(comp)
    kinds, layouts = set(), set()
    convolution = next(mod for mod in learn.model.modules() if isinstance(mod, torch.nn.Conv2d))

    def look(module, inputs, output):
        kinds.add(output.dtype)
        layouts.add(inputs[0].is_contiguous(memory_format=torch.channels_last))

    convolution.register_forward_hook(look)
    with learn.no_bar(), learn.no_logging():
        learn.fit(1)
    assert kinds == {torch.bfloat16} and layouts == {True}
    assert next(learn.model.parameters()).dtype == torch.float32


TRAIN_THEN_USE_MEMORY = """
import resource, sys, torch
from emofast.data import get_dls
from emofast.training import emotion_learner
learn = emotion_learner(get_dls(sys.argv[1], 32, 32, device="cpu"), "test_resnet")
with learn.no_bar(), learn.no_logging():
    learn.fit(1)
def use():
    torch.empty(64 << 20, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = [use() for _ in range(20)]
print(counts[-1] - counts[4])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_a_processor_that_trains_keeps_its_memory(drawn, own_artifacts):
    """64 MB have 16,384 pages, which the system would have to clear each time."""
    done = run_python("-c", TRAIN_THEN_USE_MEMORY, drawn)
    assert done.returncode == 0 and int(done.stdout) < 1000, done.stderr


def test_depthwise_convolutions_stay_in_fp32_while_a_processor_trains_in_bf16(comp, monkeypatch):
    monkeypatch.setattr("emofast.training.precision.choose_precision", lambda device: Precision("bf16", "this test"))
    learn = make(comp, arch="test_efficientnet")
    kinds = {True: set(), False: set()}
    convolutions = [mod for mod in learn.model.modules() if isinstance(mod, torch.nn.Conv2d)]
    with learn.no_bar(), learn.no_logging():
        look = [c.register_forward_hook(lambda m, _, out: kinds[m.groups > 1].add(out.dtype)) for c in convolutions]
        learn.fit(1)
    for hook in look:
        hook.remove()
    assert kinds == {True: {torch.float32}, False: {torch.bfloat16}}
    assert not any(c._forward_hooks or c._forward_pre_hooks for c in convolutions), "an exported learner carries no hook"


def test_asking_for_a_missing_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device().type == "cpu"
    with pytest.raises(EmofastError, match="--device cpu"):
        choose_device("cuda")


@pytest.mark.parametrize(("capability", "taken"), [((6, 0), False), ((7, 5), True), ((12, 1), True)])
def test_a_gpu_that_torch_has_no_code_for_is_refused(capability, taken, monkeypatch):
    known = {"is_available": True, "get_arch_list": ["sm_75", "sm_90a", "compute_120"], "get_device_name": "Old Card",
             "get_device_capability": capability}  # fmt: skip
    for name, value in known.items():
        monkeypatch.setattr(torch.cuda, name, lambda value=value: value)
    if taken:
        assert choose_device().type == choose_device("cuda").type == "cuda"
    else:
        with pytest.raises(EmofastError, match="Old Card is too old"):
            choose_device()
    assert choose_device("cpu").type == "cpu"


def test_a_file_without_a_state_dict_is_one_sentence(comp, tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(EmofastError, match="no tensor that fits"):
        create_network("test_resnet", 9, weights=str(tmp_path / "list.pth"))
