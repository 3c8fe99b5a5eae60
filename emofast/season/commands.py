"""Shell commands in the order of their dependencies, on one machine or many: how `run_all.sh --engine ray` trains.

    python -m emofast.season.commands --engine ray < list

Each line of the list is a name, the names it comes after (comma-separated, may be empty) and the command, with tabs between.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from emofast.arguments import Help, add_engine
from emofast.console import console
from emofast.errors import EmofastError, exits_cleanly
from emofast.season.calls import Call, Engine, Outcome, drive
from emofast.season.progress import duration
from emofast.season.season import open_engine

__all__ = ["Command", "read_commands", "run_commands"]


@dataclass(frozen=True)
class Command:
    """A line for bash, run in this folder when all of `after` have ended, well or not."""

    name: str
    after: frozenset[str]
    line: str


def read_commands(lines: Iterable[str]) -> list[Command]:
    """Raises `EmofastError` for a line that is none, a name that is not there or comes twice, and for a circle."""
    cells = [line.rstrip("\n").split("\t", 2) for line in lines if line.strip()]
    bad = next((row for row in cells if len(row) != 3 or not row[2]), None)
    if bad:
        raise EmofastError(f"{bad} is no command: a line is NAME<tab>AFTER,AFTER<tab>COMMAND")
    commands = [Command(name, frozenset(filter(None, after.split(","))), line) for name, after, line in cells]
    names = {c.name for c in commands}
    unknown = {name for c in commands for name in c.after} - names
    if unknown or len(names) < len(commands):
        raise EmofastError(f"every command needs a name of its own, and to come after commands of the list; look at {unknown or names}")
    free: set[str] = set()
    while free != names:
        new = {c.name for c in commands if c.after <= free} - free
        if not new:
            raise EmofastError(f"{', '.join(sorted(names - free))} wait for each other; break the circle")
        free |= new
    return commands


def run_commands(commands: list[Command], engine: Engine) -> list[str]:
    """Run all of them, each on a GPU or a machine of its own, and tell how each ended; returns the names of those that failed."""
    ended: set[str] = set()
    failed: list[str] = []
    begun: set[str] = set()

    def ready() -> list[Call]:
        now = [c for c in commands if c.after <= ended and c.name not in begun]
        begun.update(c.name for c in now)
        return [Call((c.name,), _shell, (c.line,), alone=True) for c in now]

    def react(outcome: Outcome) -> list[Call]:
        name = outcome.call.key[0]
        ended.add(name)
        failed.extend([name] * bool(outcome.error))
        console.print(f"{name}: {outcome.error or 'done'}, {duration(outcome.seconds)} on {outcome.place or 'a machine'}", markup=False)
        return ready()

    drive(engine, ready(), react)
    return failed


def _shell(line: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # `subprocess.run` ends the command on the way out
    done = subprocess.run(["bash", "-c", line], check=False)
    if done.returncode:
        raise EmofastError(f"failed with status {done.returncode}")


@exits_cleanly
def main() -> int:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    add_engine(p)
    args = p.parse_args()
    commands = read_commands(sys.stdin)
    with open_engine(args.engine, args.address, args.jobs) as engine:
        failed = run_commands(commands, engine)
    console.print(f"{len(commands)} commands asked = {len(commands) - len(failed)} done + {len(failed)} failed: {', '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
