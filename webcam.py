"""See the emotion of every face in front of the camera, now.

examples:
    python webcam.py                                            the first camera in a window (h shows the keys)
    python webcam.py --source film.mp4 --lang ru                a film, in Russian
    python webcam.py --source film.mp4 --headless --save out.mp4 --log out.csv

Faces never leave this computer; pictures are kept only with --save and by the keys s (snapshot) and r (record).
"""

import sys
import time

STARTED = time.perf_counter()  # before the imports: they are part of the wait for the first label

from emofast.errors import exits_cleanly  # noqa: E402


@exits_cleanly
def main() -> None:
    from emofast.live.command import parser, run

    run(parser(__doc__).parse_args(), STARTED)


if __name__ == "__main__":
    sys.exit(main())
