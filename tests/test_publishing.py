"""`emofast publish` and `hf:ORG/NAME`: a model onto the Hub and back, through the real client and a server of its own."""

import json
import os
import sys

import numpy as np
import pytest
from loopback import HubServer, running
from processes import PROJECT, run_python

from emofast import EmotionRecognizer
from emofast.cli import main
from emofast.errors import EmofastError

READ = """
import sys
from emofast import EmotionRecognizer
print(EmotionRecognizer("hf:ada/faces"))
assert "torch" not in sys.modules
"""


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The server; this process's client has it for the Hub, an empty cache, and a token that may write."""
    from huggingface_hub import constants

    with running(HubServer()) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "home" / "token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", "good")
        monkeypatch.delenv("EMOFAST_ARTIFACTS")  # the shipped model
        yield server


def test_the_shipped_model_goes_out_and_comes_back(hub, monkeypatch, tmp_path, capsys):
    import torch
    from huggingface_hub import constants
    from safetensors.torch import load

    from emofast.nets.groups import network_of
    from emofast.recognition.model_files import unpickle

    assert main(["publish", "--to", "ada/faces"]) == 0
    assert f"{hub.url}/ada/faces" in capsys.readouterr().out
    files = hub.repositories["ada/faces"]
    assert main(["publish", "--to", "ada/ours", "--private"]) == 0 and hub.private == {"ada/ours"}
    assert set(files) == {"emofast.onnx", "emofast.safetensors", "emofast.json", "README.md"}, "no pickle"
    card, page = json.loads(files["emofast.json"]), files["README.md"].decode()
    assert page.startswith("---\n") and "pipeline_tag: image-classification" in page and f"value: {card['onnx']['accuracy']}" in page
    assert card["sha256"]["emofast.onnx"] in page and "hiring" in page and 'EmotionRecognizer("hf:ada/faces")' in page
    assert "license: other" in page and "before you sell anything" in page
    model = network_of(unpickle(PROJECT / "artifacts" / "emofast.pkl").model)
    published, trained = load(files["emofast.safetensors"]), model.state_dict()
    assert published.keys() == trained.keys() and all(torch.equal(published[k], trained[k]) for k in trained)

    face = [np.arange(2500, dtype=np.uint8).reshape(50, 50)]
    there, here = EmotionRecognizer("hf:ada/faces"), EmotionRecognizer(PROJECT / "artifacts" / "emofast.onnx")
    assert np.array_equal(there.probabilities(face), here.probabilities(face))
    env = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    again = run_python("-c", READ, env=env)
    assert again.returncode == 0 and "48 px, grey" in again.stdout, f"fetched once, it needs neither network nor torch: {again.stderr}"

    files["emofast.onnx"] = files["emofast.onnx"][:-1] + b"x"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(EmofastError, match=r"its SHA-256 is not the one in emofast.json"):
        EmotionRecognizer("hf:ada/faces")


PUBLISH = ("publish", "--to", "ada/faces")


@pytest.mark.parametrize(
    ("args", "token", "says"),
    [
        (PUBLISH, "", "nobody is signed in to the Hugging Face Hub"),
        (PUBLISH, "bad", "hf auth login"),
        (("publish", "--to", "ada"), "good", "give hf:ORG/NAME"),
        (("webcam", "--model", "hf:ada/nothing"), "good", "the Hub has no model ada/nothing"),
        (("webcam", "--model", "hf:ada/cats"), "good", "holds no emofast.onnx and emofast.json"),
        (("trailer", "e.mp4", "--out", "x", "--model", "hf:a b/c"), "good", "hf:a b/c is no name on the Hub"),
        (PUBLISH, "offline", "the Hub cannot be reached for ada/faces"),
        (("season", "s.csv", "--out", "x", "--model", "hf:ada/faces"), "offline", "look at your network"),
        (("webcam", "--model", "hf:ada/faces"), "no package", "pip install '.[hub]' in emofast's folder"),
        (("publish", "--to", "ada/cats", "--private"), "good", "ada/cats is there already, for everybody to see"),
    ],
)
def test_what_goes_wrong_is_one_sentence(hub, monkeypatch, capsys, args, token, says):
    from huggingface_hub import constants

    hub.repositories["ada/cats"] = {"README.md": b"cats"}
    monkeypatch.setenv("HF_TOKEN", token)
    if token == "offline":
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    if token == "no package":
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert main(list(args)) == 2
    told = capsys.readouterr().err
    assert says in told and told.startswith("error: ") and told.count("\n") == 1
