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

from emofast.bench.inference import models
from emofast.bench.record import show
from emofast.console import console
from emofast.film import write_film
from emofast.live import Pipeline, Stages, VideoFile, draw
from emofast.live.overlay import Status
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.machine import machine
from emofast.recognition import DETECTORS, EmotionRecognizer, make_detector
from emofast.sample.episode import drawn_frames

STAGES = ("read", "track", "detect", "classify", "draw")


def run(args: argparse.Namespace) -> None:
    """Print every stage's median and 95th percentile with one and four faces, the start-up time, and the memory before and after."""
    cv2.setNumThreads(1)
    if args.clip:
        VideoFile(args.clip).close()  # in half an hour's work it would come late
    console.print(
        f"{machine()}; 640 x 480; goals: 120 fps median and 95 % below 33 ms with one face, 60 fps with four, first label within 2 s"
    )
    with tempfile.TemporaryDirectory() as tmp:
        onnx, _ = models(args.model)
        # four faces side by side are as large as fits: just above what the detector can find
        clips = {
            name: write_film(Path(tmp) / f"{n}.mp4", drawn_frames(135, n, face_size=side))
            for name, n, side in (("1 drawn face", 1, 130), ("4 drawn faces", 4, 105))
        }
        if args.clip:
            clips[args.clip.name] = args.clip
        show([{"clip": f"{name}, {d}", **measure(clip, onnx, args.frames, d)} for name, clip in clips.items() for d in DETECTORS])
        console.print("fps, loop and stages: medians, in ms; 95 %: of the loop; MB: growth of memory over the last three quarters")
        console.print("CPU: processor time of a frame in ms, all threads; core: share of one core that 30 frames a second of it take")
        # what `emofast webcam` itself reports, in a process of its own
        command = [sys.executable, "-m", "emofast", "webcam", "--headless", "--max-frames", "1", "--model", onnx]
        out = subprocess.run([*command, "--source", clips["1 drawn face"]], capture_output=True, text=True, check=True).stdout
        start = out.partition("first label ")[2].partition(" s")[0]
        console.print(f"from start to first labelled frame, ONNX: {start} s")


def measure(clip: Path, model: Path, frames: int, detector: str) -> dict[str, str]:
    """The clip again and again through read, track, detect, classify and draw, for `frames` frames."""
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
    return {
        "fps": f"{1000 / loop:.0f}", "loop": f"{loop:.1f}", "95 %": f"{p95:.1f}", **{s: f"{rows[s][0]:.2f}" for s in STAGES},
        "CPU": f"{cpu * 1e3:.2f}", "core": f"{cpu * 30:.0%}", "faces": f"{faces / frames:.2f}", "MB": f"{growth:+.1f}",
    }  # fmt: skip


def _again_and_again(clip: Path) -> Iterator[Frame]:
    """The frames of a film without end, on one clock."""
    t = 0.0
    while True:
        begin, source = t, VideoFile(clip)
        while frame := source.read():
            yield Frame(frame.image, begin + frame.t)
            t = begin + frame.t + 1 / 30
        source.close()
