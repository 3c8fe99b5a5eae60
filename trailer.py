"""From an episode and the recordings of its test viewers to the moments that moved them, a trailer and an edit list.

examples:
    python trailer.py --demo                                          drawn episode and viewers, no files needed
    python trailer.py episode.mp4 viewers/*.mp4 --out trailer         thirty seconds of the best moments
    python trailer.py episode.mp4 --out trailer                       no viewers: the person on screen is the viewer
    python trailer.py episode.mp4 *.mkv --out happy --emotions happy,surprise --exclude 0:00-1:30 --offset viewer-1=4.5
    python trailer.py episode.mp4 --out again --from-moments trailer/moments.csv

Faces never leave this computer. Recordings are read, not copied; what is written about viewers is numbers.
"""

import sys
from dataclasses import replace

from emofast.errors import exits_cleanly


@exits_cleanly
def main() -> None:
    from emofast.video.command import order, parser
    from emofast.video.pipeline import make_trailer

    args = parser(__doc__).parse_args()
    if not args.demo:
        make_trailer(order(args))
        return
    from emofast.demo import demo_films, demo_model, demo_out, tell_truth

    films = demo_films()
    args.episode, args.viewers, args.offset = films.episode, films.viewers, list(films.starts.items())
    args.overwrite, args.out = args.overwrite or not args.out, args.out or demo_out()
    tell_truth(films, make_trailer(replace(order(args), model=args.model or demo_model())))


if __name__ == "__main__":
    sys.exit(main())
