"""The promo editor's trailer: `python trailer.py --help`."""

import sys

from emofast.errors import exits_cleanly


@exits_cleanly
def main() -> None:
    from emofast.programs import trailer

    trailer()


if __name__ == "__main__":
    sys.exit(main())
