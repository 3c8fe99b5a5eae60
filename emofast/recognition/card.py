"""The model card beside a model: what it is, how good it is, and which files it vouches for."""

import json
from pathlib import Path

from emofast.errors import EmofastError
from emofast.paths import atomic_write, sha256
from emofast.recognition.boxes import MARGIN


def card_of(model: Path) -> Path:
    """Where the card of a model file lies: `emofast.json` beside `emofast.pkl` and `emofast.onnx`."""
    return Path(model).with_suffix(".json")


def read_card(model: Path) -> dict | None:
    """The card beside a model file, None where there is none. Raises `EmofastError` for a damaged one."""
    path = card_of(model)
    if not path.exists():
        return None
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        margin = crop_margin(card.get("crop_margin", MARGIN))
        return {**card, "sha256": dict(card["sha256"]), "versions": dict(card.get("versions", {})), "crop_margin": margin}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError) as e:
        raise EmofastError(
            f"the model card {path} is damaged ({type(e).__name__}: {e}); export the model anew, it is written with it"
        ) from None


def crop_margin(value: float | str) -> float:
    """A crop margin as `crop_face` takes it. Raises `ValueError` for what is none."""
    margin = float(value)
    if not -0.5 < margin <= 2:
        raise ValueError(f"{value} is no crop margin, a share of a face box's side")
    return margin


def write_card(model: Path, card: dict) -> None:
    """Write the card beside a model file, whole or not at all."""
    with atomic_write(card_of(model)) as part:
        part.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def refuse_unvouched(model: Path) -> None:
    """Raise `EmofastError` unless the card beside a model file holds its SHA-256. An .onnx, which holds no code, may be without a card.

    Loading a pickle runs whatever code is in it. The card does not make a stranger's file safe; it makes sure that the file is the
    one that came with its card, neither exchanged nor damaged on the way.
    """
    card, name, is_onnx = read_card(model), card_of(model).name, model.suffix == ".onnx"
    if sha256(model) in card["sha256"].values() if card else is_onnx:
        return
    damaged = f"its SHA-256 is not the one in {name}: it is damaged, or of another export"
    reason = damaged if card else f"there is no model card {name} beside it"
    if is_onnx:
        raise EmofastError(f"{model} is refused: {reason}; fetch or export both again, or load it all the same with --trust (trust=True)")
    raise EmofastError(
        f"{model} is refused: loading a pickle runs the code in it, and {reason}; "
        "if you made it or trust who did, add --trust (Python: trust=True), or use the .onnx model, which holds no code"
    )
