"""What is done to recordings and episodes, as functions that a worker on any machine can run: the seam to `emofast.video`."""

import os
import tempfile
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from socket import gethostname

from emofast.console import console
from emofast.errors import EmofastError
from emofast.film.media import Media, probe
from emofast.paths import atomic_write
from emofast.recognition.recognizer import find_model
from emofast.season.calls import UnfitMachine
from emofast.season.table import Session
from emofast.video.analysis import DETECTOR, Task, analyse_chunk, readers, stamp_of, watch_all
from emofast.video.listener import Listener, Terminal
from emofast.video.timeline import made_from


@dataclass(frozen=True)
class Recipe:
    """How recordings are read and trailers cut. detector: what finds faces. trust: load a pickled model that no card vouches for.
    length: seconds of a trailer at most."""

    model: Path
    detector: str
    trust: bool
    length: float

    @classmethod
    def of(cls, model: Path | None = None, detector: str | None = None, trust: bool = False, length: float = 30.0) -> "Recipe":
        """None: the shipped model, the trailer's detector. Raises `EmofastError` for what cannot be used, before anything starts."""
        recipe = cls(find_model(model).absolute(), detector or DETECTOR, trust, length)
        readers(recipe.model, trust, recipe.detector)
        return recipe


def watch_recording(file: Path, out: Path, recipe: Recipe, jobs: int | None = None) -> None:
    """Bring the timeline `out` of one recording up to date, by `jobs` processes, one a core by default; a season keeps it. Raises
    `EmofastError` where it cannot be read, or something else stands at `out`."""
    if out.exists() and not made_from(out):
        raise EmofastError(f"{out} is no timeline that can be read, and would be lost; name another file with --out, or move that one away")
    task = Task.of(probe(file), out.absolute(), recipe.model, recipe.detector)
    task.out.parent.mkdir(parents=True, exist_ok=True)
    state = "up to date" if task.done else f"made from {file}"
    with closing(Terminal()) as terminal:
        watch_all([task], recipe.model, jobs or os.cpu_count() or 1, recipe.trust, terminal)
    console.print(f"{out}: {state}")


def look(file: Path, out: Path, recipe: Recipe, known: dict) -> tuple[dict, Task | None]:
    """The stamp of a recording, and its task unless the timeline at `out`, of stamp `known`, is made from just that.

    Only then is the recording read from end to end, to learn how long it is."""
    for path in (file, recipe.model):
        if not path.is_file():
            way = "mend that, or take the machine out, and start the same command again"
            raise UnfitMachine(f"{gethostname()} cannot see {path}, which must lie where all machines see it under this path; {way}")
    stamp = stamp_of(file, recipe.model, recipe.detector)
    return stamp, None if stamp.items() <= known.items() else Task(probe(file), out, stamp)


def piece(task: Task, k: int, recipe: Recipe) -> bytes:
    """Piece `k` of a recording, as the bytes of its file."""
    with tempfile.TemporaryDirectory() as tmp:
        elsewhere = replace(task, out=Path(tmp) / "timeline.parquet")
        elsewhere.parts.mkdir()
        analyse_chunk(elsewhere, k, recipe.model, recipe.trust)
        return next(elsewhere.parts.iterdir()).read_bytes()


def make_trailer(folder: Path, sessions: list[Session], films: list[Media | None], recipe: Recipe) -> None:
    """The trailer folder of an episode from its sessions' timelines. films: what is known of their recordings already. What is said on
    the way goes to `log.txt` in the folder."""
    from emofast.video import pipeline  # who watches recordings needs no statistics
    from emofast.video.audience import Recording
    from emofast.video.selection import Wish

    recordings = [Recording(s.viewer, film or probe(s.file)) for s, film in zip(sessions, films)]
    groups = {label: tuple(s.viewer for s in sessions if s.group == label) for label in dict.fromkeys(s.group for s in sessions) if label}
    order = pipeline.Order(
        sessions[0].episode, tuple(s.file for s in sessions), folder, recipe.model, recipe.trust,
        offsets={s.viewer: s.offset for s in sessions if s.offset is not None},
        wish=Wish(recipe.length), overwrite=True, jobs=1, groups=groups, detector=recipe.detector,
    )  # fmt: skip
    log = _Log()
    try:
        pipeline.make_trailer(order, log, recordings)
    finally:
        with atomic_write(folder / "log.txt") as partial:
            partial.write_text("\n".join([*log.lines, ""]), encoding="utf-8", errors="backslashreplace")


class _Log(Listener):
    """Remembers notes and warnings."""

    def __init__(self):
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.lines.append(f"warning: {text}")
