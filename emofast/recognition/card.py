"""The model card beside a model: what it is, how good it is, and which files it vouches for."""

from __future__ import annotations

import json
from pathlib import Path

from emofast.errors import EmofastError
from emofast.paths import artifacts, atomic_write, sha256

__all__ = ["card_of", "read_card", "refuse_unvouched", "shipped_model", "write_card"]


def shipped_model() -> Path:
    """The model in `artifacts/`: ONNX, which starts in a second, else the learner. Raises `EmofastError` where there is none."""
    places = [artifacts() / "emofast.onnx", artifacts() / "emofast.pkl"]
    found = next((p for p in places if p.is_file()), None)
    if not found:
        raise EmofastError(
            f"there is no model yet, neither {places[0]} nor {places[1].name}; get the project with its artifacts folder, name one with "
            "--model FILE, or make one from a trained experiment: python -m emofast export EXPERIMENT --data NAME"
        )
    return found


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
        return {**card, "sha256": dict(card["sha256"])}
    except (ValueError, TypeError, KeyError) as e:
        raise EmofastError(
            f"the model card {path} is damaged ({type(e).__name__}: {e}); export the model anew, it is written with it"
        ) from None


def write_card(model: Path, card: dict) -> None:
    """Write the card beside a model file, whole or not at all."""
    with atomic_write(card_of(model)) as part:
        part.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def refuse_unvouched(pickle: Path) -> None:
    """Raise `EmofastError` unless the card beside a pickle names exactly this file.

    Loading a pickle runs whatever code is in it. The card does not make a stranger's file safe; it makes sure that the file is the
    one that came with its card, neither exchanged nor damaged on the way.
    """
    card = read_card(pickle)
    if card is None:
        reason = f"there is no model card {card_of(pickle).name} beside it"
    elif card["sha256"].get(pickle.name) != sha256(pickle):
        reason = f"its SHA-256 is not the one in {card_of(pickle).name}"
    else:
        return
    raise EmofastError(
        f"{pickle} is refused: loading a pickle runs the code in it, and {reason}; "
        "if you made it or trust who did, add --trust (Python: trust=True), or use the .onnx model, which holds no code"
    )
