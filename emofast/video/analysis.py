"""From recordings to timelines: piece by piece in parallel processes, kept as they finish, so that a killed run goes on."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from multiprocessing import active_children, get_context
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.errors import EmofastError
from emofast.film import Media, Reader
from emofast.recognition import Detector, EmotionRecognizer, make_detector
from emofast.video.children import born_deaf, end_with_parent
from emofast.video.timeline import digest, made_from, read_timeline, write_timeline
from emofast.video.watching import HZ, WORKING_SIDE, watch

CHUNK = 30.0
"""Seconds of a recording that are one piece of work; every piece starts its tracker anew, so pieces do not depend on each other."""

DETECTOR = "centerface"
"""The default in films: it finds two of two people who tilt their heads where dlib finds 1.1, at a fifth of its cost."""

_FORMAT = 5  # raise when the same recording and model give other timelines


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


def pending(task: Task) -> Iterator[tuple[Task, int]]:
    """The pieces of a recording that are not done yet."""
    if task.done:
        return
    for k in range(max(1, int(np.ceil(task.media.duration / task.stamp["chunk"])))):
        if not (task.parts / f"{k:05d}.parquet").is_file():
            yield task, k


def analyse(tasks: Iterable[Task], model: Path, jobs: int, trust: bool = False) -> Iterator[float]:
    """Bring every task's timeline up to date; yields the seconds of film done as they are done.

    `jobs` processes share the pieces. Interrupted, it keeps the finished pieces and goes on from them next time.
    """
    tasks = list(tasks)
    work = [piece for task in tasks for piece in pending(task)]
    for task, _ in work:
        task.parts.mkdir(parents=True, exist_ok=True)
    jobs = min(jobs, len(work))
    if jobs <= 1:
        for task, k in work:
            yield analyse_chunk(task, k, *readers(model, trust, task.stamp["detector"], os.cpu_count() or 1))
    else:
        yield from _in_parallel(work, jobs, model, trust)
    for task in tasks:
        if not task.done:
            join(task)


def analyse_chunk(task: Task, k: int, recognizer: EmotionRecognizer, detector: Detector) -> float:
    """Analyse piece `k` of a recording and keep it; returns its length in seconds."""
    start, end = k * task.stamp["chunk"], (k + 1) * task.stamp["chunk"]
    pictures = Reader(task.media.path, start, end, task.stamp["hz"], WORKING_SIDE, skim=True)
    timeline = pd.concat(list(watch(pictures, recognizer, detector)), ignore_index=True)
    write_timeline(task.parts / f"{k:05d}.parquet", timeline, {"damaged": pictures.damaged})
    return max(0.0, min(end, task.media.duration) - start)


def _in_parallel(work: list, jobs: int, model: Path, trust: bool) -> Iterator[float]:
    readers(model, trust, work[0][0].stamp["detector"])  # what cannot be used is told here; out of a worker it would look like a crash
    # spawn: a fork of a process that has started threads (ffmpeg, onnxruntime) may hang
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=end_with_parent)
    try:
        with born_deaf():
            futures = [pool.submit(_work, task, k, model, trust) for task, k in work]  # the first of these start the processes
        for done in as_completed(futures):
            yield done.result()
    except BrokenExecutor:
        raise EmofastError(
            "a process that watched recordings was ended from outside (out of memory?); the same command goes on, --jobs 1 needs least"
        ) from None
    except BaseException:
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=1)
def readers(model: Path, trust: bool, detector: str, threads: int = 1) -> tuple[EmotionRecognizer, Detector]:
    """What a process watches with; it stays, since loading takes a second."""
    import cv2

    cv2.setNumThreads(threads)
    return EmotionRecognizer(model, threads=threads, trust=trust), make_detector(detector)


def _work(task: Task, k: int, model: Path, trust: bool) -> float:
    return analyse_chunk(task, k, *readers(model, trust, task.stamp["detector"]))


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
