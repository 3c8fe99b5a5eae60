"""The trailer's demo: a drawn episode with drawn viewers, and a small network that reads drawn faces, made on the spot."""

from pathlib import Path

import numpy as np

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.faces import prepare_face
from emofast.machine import installed
from emofast.nets.spec import NetworkSpec
from emofast.paths import atomic_write, cache
from emofast.recognition import MARGIN, Box, crop_face
from emofast.sample import Identity, Pose, action_units, draw_into, drawing_code
from emofast.sample.episode import DrawnEpisode, draw_episode
from emofast.video.pipeline import Trailer

_SEED = 7
_FACES, _PARTS, _EPOCHS, _SIZE = 1200, 4, 14, 48


def demo_films() -> DrawnEpisode:
    """An episode of 80 seconds and the films of its five viewers, drawn into the cache."""
    with console.status("drawing an episode and its five viewers"):
        films = draw_episode(cache() / "demo" / "films", seed=_SEED)
    console.print(f"drawn episode and five viewers: {films.episode.parent}")
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

    The demo has its own because drawn viewers are no photographs; the project's model is for those. Raises `EmofastError` where it is not
    there and training is not installed.
    """
    path = cache() / "demo" / f"drawn-{drawing_code()}.onnx"
    if not path.is_file():
        if not (installed("fastai") and installed("onnxscript")):
            raise EmofastError("the demo trains a network for its drawn faces, which needs: pip install '.[train]' in emofast's folder")
        console.print("The demo's faces are drawn, and drawn faces need a network of their own: a small one is trained once and kept.")
        with console.status(f"training a small network on {_FACES} drawn faces, for this demo only"):
            _train(path)
        console.print(f"trained: {path}")
    return path


def _train(path: Path) -> None:
    import torch
    from fastai.callback.schedule import Learner  # with the one-cycle fit
    from fastai.data.core import DataLoaders
    from fastai.losses import CrossEntropyLossFlat

    from emofast.recognition.export import write_onnx
    from emofast.recognition.graph import FaceGraph

    torch.manual_seed(_SEED)
    torch.set_num_threads(1)  # so small a network only waits for its other threads
    faces, labels = map(np.concatenate, zip(*map(_drawn_faces, range(_SEED, _SEED + _PARTS))))
    items = list(zip((torch.from_numpy(faces).float() / 255 - 0.5) / 0.25, torch.from_numpy(labels)))
    dls = DataLoaders.from_dsets(items, items[:50], bs=50, device="cpu")  # fastai wants a validation set; nobody looks at it
    learn = Learner(dls, _network(), CrossEntropyLossFlat())
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(_EPOCHS, 5e-3)
    spec = NetworkSpec("small convolutional network", _SIZE, 1, (0.5,), (0.25,))
    with atomic_write(path) as partial:
        write_onnx(FaceGraph(learn.model, spec).eval(), partial, spec, MARGIN)


def _drawn_faces(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces as the tracker gives them, uint8 [n, 1, size, size], four expressions of each person; and the numbers of their classes [n]."""
    rng = np.random.default_rng(seed)
    people = [Identity.random(rng) for _ in range(_FACES // _PARTS // 4)]
    faces, labels = [], []
    for k in range(_FACES // _PARTS):
        label = int(rng.integers(len(EMOTIONS)))
        intensity = 0.0 if EMOTIONS[label] == "neutral" else rng.uniform(0.35, 1.0)
        side, pose = rng.uniform(90, 110), Pose(yaw=rng.normal(0, 6), pitch=rng.normal(0, 4), roll=rng.normal(0, 3))
        frame = np.full((180, 180, 3), rng.uniform(60, 190, 3), np.uint8)
        draw_into(frame, people[k // 4], action_units(EMOTIONS[label], intensity, rng), (90, 90), side, pose)
        x, y, w = (round(v) for v in (90 - side / 2 + rng.normal(0, 4), 90 - side / 2 + rng.normal(0, 4), side * rng.uniform(0.94, 1.06)))
        faces.append(prepare_face(crop_face(frame, Box(x, y, w, w)), _SIZE, channels=1))
        labels.append(label)
    return np.stack(faces), np.array(labels)


def _network():
    from torch import nn

    def block(n_in: int, n_out: int, *shrink: nn.Module) -> nn.Sequential:
        stride = 1 if shrink else 2
        return nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(), *shrink)

    body = block(1, 24), block(24, 48, nn.MaxPool2d(2)), block(48, 64, nn.MaxPool2d(2)), block(64, 96, nn.MaxPool2d(2))
    return nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 9, len(EMOTIONS)))
