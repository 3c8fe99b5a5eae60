"""A model onto the Hugging Face Hub: ONNX, safetensors and two cards, one for people and one for programs. Never a pickle."""

import json
import re
import tempfile
from pathlib import Path

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.nets.groups import network_of
from emofast.paths import sha256
from emofast.recognition.card import card_of, read_card, refuse_unvouched, write_card
from emofast.recognition.hub import hub
from emofast.recognition.model_files import unpickle
from emofast.recognition.recognizer import find_model


def publish(to: str, model: str | Path | None = None, private: bool = False) -> str:
    """Put a model (default: the shipped one) into the Hub's repository `ORG/NAME`, made where there is none; returns its address.

    Raises `EmofastError` for a model that is not whole, a name that is none, nobody signed in, and whatever the Hub refuses.
    """
    with hub(to) as client:
        if not client.get_token():
            raise EmofastError("nobody is signed in to the Hugging Face Hub; make a token that may write at "
                               "https://huggingface.co/settings/tokens, then: hf auth login (or set HF_TOKEN)")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        write_repository(find_model(model), Path(folder), to)
        with hub(to) as client:
            api = client.HfApi()
            address = api.create_repo(to, exist_ok=True, private=private or None)
            if private and not api.model_info(to).private:  # of one that is there already the Hub does not change that
                way = f"make it private at {address}/settings, or name another one"
                raise EmofastError(f"{to} is there already, for everybody to see; {way}")
            api.upload_folder(repo_id=to, folder_path=folder, commit_message="emofast publish")
    return str(address)


def write_repository(model: Path, folder: Path, name: str) -> None:
    """Write what the Hub gets of the exported `model` into `folder`. Raises `EmofastError` unless its card vouches for .onnx and .pkl."""
    from safetensors.torch import save_file

    onnx, pkl, card = model.with_suffix(".onnx"), model.with_suffix(".pkl"), {"mirrored": False} | (read_card(model) or {})
    for path in (onnx, pkl, card_of(model)):
        if not path.is_file():
            raise EmofastError(f"{path} is missing: what is published is all that `python -m emofast export` makes; export the model anew")
    for path in (onnx, pkl):
        refuse_unvouched(path)
    tensors = {key: value.contiguous() for key, value in network_of(unpickle(pkl).model).state_dict().items()}
    network = {key: json.dumps(card[key]) for key in ("architecture", "input", "target", "emotions", "mirrored")}
    weights, twin = folder / "emofast.safetensors", folder / "emofast.onnx"
    save_file(tensors, weights, metadata={"format": "pt", **network})
    twin.write_bytes(onnx.read_bytes())
    card["sha256"] = {path.name: sha256(path) for path in (twin, weights)}
    write_card(twin, card)
    (folder / "README.md").write_text(_readme(card, name), encoding="utf-8")


def _readme(card: dict, name: str) -> str:
    """The model card as the Hub shows it: its metadata, what the model is, how good, how to use it, and what not to use it for."""
    from huggingface_hub import EvalResult, ModelCardData

    card, data = card | card.get("onnx", {}), card.get("training_data", "unknown data")  # scores of the file that is published
    kind = re.sub(r"[^\w.-]+", "-", data, flags=re.ASCII).strip("-") or "unknown"  # the Hub takes no other letters here
    results = [
        EvalResult("image-classification", kind, data, metric, card[key], dataset_split="validation", metric_name=metric)
        for metric, key in (("accuracy", "accuracy"), ("f1", "macro_f1"))
        if key in card
    ]
    tags = ["emotion-recognition", "facial-expression-recognition", "fastai", "onnx", "safetensors"]
    facts = ModelCardData(license="other", library_name="emofast", pipeline_tag="image-classification", tags=tags,
                          model_name=name.split("/")[1], eval_results=results or None)  # fmt: skip
    size, channels = card["input"]["size"], card["input"]["channels"]
    low, high = card.get("accuracy_95", (float("nan"),) * 2)
    measured = f"{card['accuracy']:.1%} (95 %: {low:.1%} to {high:.1%}) on {card['accuracy_on']}" if "accuracy" in card else "not measured"
    recall = "".join(f"| {e} | {'–' if r is None else f'{r:.1%}'} |\n" for e, r in card.get("recall", {}).items())
    eight = " It computes in eight bits; the scores below are its own." if "onnx" in card else ""
    digests = "".join(f"- `{file}`: `{digest}`\n" for file, digest in card["sha256"].items())
    return f"""---
{facts.to_yaml()}
---

# {name}

Nine emotions ({", ".join(EMOTIONS)}) from the picture of a face: {card["architecture"]}, {card["parameters"] / 1e6:.1f} M parameters,
{size} px, {"grey" if channels == 1 else "colour"}. Trained on {data}; made by emofast, which finds the faces too.

```python
from emofast import EmotionRecognizer  # emofast with its extra hub

recognizer = EmotionRecognizer("hf:{name}")  # checks the SHA-256 below
recognizer.predict(face).emotion             # face: uint8, BGR [h, w, 3] or grey [h, w]
```

`emofast.onnx` takes `faces`, uint8 [n, {channels}, {size}, {size}], and gives `probabilities` [n, 9] and `valence_arousal` [n, 2];
normalisation, softmax, class factors and temperature are inside.{eight} `emofast.safetensors` holds the
PyTorch weights of the network itself{", which looks at every face twice, mirrored too" * card["mirrored"]}; `emofast.json` has everything
measured. Look at the terms of {data}, and of the weights that the network began with, before you sell anything.

Accuracy: {measured}. Macro F1: {card.get("macro_f1", "not measured")}. Valence and arousal: {card["valence_arousal"]}.

| emotion | recall |
|---|---|
{recall}
## Not for

{"".join(f"- {use}{chr(10)}" for use in card.get("not_for", ()))}
## SHA-256

{digests}"""
