import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_dlib_face import normalised, smooth_picture

from emofast import paths
from emofast.errors import EmofastError, NoWeights
from emofast.nets.groups import split_stages
from emofast.nets.pretrained import SFACE_FILE, create_network
from emofast.nets.sface import SFace, _Leak, load_sface, read_tensors

NAME = SFACE_FILE[1]


@pytest.fixture
def file():
    path = paths.PROJECT / ".cache" / NAME
    if not path.is_file():
        pytest.skip(f"{path} is not there (OpenCV Zoo, 39 MB)")
    return path


@pytest.mark.parametrize("channels", [1, 3])
def test_the_body_is_opencvs(file, channels):
    """What OpenCV's own reader makes of the whole file, from our features and the file's last layers."""
    picture = smooth_picture(112)
    if channels == 1:
        picture = np.repeat(picture[..., :1], 3, 2)
    theirs = cv2.dnn.readNetFromONNX(str(file))
    theirs.setInput(picture.transpose(2, 0, 1)[None].astype(np.float32))
    net, t = SFace(9, channels).eval(), {name: torch.from_numpy(a.copy()) for name, a in read_tensors(file).items()}
    load_sface(net, file)

    def norm(x, name):
        return F.batch_norm(x, *(t[f"{name}_{part}"] for part in ("moving_mean", "moving_var", "gamma", "beta")), eps=2e-5)

    with torch.inference_mode():
        maps = net.stages(normalised(picture, channels) * net.scale + net.offset)
        ours = norm(F.linear(norm(maps, "bn1").flatten(1), t["pre_fc1_weight"], t["pre_fc1_bias"]), "fc1")
    np.testing.assert_allclose(ours.numpy(), theirs.forward(), atol=1e-4)


def test_the_cheap_slopes_are_those_of_prelu():
    x, slope = torch.randn(2, 3, 4, 4, dtype=torch.float64, requires_grad=True), torch.tensor([0.25, -0.1, 1.5], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: _Leak.apply(x, slope.view(1, -1, 1, 1)), x)
    torch.testing.assert_close(_Leak.apply(x, slope.view(1, -1, 1, 1)), F.prelu(x, slope))


@pytest.mark.parametrize("size", [48, 64, 112])
def test_a_face_of_any_size_trains_every_stage(size):
    net = create_network("sface_mobilenet", 9, channels=1, weights="none", drop=0.3)
    net(torch.randn(2, 1, size, size)).square().sum().backward()
    groups = split_stages(net)
    assert len(groups) == 6 and all(p.grad.abs().sum() > 0 for g in groups for p in g if p.dim() > 1)


def test_without_the_file_and_the_hub_the_message_says_where_to_put_it(monkeypatch, tmp_path):
    monkeypatch.setenv("EMOFAST_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(NoWeights, match=rf"put {NAME} of OpenCV Zoo into {tmp_path}, or.*--weights none"):
        create_network("sface_mobilenet", 9, weights="sface")
    (tmp_path / NAME).write_bytes(b"something else")
    with pytest.raises(EmofastError, match="damaged or of another version"):
        create_network("sface_mobilenet", 9, weights="sface")


def test_another_networks_file_is_one_sentence(tmp_path):
    import onnx

    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [])), tmp_path / "net.onnx")
    with pytest.raises(EmofastError, match="is not SFace"):
        load_sface(SFace(9), tmp_path / "net.onnx")
