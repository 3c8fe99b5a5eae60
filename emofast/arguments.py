"""What the command lines of the project share: how errors and help look, and numbers that must make sense."""

import argparse
import sys
from pathlib import Path

from emofast.console import visible


class Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows the defaults there are, and keeps the line breaks of examples."""

    def _get_help_string(self, action):
        return action.help if action.default in (None, "", []) or action.default is False else super()._get_help_string(action)


class Parser(argparse.ArgumentParser):
    """A command line whose mistakes are one sentence.

    Names that are not in the system's encoding, as those in old Russian archives, are refused here, before a library that takes
    C strings crashes on them or a table cannot be written.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})  # a misspelt flag must not pass for another one

    def parse_known_args(self, args=None, namespace=None):
        for given in sys.argv[1:] if args is None else args:
            try:
                given.encode()
            except UnicodeEncodeError:
                encoding = sys.getfilesystemencoding().upper()
                self.error(f"the name {given} is not {encoding}; rename the file (convmv -f cp1251 -t utf8 does it for whole folders)")
        return super().parse_known_args(args, namespace)

    def error(self, message: str):
        self.exit(2, f"error: {visible(message)}; see {self.prog} --help\n")


def add_data(p: argparse.ArgumentParser) -> None:
    """The flag that names the data set."""
    text = "data set: a folder in the competition's layout, or the drawn sample (default: data/skillbox, or what Kaggle has mounted)"
    p.add_argument("--data", metavar="DIR|sample", help=text)


def add_engine(p: argparse.ArgumentParser, jobs: str = "one a core") -> None:
    """The flags that say where work is done: processes of this machine, or Ray. jobs: how many there are by default, in words."""
    p.add_argument("--engine", choices=("local", "ray"), default="local", help="processes of this machine, or tasks of Ray on one or many")
    p.add_argument("--address", metavar="auto|HOST:PORT", help="ray: the running cluster to use (default: a Ray of this machine's own)")
    p.add_argument("--jobs", type=whole_number, metavar="N", help=f"processes on this machine (default: {jobs})")


def add_model(p: argparse.ArgumentParser) -> None:
    """The flags that name the network which reads faces."""
    text = "emofast.onnx or emofast.pkl, or a model on the Hugging Face Hub (default: the first of these files in artifacts/)"
    p.add_argument("--model", type=Path, metavar="FILE|hf:ORG/NAME", help=text)
    p.add_argument("--trust", action="store_true", help="load a .pkl that no model card vouches for: it may run any code")


def whole_number(text: str) -> int:
    """An argument that counts something: 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)
