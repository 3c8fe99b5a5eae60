"""The trailer's demo: a drawn episode with drawn viewers, and a small network that reads drawn faces, made on the spot."""

from __future__ import annotations

import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.faces import prepare_face
from emofast.nets.spec import NetworkSpec
from emofast.paths import cache
from emofast.recognition import Box, crop_face
from emofast.sample import Identity, Pose, action_units, draw_into
from emofast.sample.episode import DrawnEpisode, draw_episode
from emofast.video.pipeline import Trailer

_SEED = 7
_FACES, _PARTS, _EPOCHS, _SIZE = 1200, 4, 14, 48


def demo_films() -> DrawnEpisode:
    """An episode of 80 seconds and the films of its five viewers, drawn into the cache."""
    folder = cache() / "demo" / "films"
    console.print("The demo's faces are drawn, and drawn faces need a network of their own: a small one is trained once and kept.")
    started = time.monotonic()
    with console.status("drawing an episode and its five viewers"):
        films = draw_episode(folder, seed=_SEED)
    console.print(f"drawn episode and five viewers: {folder} ({time.monotonic() - started:.0f} s)")
    return films


def demo_out() -> Path:
    """Where the demo's trailer goes unless `--out` says otherwise; made anew each time."""
    return cache() / "demo" / "trailer"


def tell_truth(films: DrawnEpisode, trailer: Trailer) -> None:
    """Print which of the planted events the trailer shows."""
    console.print("\nwhat was planted in the drawn episode:")
    for event in films.events:
        frame = int(event.peak * trailer.episode.rate)
        shown = next((c.moment.emotion for c in trailer.chosen if c.first <= frame < c.last), None)
        console.print(f"  {event.peak:5.1f} s  {event.emotion:<9}  " + (f"in the trailer as {shown}" if shown else "not in the trailer"))


def demo_model() -> Path:
    """A network trained for half a minute on drawn faces, kept in the cache; it knows nothing of real ones.

    The demo has its own because drawn viewers are no photographs; the project's model is for those.
    """
    folder = cache() / "demo" / "model"
    if (folder / "drawn.json").is_file():  # the card is written last
        return folder / "drawn.onnx"
    started = time.monotonic()
    with console.status(f"training a small network on {_FACES} drawn faces, for this demo only"):
        _train(folder)
    console.print(f"trained a small network on {_FACES} drawn faces, for this demo only: {folder} ({time.monotonic() - started:.0f} s)")
    return folder / "drawn.onnx"


def _train(folder: Path) -> None:
    import torch
    from fastai.callback.schedule import Learner  # with the one-cycle fit
    from fastai.data.core import Datasets
    from fastai.losses import CrossEntropyLossFlat

    from emofast.recognition.export import export_model

    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # the exporter's own
    torch.manual_seed(_SEED)
    torch.set_num_threads(1)  # so small a network only waits for its other threads
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        items = [item for part in pool.map(_drawn_faces, range(_SEED, _SEED + _PARTS)) for item in part]
    kept = len(items) // 6
    dsets = Datasets(items, [[_face], [_label]], splits=[range(kept, len(items)), range(kept)])
    learn = Learner(dsets.dataloaders(bs=50, device="cpu"), _network(), CrossEntropyLossFlat(), path=folder.absolute())
    learn.spec = NetworkSpec("small convolutional network", _SIZE, 1, (0.5,), (0.25,))
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(_EPOCHS, 5e-3)
        probabilities, labels = learn.get_preds()
    right = float((probabilities.argmax(1) == labels).float().mean())
    folder.mkdir(parents=True, exist_ok=True)
    learn.export("learner.pkl")
    facts = {
        "training_data": f"{len(items) - kept} drawn faces",
        "accuracy": round(right, 4),
        "accuracy_on": f"{kept} drawn faces kept aside",
    }
    export_model(folder / "learner.pkl", folder, facts=facts, name="drawn")


@dataclass(frozen=True)
class _Drawn:
    """A face, uint8 [size, size], and the number of its class; no tuple, for fastai would transform each part of one."""

    face: np.ndarray
    label: int


def _drawn_faces(seed: int) -> list[_Drawn]:
    """Faces as the tracker gives them, four expressions of each person."""
    rng = np.random.default_rng(seed)
    people = [Identity.random(rng) for _ in range(_FACES // _PARTS // 4)]
    items = []
    for k in range(_FACES // _PARTS):
        label = int(rng.integers(len(EMOTIONS)))
        intensity = 0.0 if EMOTIONS[label] == "neutral" else rng.uniform(0.35, 1.0)
        side, pose = rng.uniform(90, 110), Pose(yaw=rng.normal(0, 6), pitch=rng.normal(0, 4), roll=rng.normal(0, 3))
        frame = np.full((180, 180, 3), rng.uniform(60, 190, 3), np.uint8)
        draw_into(frame, people[k // 4], action_units(EMOTIONS[label], intensity, rng), (90, 90), side, pose)
        x, y, w = (round(v) for v in (90 - side / 2 + rng.normal(0, 4), 90 - side / 2 + rng.normal(0, 4), side * rng.uniform(0.94, 1.06)))
        items.append(_Drawn(prepare_face(crop_face(frame, Box(x, y, w, w)), _SIZE, channels=1)[0], label))
    return items


def _face(item: _Drawn):
    import torch

    return (torch.from_numpy(item.face)[None].float() / 255 - 0.5) / 0.25


def _label(item: _Drawn):
    import torch

    return torch.tensor(item.label)


def _network():
    from torch import nn

    def block(n_in: int, n_out: int, *shrink: nn.Module) -> nn.Sequential:
        stride = 1 if shrink else 2
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(), *shrink)

    body = block(1, 24), block(24, 48, nn.MaxPool2d(2)), block(48, 64, nn.MaxPool2d(2)), block(64, 96, nn.MaxPool2d(2))
    return nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 9, len(EMOTIONS)))
