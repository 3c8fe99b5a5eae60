"""What the command lines of the project share: how help looks, and numbers that must make sense."""

from __future__ import annotations

import argparse

__all__ = ["Help", "add_data", "add_engine", "whole_number"]


class Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows the defaults there are, and keeps the line breaks of examples."""

    def _get_help_string(self, action):
        return action.help if action.default in (None, "") or action.default is False else super()._get_help_string(action)


def add_data(p: argparse.ArgumentParser) -> None:
    """The flag that names the data set."""
    text = "data set: a folder in the competition's layout, or the drawn sample (default: data/skillbox)"
    p.add_argument("--data", metavar="DIR|sample", help=text)


def add_engine(p: argparse.ArgumentParser) -> None:
    """The flags that say where work is done: processes of this machine, or Ray."""
    p.add_argument("--engine", choices=("local", "ray"), default="local", help="processes of this machine, or tasks of Ray on one or many")
    p.add_argument("--address", metavar="auto|HOST:PORT", help="ray: the running cluster to use (default: a Ray of this machine's own)")
    p.add_argument("--jobs", type=whole_number, metavar="N", help="processes on this machine (default: one a core)")


def whole_number(text: str) -> int:
    """An argument that counts something: 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)
