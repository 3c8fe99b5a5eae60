"""How many times faster than real time recordings become timelines, and the memory it takes, from a minute to an hour of film."""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import psutil

from emofast.bench.inference import models
from emofast.bench.record import show, write_record
from emofast.console import console
from emofast.film import write_film
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
    """One row of the table. Memory is the highest seen of this process and its workers together, read whenever a piece is done."""
    task = Task.of(probe(film), film.with_suffix(".parquet"), model)
    me, memory, cpu, seconds = psutil.Process(), 0, {}, 0.0
    before, started = sum(me.cpu_times()[:2]), time.perf_counter()
    for done in analyse([task], model, os.cpu_count() or 1):
        seconds += done
        family = [me, *me.children(recursive=True)]
        memory = max(memory, sum(p.memory_info().rss for p in family))
        cpu |= {p.pid: sum(p.cpu_times()[:2]) for p in family}
    took, spent = time.perf_counter() - started, sum(cpu.values()) - before
    return {
        "film_s": round(seconds), "took_s": round(took, 1), "times_real_time": round(seconds / took, 1),
        "cpu_ms_per_film_s": round(spent / seconds * 1000), "memory_mb": round(memory / 1e6),
    }  # fmt: skip
