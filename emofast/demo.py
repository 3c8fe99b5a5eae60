"""The trailer's demo: a drawn episode with drawn viewers, and a small network that reads drawn faces, made on the spot."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.faces import prepare_face
from emofast.network import NetworkSpec
from emofast.paths import cache
from emofast.recognition import Box, crop_face
from emofast.sample import Identity, Pose, action_units, draw_into
from emofast.sample.episode import DrawnEpisode, draw_episode

__all__ = ["demo_films", "demo_model"]

_SEED = 7
_FACES, _EPOCHS, _SIZE = 1500, 14, 48


def demo_films() -> DrawnEpisode:
    """An episode of 80 seconds and the films of its five viewers, drawn once and kept in the cache."""
    folder = cache() / "demo" / "films"
    started = time.monotonic()
    with console.status("drawing an episode and its five viewers"):
        films = draw_episode(folder, seed=_SEED)
    console.print(f"drawn episode and five viewers: {folder} ({time.monotonic() - started:.0f} s)")
    return films


def demo_model() -> Path:
    """A network trained for half a minute on drawn faces, kept in the cache; it knows nothing of real ones.

    The demo has its own because drawn viewers are no photographs; the project's model is for those.
    """
    folder = cache() / "demo" / "model"
    if (folder / "drawn.json").is_file():
        return folder / "drawn.onnx"
    started = time.monotonic()
    with console.status(f"training a small network on {_FACES} drawn faces, for this demo only"):
        _train(folder)
    console.print(f"trained a small network on {_FACES} drawn faces, for this demo only: {folder} ({time.monotonic() - started:.0f} s)")
    return folder / "drawn.onnx"


def _train(folder: Path) -> None:
    import emofast.training  # noqa: F401  sets how torch's threads wait, before torch is loaded
    import torch
    from fastai.callback.schedule import Learner  # with the one-cycle fit
    from fastai.data.core import DataLoaders
    from fastai.losses import CrossEntropyLossFlat
    from torch.utils.data import TensorDataset

    from emofast.recognition.export import export_model

    torch.manual_seed(_SEED)
    faces, labels = (torch.from_numpy(a) for a in _drawn_faces(np.random.default_rng(_SEED)))
    faces = (faces[:, None].float() / 255 - 0.5) / 0.25
    kept = _FACES // 6
    parts = TensorDataset(faces[kept:], labels[kept:]), TensorDataset(faces[:kept], labels[:kept])
    dls = DataLoaders.from_dsets(*parts, bs=50, num_workers=0, device="cpu")
    learn = Learner(dls, _network(), CrossEntropyLossFlat(), path=folder.absolute())
    learn.spec = NetworkSpec("small convolutional network", _SIZE, 1, (0.5,), (0.25,))
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(_EPOCHS, 5e-3)
    right = float((learn.get_preds()[0].argmax(1) == labels[:kept]).float().mean())
    folder.mkdir(parents=True, exist_ok=True)
    learn.export("learner.pkl")
    facts = {"training_data": f"{_FACES - kept} drawn faces", "accuracy": round(right, 4), "accuracy_on": f"{kept} drawn faces kept aside"}
    export_model(folder / "learner.pkl", folder, facts=facts, name="drawn")


def _drawn_faces(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Crops uint8 [n, size, size] as the tracker gives them, each of another person, and their classes int64 [n]."""
    faces, labels = np.empty((_FACES, _SIZE, _SIZE), np.uint8), rng.integers(len(EMOTIONS), size=_FACES)
    for k, label in enumerate(labels):
        emotion = EMOTIONS[label]
        side = rng.uniform(90, 110)
        frame = np.full((180, 180, 3), rng.uniform(60, 190, 3), np.uint8)
        intensity = 0.0 if emotion == "neutral" else rng.uniform(0.35, 1.0)
        pose = Pose(yaw=rng.normal(0, 6), pitch=rng.normal(0, 4), roll=rng.normal(0, 3))
        draw_into(frame, Identity.random(rng), action_units(emotion, intensity, rng), (90, 90), side, pose)
        x, y, w = (round(v) for v in (90 - side / 2 + rng.normal(0, 4), 90 - side / 2 + rng.normal(0, 4), side * rng.uniform(0.94, 1.06)))
        faces[k] = prepare_face(crop_face(frame, Box(x, y, w, w)), _SIZE, channels=1)[0]
    return faces, labels


def _network():
    from torch import nn

    def block(n_in: int, n_out: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(2))

    return nn.Sequential(block(1, 16), block(16, 32), block(32, 64), block(64, 96), nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 9, len(EMOTIONS)))
