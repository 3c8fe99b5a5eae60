"""The command line of `webcam.py`: flags into one session."""

import argparse
from contextlib import closing
from pathlib import Path

import cv2

from emofast.arguments import Parser, add_model, whole_number
from emofast.console import console
from emofast.errors import EmofastError
from emofast.live.app import LiveView
from emofast.live.pipeline import Pipeline
from emofast.live.sources import cameras, open_source
from emofast.live.summary import Stages
from emofast.live.texts import LANGUAGES
from emofast.live.window import Window
from emofast.paths import refuse_overwriting
from emofast.recognition import DETECTORS, EmotionRecognizer, make_detector
from emofast.recognition.recognizer import find_model


def parser(description: str, prog: str | None = None) -> argparse.ArgumentParser:
    """The flags of `webcam.py`."""
    p = Parser(prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--source", default="0", metavar="0|FILE|URL", help="camera number, video file or stream (default: 0, the first camera)")
    p.add_argument("--list-cameras", action="store_true", help="list the cameras of this computer, and end")
    p.add_argument("--detector", choices=DETECTORS, default="dlib",
                   help="dlib: upright faces from 1/8 of the frame; centerface: turned, tilted, smaller ones (default: dlib)")  # fmt: skip
    p.add_argument("--headless", action="store_true", help="open no window; for --save, --log and machines without a display")
    p.add_argument("--save", type=Path, metavar="OUT.mp4", help="write the annotated video (H.264)")
    p.add_argument("--log", type=Path, metavar="OUT.csv", help="write a row per face and instant: as shown (smoothed), as the network says")
    p.add_argument("--max-frames", type=whole_number, metavar="N", help="stop after N frames (default: when the film ends, or q)")
    p.add_argument("--lang", choices=list(LANGUAGES), default="en", help="language of the view (default: en; key l switches)")
    upsample = "1: faces of half the size are found too, scanned for 4 times slower; 2: of a quarter (default: 0)"
    p.add_argument("--upsample", type=int, choices=(0, 1, 2), default=0, help=upsample)
    add_model(p)
    return p


def run(args: argparse.Namespace, started: float | None = None) -> None:
    """One session as the flags say; raises `EmofastError` for whatever cannot work. `started`: `time.perf_counter()` of the start."""
    if args.list_cameras:
        found = cameras()
        console.print("\n".join(found) if found else "This computer has no camera that gives a picture.")
        return
    cv2.setNumThreads(1)  # its pictures are small: handing them to threads costs more than drawing them
    refuse_overwriting([args.save, args.log], [Path(args.source)])
    if args.save and args.log and args.save.resolve() == args.log.resolve():
        raise EmofastError(f"{args.save} cannot be both the video and the log; name another file with --log")
    model = find_model(args.model)
    if model.suffix == ".pkl":
        console.print(f"loading {model} (a fastai learner: some seconds; the .onnx model is quicker)")
    recognizer = EmotionRecognizer(model, trust=args.trust)
    console.print(f"model: {model} ({recognizer.size} px, {'grey' if recognizer.channels == 1 else 'colour'})")
    detector = make_detector(args.detector, args.upsample)
    with closing(open_source(args.source)) as source:
        window = None if args.headless else Window("emofast")
        pipeline = Pipeline(recognizer, Stages(), detector)
        summary = LiveView(source, pipeline, window, args.lang, args.save, args.log, args.max_frames, started).run()
    summary.print()
