"""The command line of `trailer.py`: flags into one order."""

import argparse
import math
import os
from contextlib import suppress
from pathlib import Path

from emofast.arguments import Parser, add_model, whole_number
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.recognition import DETECTORS
from emofast.video.analysis import DETECTOR
from emofast.video.pipeline import Order
from emofast.video.selection import ORDERS, Wish
from emofast.video.words import seconds_of


def parser(description: str, prog: str | None = None) -> argparse.ArgumentParser:
    """The flags of `trailer.py`."""
    p = Parser(prog=prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("episode", type=Path, nargs="?", metavar="EPISODE", help="the film that was watched")
    p.add_argument("viewers", type=Path, nargs="*", metavar="VIEWER", help="recording of a face; none: the person on screen is the viewer")
    p.add_argument("--out", type=Path, metavar="DIR", help="folder for the trailer and all that belongs to it; needed unless --demo")
    p.add_argument("--length", type=lambda s: _number(s, 0), default=30.0, metavar="S", help="seconds of the trailer at most (default: 30)")
    p.add_argument("--emotions", type=_emotions, default=(), metavar="E,E", help=f"only moments of these: {', '.join(EMOTIONS)}")
    p.add_argument("--exclude", type=_range, action="append", default=[], metavar="FROM-TO",
                   help="never show this part of the episode, as 0:00-1:30 or in seconds; may be given again")  # fmt: skip
    p.add_argument("--lag", type=_number, default=1.0, metavar="S", help="seconds by which faces follow the screen (default: 1)")
    p.add_argument("--offset", type=_offset, action="append", default=[], metavar="NAME=S",
                   help="this recording starts S seconds after the episode (before it: negative); may be given again")  # fmt: skip
    p.add_argument("--order", choices=ORDERS, default="episode",
                   help="of the moments: as in the episode, best first, or as moments.csv stands (default: episode)")  # fmt: skip
    p.add_argument("--vertical", action="store_true", help="an upright trailer (9:16) that keeps the episode's faces in the picture")
    p.add_argument("--lufs", type=_loudness, default=-14.0, metavar="L", help="loudness of the trailer; off: as it is (default: -14)")
    p.add_argument("--group", type=_group, action="append", default=[], metavar="LABEL=NAME,NAME",
                   help="these recordings belong together, as women=anna,olga; may be given again, then groups are compared")  # fmt: skip
    p.add_argument("--from-moments", type=Path, metavar="CSV", help="take the moments from this file, edited by hand, and only cut again")
    p.add_argument("--overwrite", action="store_true", help="replace a finished trailer in DIR")
    add_model(p)
    p.add_argument("--detector", choices=DETECTORS, default=DETECTOR, help=f"what finds faces (default: {DETECTOR})")
    p.add_argument("--jobs", type=whole_number, metavar="N", help="processes that watch recordings (default: one a core)")
    p.add_argument("--demo", action="store_true", help="draw an episode and five viewers, and make their trailer; needs no files")
    return p


def order(args: argparse.Namespace) -> Order:
    """The order that the flags give. Raises `EmofastError` where a file or folder is missing."""
    if not args.episode:
        raise EmofastError("name the episode and its viewers' recordings: EPISODE VIEWER VIEWER --out DIR; or try --demo")
    if not args.out:
        raise EmofastError("say with --out DIR where the trailer shall go")
    if args.from_moments:
        given = {"VIEWER": args.viewers, "--offset": args.offset, "--group": args.group, "--lag": args.lag != 1.0,
                 "--model": args.model, "--trust": args.trust, "--jobs": args.jobs,
                 "--detector": args.detector != DETECTOR and not args.vertical}  # fmt: skip
        idle = [name for name, value in given.items() if value]
        if idle and not args.demo:
            raise EmofastError(f"--from-moments only cuts again, the moments are as the file says; leave out {' and '.join(idle)}")
    groups = {label: tuple(name for other, names in args.group if other == label for name in names) for label, _ in args.group}
    wish = Wish(args.length, args.emotions, tuple(args.exclude), args.order)
    return Order(
        args.episode, tuple(args.viewers), args.out, args.model, args.trust, args.lag, dict(args.offset), wish, args.from_moments,
        args.overwrite, args.jobs or os.cpu_count() or 1, groups, args.lufs, args.detector, args.vertical,
    )  # fmt: skip


def _range(text: str) -> tuple[float, float]:
    start, _, end = text.partition("-")
    with suppress(ValueError):
        span = seconds_of(start), seconds_of(end)
        if span[0] < span[1]:
            return span
    raise argparse.ArgumentTypeError(f"{text!r} is no range; write FROM-TO, as 0:00-1:30 or in seconds (0-75.5)")


def _offset(text: str) -> tuple[str, float]:
    name, _, seconds = text.rpartition("=")
    with suppress(argparse.ArgumentTypeError):
        if name:
            return name, _number(seconds)
    raise argparse.ArgumentTypeError(f"{text!r} is no offset; write NAME=SECONDS, as viewer-3=4.5")


def _group(text: str) -> tuple[str, tuple[str, ...]]:
    label, _, names = text.partition("=")
    members = tuple(name.strip() for name in names.split(",") if name.strip())
    if not label.strip() or not members:
        raise argparse.ArgumentTypeError(f"{text!r} is no group; write LABEL=NAME,NAME, as women=anna,olga")
    return label.strip(), members


def _loudness(text: str) -> float | None:
    if text == "off":
        return None
    with suppress(ValueError):
        if -70 <= float(text) <= -5:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no loudness; write -70 to -5 (LUFS), or off")


def _emotions(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    if not names or not set(names) <= set(EMOTIONS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of emotions; known are {', '.join(EMOTIONS)}")
    return names


def _number(text: str, above: float = -math.inf) -> float:
    with suppress(ValueError):
        if above < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds" + (f" above {above:g}" if above > -math.inf else ""))
