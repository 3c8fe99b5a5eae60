"""The assessor's live view: `python webcam.py --help`."""

import sys
import time

STARTED = time.perf_counter()  # before the imports: they are part of the wait for the first label

from emofast.errors import exits_cleanly  # noqa: E402


@exits_cleanly
def main() -> None:
    from emofast.programs import webcam

    webcam(started=STARTED)


if __name__ == "__main__":
    sys.exit(main())
