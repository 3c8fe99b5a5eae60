"""Shell commands in the order of their dependencies, on one machine or many: how `./run_all.sh --engine ray` trains.

    python -m emofast.season.commands --engine ray < LIST

Each line of LIST is a name, the names it comes after (comma-separated, may be empty) and the command, with tabs between.
"""

import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from socket import gethostname

from emofast.arguments import Help, Parser, add_engine
from emofast.console import console
from emofast.errors import EmofastError, exits_cleanly
from emofast.season.calls import Call, Engine, Outcome, UnfitMachine, drive, open_engine
from emofast.video.listener import duration


def read_commands(lines: Iterable[str]) -> dict[str, tuple[list[str], str]]:
    """Name to (names it comes after, line for bash). Raises `EmofastError` for a line that is none, or an unknown or repeated name."""
    commands: dict[str, tuple[list[str], str]] = {}
    for line in filter(str.strip, lines):
        name, after, command = [*line.rstrip("\n").split("\t", 2), "", ""][:3]
        if not command or name in commands:
            raise EmofastError(f"{line!r} is no command: a line is NAME<tab>AFTER,AFTER<tab>COMMAND, and every name its own")
        commands[name] = [a for a in after.split(",") if a], command
    unknown = {a for after, _ in commands.values() for a in after} - commands.keys()
    if unknown:
        raise EmofastError(f"{', '.join(sorted(unknown))}: something comes after it, but it is no command of the list")
    return commands


def run_commands(commands: dict[str, tuple[list[str], str]], engine: Engine) -> list[str]:
    """Run every command in this folder when those it comes after have ended, well or not, each on a GPU or a machine of its own.

    Tells how each ended; returns the names of those that failed. Raises `EmofastError` for commands that wait for each other.
    """
    order, failed = TopologicalSorter({name: after for name, (after, _) in commands.items()}), []

    def ready() -> list[Call]:
        return [Call((name,), _shell, (commands[name][1], Path.cwd()), alone=True) for name in order.get_ready()]

    def react(outcome: Outcome) -> list[Call]:
        (name,) = outcome.call.key
        failed.extend([name] * bool(outcome.error))
        where = f", {duration(outcome.seconds)} on {outcome.place}" * bool(outcome.place)
        console.print(f"{name}: {outcome.error or 'done'}{where}")
        order.done(name)
        return ready()

    try:
        order.prepare()
    except CycleError as e:
        raise EmofastError(f"{' after '.join(e.args[1])}: these wait for each other; break the circle") from None
    drive(engine, ready(), react)
    return failed


def _shell(line: str, folder: Path) -> None:
    if not folder.is_dir():
        raise UnfitMachine(f"{gethostname()} cannot see {folder}; mend that, or take the machine out, and start the same command again")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # on the way out `run` ends the command
    status = subprocess.run(["bash", "-c", line], cwd=folder, check=False).returncode
    if status:
        raise EmofastError(f"failed with status {status}")


@exits_cleanly
def main() -> int:
    p = Parser(prog="python -m emofast.season.commands", description=__doc__, formatter_class=Help)
    add_engine(p, jobs="one, since a training takes all cores; ray: one a core")
    args = p.parse_args()
    commands = read_commands(sys.stdin)
    jobs = args.jobs or (1 if args.engine == "local" else None)  # a training takes all cores by itself
    with closing(open_engine(args.engine, args.address, jobs, talkative=True)) as engine:
        failed = run_commands(commands, engine)
    named = f": {', '.join(failed)}" * bool(failed)
    console.print(f"{len(commands)} commands asked = {len(commands) - len(failed)} done + {len(failed)} failed{named}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
