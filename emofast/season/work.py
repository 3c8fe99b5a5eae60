"""What is done to recordings and episodes, as functions that a worker on any machine can run: the seam to `emofast.video`."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from emofast.paths import atomic_write
from emofast.recognition import EmotionRecognizer, FaceDetector
from emofast.recognition.card import shipped_model
from emofast.season.calls import UnfitMachine
from emofast.season.table import Session
from emofast.video.analysis import Task, _join, analyse_chunk
from emofast.video.media import probe

__all__ = ["FINISHED", "Recipe", "join", "look", "make_trailer", "piece"]

FINISHED = "report.html"
"""The file of a trailer folder that is written last."""


@dataclass(frozen=True)
class Recipe:
    """How recordings are read and trailers cut. trust: load a pickled model that no card vouches for. length: seconds of a trailer
    at most."""

    model: Path
    trust: bool = False
    length: float = 30.0

    @classmethod
    def of(cls, model: Path | None, trust: bool = False, length: float = 30.0) -> Recipe:
        """`model` None is the shipped one. Raises `EmofastError` for one that cannot be used, before anything is started with it."""
        model = (model or shipped_model()).absolute()
        EmotionRecognizer(model, trust=trust)
        return cls(model, trust, length)


def look(file: Path, out: Path, recipe: Recipe, known: dict) -> tuple[dict, Task | None]:
    """The stamp of a recording, and its task unless the timeline at `out`, of stamp `known`, is made from just that.

    Only then is the recording read from end to end, to learn how long it is."""
    for path in (file, recipe.model):
        if not path.is_file():
            raise UnfitMachine.here(f"cannot see {path}, which must lie where all machines see it under this path")
    stamp = Task.of(SimpleNamespace(path=file), out, recipe.model).stamp
    return stamp, None if stamp.items() <= known.items() else Task(probe(file), out, stamp)


def piece(task: Task, k: int, recipe: Recipe) -> bytes:
    """Piece `k` of a recording, as the bytes of its file."""
    with tempfile.TemporaryDirectory() as tmp:
        elsewhere = replace(task, out=Path(tmp) / "timeline.parquet")
        elsewhere.parts.mkdir()
        analyse_chunk(elsewhere, k, *_readers(recipe))
        return next(elsewhere.parts.iterdir()).read_bytes()


def join(task: Task) -> None:
    """Make the pieces of a recording its timeline."""
    _join(task)


def make_trailer(folder: Path, sessions: list[Session], recipe: Recipe) -> None:
    """The trailer folder of an episode from its sessions' timelines; what is said on the way goes to `log.txt` in it."""
    from emofast.video.pipeline import Order, make_trailer
    from emofast.video.selection import Wish

    order = Order(
        sessions[0].episode, tuple(s.file for s in sessions), folder, recipe.model, recipe.trust,
        offsets={s.viewer: s.offset for s in sessions}, wish=Wish(recipe.length), overwrite=True, jobs=1,
    )  # fmt: skip
    with (
        atomic_write(folder / "log.txt") as partial,
        partial.open("w", encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        make_trailer(order)


@lru_cache(maxsize=1)
def _readers(recipe: Recipe) -> tuple[EmotionRecognizer, FaceDetector]:
    """Of a worker, which stays: loading them takes a second."""
    import cv2

    cv2.setNumThreads(1)
    return EmotionRecognizer(recipe.model, threads=1, trust=recipe.trust), FaceDetector()
