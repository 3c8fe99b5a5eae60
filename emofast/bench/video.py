"""How many times faster than real time recordings become timelines, beside decoding them alone, and the memory it takes, from a minute
to an hour of film."""

import argparse
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import psutil

from emofast.bench.inference import models
from emofast.bench.record import show, write_record
from emofast.console import console
from emofast.film import Reader, write_film
from emofast.film.media import probe
from emofast.sample.episode import drawn_frames
from emofast.video.analysis import HZ, Task, analyse

LENGTHS = (60, 600, 3600)
"""Seconds of the recordings: the cost should grow with them, the memory should not."""


def run(args: argparse.Namespace) -> None:
    """Analyse one recording after the other with all cores; print the table and write it to `artifacts/video/speed.csv`."""
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        model, _ = models(args.model)
        piece = write_film(Path(tmp) / "piece.mp4", _webcam(500), rate=25)
        for seconds in LENGTHS:
            row = _measure(_looped(piece, seconds), model)
            rows.append(row)
            console.print(f"{seconds} s of film: {row['times_real_time']} times real time")
    console.print(f"640x480, 25 frames/s, one drawn face, looked at {HZ} times a second, {os.cpu_count()} processes")
    show(rows)
    write_record("video/speed.csv", f"video; {model.name}", rows)


def _webcam(n: int) -> Iterator[np.ndarray]:
    """Drawn frames with a webcam's grain, without which decoding would cost far less than it does in life."""
    grain = np.random.default_rng(0).normal(0, 3, (8, 480, 640, 3)).astype(np.int16)
    for k, frame in enumerate(drawn_frames(n, face_size=170)):
        yield cv2.add(frame, grain[k % 8], dtype=cv2.CV_8U)


def _looped(piece: Path, seconds: int) -> Path:
    film = piece.with_name(f"{seconds}.mp4")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
    command += ["-stream_loop", "-1", "-i", piece, "-t", seconds, "-c", "copy", film]
    subprocess.run([str(c) for c in command], check=True)
    return film


def _measure(film: Path, model: Path) -> dict:
    """One row of the table. Memory is the highest seen of this process and its workers together, read 10 times a second."""
    task = Task.of(probe(film), film.with_suffix(".parquet"), model)
    me, peak, cpu, done = psutil.Process(), [0], {}, threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            try:
                family = [me, *me.children(recursive=True)]
                peak[0] = max(peak[0], sum(p.memory_info().rss for p in family))
                cpu.update({p.pid: sum(p.cpu_times()[:2]) for p in family})
            except psutil.NoSuchProcess:
                continue

    watcher = threading.Thread(target=look, daemon=True)
    before, started = sum(me.cpu_times()[:2]), time.perf_counter()
    watcher.start()
    seconds = sum(analyse([task], model, os.cpu_count() or 1))
    took = time.perf_counter() - started
    done.set()
    watcher.join()
    spent = sum(cpu.values()) - before
    limit = _decoding(film, seconds)
    return {
        "film_s": round(seconds), "took_s": round(took, 1), "times_real_time": round(seconds / took, 1),
        "decoding_alone": round(seconds / limit, 1),
        "cpu_ms_per_film_s": round(spent / seconds * 1000), "memory_mb": round(peak[0] / 1e6),
    }  # fmt: skip


def _decoding(film: Path, seconds: float) -> float:
    """Seconds in which as many processes do nothing but decode the film, a part each."""
    jobs = os.cpu_count() or 1
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(_decode, [film] * jobs, [0.0] * jobs, [0.1] * jobs))  # starts the processes
        started = time.perf_counter()
        list(pool.map(_decode, [film] * jobs, (seconds * k / jobs for k in range(jobs)), (seconds * (k + 1) / jobs for k in range(jobs))))
        return time.perf_counter() - started


def _decode(film: Path, start: float, end: float) -> int:
    return sum(1 for _ in Reader(film, start, end, hz=1e-3))
