"""From recordings to timelines: faces followed and read, piece by piece in parallel processes, kept as they finish, so that a killed run
goes on."""

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.errors import EmofastError
from emofast.film import Media, Reader
from emofast.recognition import Box, Detector, EmotionRecognizer, FaceTracker, TrackedFace, crop_face, make_detector
from emofast.recognition.quality import FACING, frontality, roll
from emofast.video.children import Workers
from emofast.video.listener import Listener
from emofast.video.timeline import COLUMNS, digest, made_from, read_timeline, write_timeline

HZ = 6.25
"""Pictures a second that are looked at, every fourth of 25: expressions last half a second and more."""

WORKING_SIDE = 960
"""Longer sides are shrunk to this many pixels: a face in the picture is then still larger than any network's input."""

CHUNK = 30.0
"""Seconds of a recording that are one piece of work; every piece starts its tracker anew, so pieces do not depend on each other."""

DETECTOR = "centerface"
"""The default in films: it finds two of two people who tilt their heads where dlib finds 1.1, at a fifth of its cost."""

_FORMAT = 6  # raise when the same recording and model give other timelines
_EVERY = 3  # every third picture is scanned; a face in between lies between its places: heads are slower than expressions
_AWAY = 15.0  # seconds after which who comes back to the same place is somebody new
_BATCH = 64


@dataclass(frozen=True)
class Task:
    """One recording to analyse into the timeline at `out`, and the stamp that says what it is made from."""

    media: Media
    out: Path
    stamp: dict

    @classmethod
    def of(cls, media: Media, out: Path, model: Path, detector: str = DETECTOR, hz: float = HZ, chunk: float = CHUNK) -> "Task":
        """The task with its stamp (see `stamp_of`)."""
        return cls(media, out, stamp_of(media.path, model, detector, hz, chunk))

    @property
    def parts(self) -> Path:
        """Folder of finished pieces of this very recording, model and settings."""
        key = sha256(json.dumps(self.stamp, sort_keys=True).encode()).hexdigest()[:8]
        return self.out.with_name(f".partial-{self.out.stem}-{key}")

    @property
    def done(self) -> bool:
        """Whether the timeline is there, whole and made from just that."""
        return self.stamp.items() <= made_from(self.out).items()


def stamp_of(recording: Path, model: Path, detector: str = DETECTOR, hz: float = HZ, chunk: float = CHUNK) -> dict:
    """What a timeline is made from: recording, model, detector and settings. A timeline with another stamp is stale."""
    files = {"recording": digest(recording), "model": digest(model), "detector": detector}
    return files | {"hz": hz, "chunk": chunk, "format": _FORMAT}


def pending(task: Task) -> list[int]:
    """Numbers of the pieces of a recording that are not done yet."""
    count = 0 if task.done else max(1, int(np.ceil(task.media.duration / task.stamp["chunk"])))
    return [k for k in range(count) if not (task.parts / f"{k:05d}.parquet").is_file()]


def watch_all(tasks: list[Task], model: Path, jobs: int, trust: bool, listener: Listener) -> None:
    """`analyse` the tasks, and tell how far it is."""
    todo = [t for t in tasks if not t.done]
    total = sum(t.media.duration for t in todo)
    if not todo:
        listener.note("timelines are up to date")
        return
    started = time.monotonic()
    for seconds in accumulate(analyse(todo, model, jobs, trust), initial=0.0):
        listener.progress("watching", min(seconds, total), total, "s of film")
    listener.progress("watching", total, total, "s of film")
    listener.note(f"watched {seconds:.0f} of {total:.0f} s of film in {time.monotonic() - started:.1f} s")


def analyse(tasks: Iterable[Task], model: Path, jobs: int, trust: bool = False) -> Iterator[float]:
    """Bring every task's timeline up to date; yields the seconds of film done as they are done.

    `jobs` processes share the pieces. Interrupted, it keeps the finished pieces and goes on from them next time.
    """
    tasks = list(tasks)
    work = [(task, k) for task in tasks for k in pending(task)]
    for task, _ in work:
        task.parts.mkdir(parents=True, exist_ok=True)
    jobs = min(jobs, len(work))
    if jobs <= 1:
        for task, k in work:
            yield analyse_chunk(task, k, model, trust, os.cpu_count() or 1)
    else:
        yield from _in_parallel(work, jobs, model, trust)
    for task in tasks:
        if not task.done:
            join(task)


def analyse_chunk(task: Task, k: int, model: Path, trust: bool, threads: int = 1) -> float:
    """Analyse piece `k` of a recording and keep it; returns its length in seconds."""
    recognizer, detector = readers(model, trust, task.stamp["detector"], threads)
    start, end = k * task.stamp["chunk"], (k + 1) * task.stamp["chunk"]
    pictures = Reader(task.media.path, start, end, task.stamp["hz"], WORKING_SIDE, skim=True)
    timeline = pd.concat(watch(pictures, recognizer, detector), ignore_index=True)
    write_timeline(task.parts / f"{k:05d}.parquet", timeline, {"damaged": pictures.damaged})
    return max(0.0, min(end, task.media.duration) - start)


def _in_parallel(work: list, jobs: int, model: Path, trust: bool) -> Iterator[float]:
    readers(model, trust, work[0][0].stamp["detector"])  # what cannot be used is told here; out of a worker it would look like a crash
    pool = Workers(jobs)
    try:
        for done in as_completed([pool.submit(analyse_chunk, task, k, model, trust) for task, k in work]):
            yield done.result()
    except BrokenExecutor:
        why = "a process that watched recordings was ended from outside (out of memory?)"
        raise EmofastError(f"{why}; the same command goes on, --jobs 1 needs least") from None
    finally:
        pool.end()


@lru_cache(maxsize=1)
def readers(model: Path, trust: bool, detector: str, threads: int = 1) -> tuple[EmotionRecognizer, Detector]:
    """What a process watches with; it stays, since loading takes a second."""
    import cv2

    cv2.setNumThreads(threads)
    return EmotionRecognizer(model, threads=threads, trust=trust), make_detector(detector)


def join(task: Task) -> None:
    """Make the finished pieces one timeline; track numbers go on from piece to piece."""
    pieces, damaged, last = [], 0, 0
    for path in sorted(task.parts.glob("[0-9]*.parquet")):
        piece, facts = read_timeline(path)
        piece["face"] += last
        last = max(last, 0 if piece["face"].isna().all() else int(piece["face"].max()))
        pieces.append(piece)
        damaged += facts["damaged"]
    facts = {k: v for k, v in asdict(task.media).items() if k in ("width", "height", "duration")}
    write_timeline(task.out, pd.concat(pieces, ignore_index=True), task.stamp | facts | {"damaged": damaged})
    shutil.rmtree(task.parts)


def watch(pictures: Reader, recognizer: EmotionRecognizer, detector: Detector) -> Iterator[pd.DataFrame]:
    """Rows of the timeline contract, in order of time, some faces at a time; memory does not grow with the film."""
    records: list[tuple] = []  # see `_look`
    for look in _looks(pictures, recognizer.margin, detector):
        records += look
        if len(records) >= _BATCH:
            yield _rows(records, recognizer)
            records = []
    yield _rows(records, recognizer)


def _rows(records: list[tuple], recognizer: EmotionRecognizer) -> pd.DataFrame:
    places = np.array([record[:7] for record in records], float).reshape(-1, 7)
    answers = np.full((len(records), len(COLUMNS) - 7), np.nan)
    answers[~np.isnan(places[:, 1])] = np.column_stack(recognizer.predict_arrays([crop for *_, crop in records if crop is not None]))
    return pd.DataFrame(np.column_stack([places[:, :6], answers, places[:, 6]]), columns=list(COLUMNS))


def _looks(pictures: Reader, margin: float, detector: Detector) -> Iterator[list[tuple]]:
    """The records of every picture: of the faces that a scan finds in it or, in a picture between two scans, both before and after it."""
    # scanned every time: what a tracker carries on from scan to scan may be a wall
    tracker = FaceTracker(detector, every=1, memory=round(_AWAY * pictures.hz / _EVERY))
    between: list[tuple] = []
    before, scanned = {}, 0.0
    for k, sample in enumerate(pictures):
        if k % _EVERY:
            between.append(sample)
            continue
        found = {f.id: f for f in tracker.track(sample[1])}
        for earlier in between:
            share = (earlier[0] - scanned) / (sample[0] - scanned)
            yield _look(earlier, [(f, _between(before[i].box, f.box, share)) for i, f in found.items() if i in before], margin)
        yield _look(sample, [(f, f.box) for f in found.values()], margin)
        between, before, scanned = [], found, sample[0]
    for sample in between:
        yield _look(sample, [(f, f.box) for f in before.values()], margin)


def _look(sample: tuple, faces: list[tuple[TrackedFace, Box]], margin: float) -> list[tuple]:
    """(t, track number, box in film pixels, facing, crop) of each face; where there is none, one record that holds only t."""
    t, picture, scale = sample
    records = []
    for f, b in faces:
        facing = np.nan if f.landmarks is None else float(frontality(f.landmarks) >= FACING)
        place = (round(v * scale) for v in (b.x, b.y, b.w, b.h))
        records.append((t, f.id, *place, facing, crop_face(picture, b, margin, roll(f.landmarks))))
    return records or [(t, *[np.nan] * 6, None)]


def _between(a: Box, b: Box, share: float) -> Box:
    """What lies `share` of the way from one box to the other."""
    return Box(*(round(p + share * (q - p)) for p, q in ((a.x, b.x), (a.y, b.y), (a.w, b.w), (a.h, b.h))))
