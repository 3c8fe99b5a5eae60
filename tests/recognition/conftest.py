"""Drawn people and a small exported model, made once."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def people():
    """`people(positions, size, face)`: a frame, uint8 BGR, with a drawn face of `face` pixels centred at each (x, y)."""
    from emofast.sample import Identity, action_units, draw_into

    rng = np.random.default_rng(11)
    crowd = [Identity.random(rng) for _ in range(4)]

    def draw(positions, size=(640, 480), face=120):
        frame = np.full((size[1], size[0], 3), (120, 128, 136), np.uint8)
        for person, position in zip(crowd, positions):
            draw_into(frame, person, action_units("happy", 0.4), position, face)
        return frame

    return draw


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Path:
    """Folder with a small exported grey class model: emofast.pkl, emofast.onnx, emofast.json."""
    from small_learner import make_learner

    from emofast.recognition.export import export_model

    folder = tmp_path_factory.mktemp("exported")
    export_model(make_learner(folder / "training"), folder / "model", temperature=1.3)
    return folder / "model"
