import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from test_dlib_face import normalised, smooth_picture

from emofast import paths
from emofast.errors import EmofastError, NoWeights
from emofast.nets.groups import split_stages
from emofast.nets.pretrained import SFACE_FILE, create_network
from emofast.nets.sface import _STAGES, SFace, _Leak, load_sface, read_tensors

NAME = SFACE_FILE[1]
NORM = ("gamma", "beta", "moving_mean", "moving_var")


def drawn_file(path):
    """A file as OpenCV Zoo's, of drawn weights and without the last layers."""
    rng, nodes, tensors, x = np.random.default_rng(0), [], [], "x"

    def tensor(name, *shape, scale=1.0, shift=0.0):
        tensors.append(numpy_helper.from_array((scale * rng.normal(size=shape) + shift).astype(np.float32), name))
        return name

    def layer(x, name, n_in, n_out, size, stride, groups):
        weight = tensor(f"{name}_conv2d_weight", n_out, n_in // groups, size, size, scale=(size * size * n_in / groups) ** -0.5)
        norm = [tensor(f"{name}_batchnorm_{part}", n_out, scale=0.1, shift=part in ("gamma", "moving_var")) for part in NORM]
        nodes.append(helper.make_node("Conv", [x, weight], [f"{name}c"], strides=[stride] * 2, pads=[size // 2] * 4, group=groups))
        nodes.append(helper.make_node("BatchNormalization", [f"{name}c", *norm], [f"{name}b"], epsilon=1e-3))
        nodes.append(helper.make_node("PRelu", [f"{name}b", tensor(f"{name}_relu_gamma", n_out, 1, 1, scale=0.3)], [name]))
        return name

    x, before = layer(x, "conv_1", 3, 32, 3, 1, 1), 32
    for i, (width, stride) in enumerate((block for stage in _STAGES for block in stage), 2):
        x = layer(layer(x, f"conv_{i}_dw", before, before, 3, stride, before), f"conv_{i}", before, width, 1, 1, 1)
        before = width
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", x)]
    model = helper.make_model(helper.make_graph(nodes, "sface", ends[:1], ends[1:], tensors), opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("channels", [1, 3])
def test_the_stages_are_the_files_layers(tmp_path, channels):
    path, net = drawn_file(tmp_path / "net.onnx"), SFace(9, channels).eval()
    load_sface(net, path)
    faces = torch.randn(2, channels, 48, 48)
    theirs = onnxruntime.InferenceSession(path).run(None, {"x": faces.expand(-1, 3, -1, -1).numpy()})[0]
    with torch.inference_mode():
        np.testing.assert_allclose(net.stages(faces).numpy(), theirs, atol=1e-4)


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
        return F.batch_norm(x, *(t[f"{name}_{part}"] for part in (*NORM[2:], *NORM[:2])), eps=2e-5)

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
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [])), tmp_path / "net.onnx")
    with pytest.raises(EmofastError, match="is not SFace"):
        load_sface(SFace(9), tmp_path / "net.onnx")


def test_the_file_is_fetched_where_nobody_has_put_it(monkeypatch, tmp_path):
    fetched, asked = drawn_file(tmp_path / "fetched.onnx"), []
    monkeypatch.setenv("EMOFAST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("emofast.nets.pretrained.SFACE_FILE", (*SFACE_FILE[:2], paths.sha256(fetched)))
    monkeypatch.setattr("emofast.nets.pretrained.hf_hub_download", lambda *which: asked.append(which) or fetched)
    net = create_network("sface_mobilenet", 9, channels=3, weights="sface")
    assert asked == [SFACE_FILE[:2]]
    np.testing.assert_array_equal(net.stages[0][0][0].weight.detach(), read_tensors(fetched)["conv_1_conv2d_weight"])
