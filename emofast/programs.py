"""What `webcam.py` and `trailer.py` do, also as `emofast webcam` and `emofast trailer` of an installed package."""

import inspect
import time
from collections.abc import Callable, Sequence


def webcam(flags: Sequence[str] | None = None, started: float | None = None, prog: str | None = None) -> None:
    """See the emotion of every face in front of the camera, now.

    examples:
        python webcam.py                                            the first camera in a window (h shows the keys)
        python webcam.py --source film.mp4 --lang ru                a film, in Russian
        python webcam.py --source film.mp4 --headless --save out.mp4 --log out.csv

    Faces never leave this computer; pictures are kept only with --save and by the keys s (snapshot) and r (record)."""
    # prog: how it was called, for its usage line; started: `time.perf_counter()` at the program's start, of which the imports are a part
    started = time.perf_counter() if started is None else started
    from emofast.live.command import parser, run

    run(parser(_about(webcam, prog), prog).parse_args(flags), started)


def _about(program: Callable, prog: str | None) -> str:
    """A program's help, with its examples as it was called."""
    return inspect.getdoc(program).replace(f"python {program.__name__}.py", prog or f"python {program.__name__}.py")


def trailer(flags: Sequence[str] | None = None, prog: str | None = None) -> None:
    """From an episode and the recordings of its test viewers to the moments that moved them, a trailer and an edit list.

    examples:
        python trailer.py --demo                                          drawn episode and viewers, no files needed
        python trailer.py episode.mp4 viewers/*.mp4 --out trailer         thirty seconds of the best moments
        python trailer.py episode.mp4 --out trailer                       no viewers: the person on screen is the viewer
        python trailer.py episode.mp4 *.mkv --out happy --emotions happy,surprise --exclude 0:00-1:30 --offset viewer-1=4.5
        python trailer.py episode.mp4 --out again --from-moments trailer/moments.csv

    Faces never leave this computer. Recordings are read, not copied; what is written about viewers is numbers."""
    from emofast.errors import EmofastError
    from emofast.recognition.recognizer import find_model
    from emofast.video.command import order, parser
    from emofast.video.pipeline import make_trailer

    args = parser(_about(trailer, prog), prog).parse_args(flags)
    args.model = args.model and find_model(args.model)
    if not args.demo:
        make_trailer(order(args))
        return
    if args.episode or args.viewers or args.offset or args.from_moments:
        raise EmofastError("--demo draws its own episode and viewers; leave out EPISODE, VIEWER, --offset and --from-moments")
    from emofast.demo import demo_films, demo_model, demo_out, tell_truth

    args.model = args.model or demo_model()
    films = demo_films()
    args.episode, args.viewers, args.offset = films.episode, films.viewers, list(films.starts.items())
    args.overwrite, args.out = args.overwrite or not args.out, args.out or demo_out()
    tell_truth(films, make_trailer(order(args)))
