"""The live loop measured: frames per second with one and with four faces, start-up, memory."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import psutil
from rich.table import Column, Table

from emofast.bench.drawn import drawn_frames
from emofast.bench.inference import models
from emofast.console import console
from emofast.film import write_film
from emofast.live import Pipeline, Stages, VideoFile, draw
from emofast.live.overlay import Status
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.machine import machine
from emofast.recognition import DETECTORS, EmotionRecognizer, make_detector

STAGES = ("read", "track", "detect", "classify", "draw")


def run(args: argparse.Namespace) -> None:
    """Print every stage's median and 95th percentile with one and four faces, the start-up time, and the memory before and after."""
    cv2.setNumThreads(1)
    console.print(
        f"{machine()}; 640 x 480; goals: 120 fps median and 95 % below 33 ms with one face, 60 fps with four, first label within 2 s"
    )
    with tempfile.TemporaryDirectory() as tmp:
        onnx, _ = models(args.model)
        clips = {f"{n} drawn face{'s' * (n > 1)}": _draw(Path(tmp) / f"{n}.mp4", n) for n in (1, 4)}
        if args.clip:
            clips[args.clip.name] = args.clip
        columns = ("clip", "fps", "loop", "95 %", *STAGES, "CPU", "core", "faces", "MB")
        table = Table(*(Column(c, no_wrap=True) for c in columns), box=None, pad_edge=False)
        for name, clip in clips.items():
            for detector in DETECTORS:
                table.add_row(f"{name}, {detector}", *measure(clip, onnx, args.frames, detector))
        console.print(table, width=120)
        console.print("fps, loop and stages: medians, in ms; 95 %: of the loop; MB: growth of memory over the last three quarters")
        console.print("CPU: processor time of a frame in ms, all threads; core: share of one core that 30 frames a second of it take")
        start = _start_up(onnx, clips["1 drawn face"])
        console.print(f"from start to first labelled frame, ONNX: {start} s")


def measure(clip: Path, model: Path, frames: int, detector: str) -> list[str]:
    """One row: the clip again and again through read, track, detect, classify and draw, for `frames` frames."""
    stages = Stages()
    pipeline = Pipeline(EmotionRecognizer(model), stages, make_detector(detector))
    faces, before, spent, film = 0, 0, time.process_time(), _again_and_again(clip)
    for i in range(frames):
        with stages("loop"):
            with stages("read"):
                frame = next(film)
            seen = pipeline(frame)
            with stages("draw"):
                draw(frame.image, seen.views, ENGLISH, Status(fps=60.0))
        faces += len(seen.views)
        if i == frames // 4:
            before = psutil.Process().memory_info().rss
    cpu = (time.process_time() - spent) / frames
    growth = (psutil.Process().memory_info().rss - before) / 2**20
    rows = {name: (median, p95) for name, median, p95 in stages.rows()}
    loop, p95 = rows["loop"]
    return [
        f"{1000 / loop:.0f}", f"{loop:.1f}", f"{p95:.1f}", *(f"{rows[s][0]:.2f}" for s in STAGES), f"{cpu * 1e3:.2f}", f"{cpu * 30:.0%}",
        f"{faces / frames:.2f}", f"{growth:+.1f}",
    ]  # fmt: skip


def _again_and_again(clip: Path) -> Iterator[Frame]:
    """The frames of a film without end, on one clock."""
    t = 0.0
    while True:
        begin, source = t, VideoFile(clip)
        while frame := source.read():
            yield Frame(frame.image, begin + frame.t)
            t = begin + frame.t + 1 / 30
        source.close()


def _draw(path: Path, faces: int) -> Path:
    """Four faces side by side are as large as fits: just above what the detector can find."""
    return write_film(path, drawn_frames(135, faces, face_size=130 if faces == 1 else 105))


def _start_up(model: Path, clip: Path) -> str:
    """Seconds that `emofast webcam` itself reports, in a process of its own."""
    command = [sys.executable, "-m", "emofast", "webcam", "--headless", "--max-frames", "1", "--model", str(model), "--source", str(clip)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return out.partition("first label ")[2].partition(" s")[0]
