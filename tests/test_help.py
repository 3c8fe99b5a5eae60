"""Every command explains itself: --help with units, defaults and an example, exit codes, plain text in a pipe."""

import argparse
import importlib
import runpy
import subprocess
import sys

import pytest
from processes import PROJECT, run_python

from emofast.cli import _parser, main

SCRIPTS = sorted(p.name for p in (PROJECT / "experiments").glob("[0-9][0-9]_*.py"))
FLAGS = ("--data", "--seed", "--seeds", "--epochs", "--device", "--quick", "--resume", "--lr-find")


def parsers(parser: argparse.ArgumentParser, path: tuple[str, ...] = ()):
    """(words after `python -m emofast`, parser) of the program and of every subcommand, however deep."""
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                yield from parsers(sub, (*path, name))


COMMANDS = dict(parsers(_parser()))
PARSERS = {
    **{"emofast " + " ".join(path): p for path, p in COMMANDS.items()},
    "webcam.py": importlib.import_module("emofast.live.command").parser("example: python webcam.py"),
    "trailer.py": importlib.import_module("emofast.video.command").parser("example: python trailer.py --demo"),
}


def helps(done: subprocess.CompletedProcess) -> None:
    """What every `--help` must be."""
    assert done.returncode == 0, done.stderr
    assert "usage: " in done.stdout and "example" in done.stdout
    assert "\x1b" not in done.stdout and not done.stderr
    assert (
        "==SUPPRESS==" not in done.stdout
        and "(default: None)" not in done.stdout
        and "(default: False)" not in done.stdout
    )


@pytest.mark.parametrize("path", COMMANDS, ids=[" ".join(path) or "-" for path in COMMANDS])
def test_emofast_helps(path):
    text = COMMANDS[path].format_help()
    assert "usage: " in text and (
        path in (("webcam",), ("trailer",)) or f"example: python -m emofast {' '.join(path)}".strip() in text
    )


@pytest.mark.parametrize(
    "command",
    [["webcam.py"], ["trailer.py"], ["-m", "emofast"], ["-m", "emofast", "webcam"], ["-m", "emofast", "trailer"]],
)
def test_programs_help(command):
    done = run_python(*command, "--help")
    helps(done)
    assert done.stdout.startswith(f"usage: {'python ' * (len(command) > 1)}{' '.join(command)} [-h]")


@pytest.mark.parametrize("name", PARSERS)
def test_every_argument_is_explained(name):
    """In words; with its default where there is one, its unit or kind as metavar where it takes a value."""
    parser = PARSERS[name]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        shown = parser._get_formatter()._expand_help(action)
        assert shown and len(shown.split()) > 1, action.dest
        if action.default not in (None, "", argparse.SUPPRESS, [], ()) and action.default is not False:
            assert "default" in shown, action.dest
        if action.nargs != 0 and action.choices is None:
            assert action.metavar or action.type is int, action.dest


@pytest.mark.parametrize("script", [s for s in SCRIPTS if not s.startswith("11_")])
def test_experiments_help(script, monkeypatch, capsys):
    """In this process: loading fastai thirty times would take minutes."""
    monkeypatch.setattr(sys, "argv", [script, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(PROJECT / "experiments" / script), run_name="__main__")
    text = capsys.readouterr().out
    assert ended.value.code == 0 and f"example: python experiments/{script} --data sample --quick" in " ".join(
        text.split()
    )
    untrained = script.startswith(("43_", "49_", "54_", "57_", "60_", "63_", "67_"))
    assert all(flag in text or (flag == "--epochs" and untrained) for flag in FLAGS)
    assert "\x1b" not in text


def test_run_all_helps():
    done = subprocess.run(["./run_all.sh", "--help"], cwd=PROJECT, capture_output=True, text=True, check=False)
    helps(done)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "required: COMMAND"),
        (("data",), "required: ACTION"),
        (("no-such-command",), "invalid choice"),
        (("data", "check", "--data", "no-such-folder"), "error: no data set at no-such-folder"),
        (("leaderboard", "--dat", "x"), "unknown argument --dat"),
        (("export", "99_none", "--data", "no-such-data"), "error: 99_none has left no"),
        (("export", "99_none", "--data", "no-such-data"), "train it, without --resume"),
        (("bench", "int8"), "error: bench int8 needs pictures of people"),
        (("sweep", "12"), "error: say what to vary"),
    ],
)
def test_bad_input_is_exit_code_2_and_no_traceback(args, says, capsys):
    try:
        status = main([*args])
    except SystemExit as ended:
        status = ended.code
    said = capsys.readouterr().err
    assert status == 2 and says in said and said.startswith(("error: ", "usage: ")) and "Traceback" not in said and "\x1b" not in said


@pytest.mark.parametrize(
    ("program", "args", "says"),
    [
        ("webcam.py", ["--max-frames", "ten"], "'ten' is no whole number of 1 or more"),
        ("trailer.py", ["--jobs", "0"], "'0' is no whole number of 1 or more"),
        ("trailer.py", ["--length", "long"], "'long' is no number of seconds above 0"),
        ("trailer.py", ["--exclude", "90"], "'90' is no range; write FROM-TO, as 0:00-1:30"),
        ("trailer.py", ["--lufs", "loud"], "'loud' is no loudness; write -70 to -5 (LUFS), or off"),
        ("trailer.py", ["--emotions", "joy"], "'joy' is not a list of emotions; known are anger"),
    ],
)
def test_wrong_values_are_named(program, args, says, capsys):
    with pytest.raises(SystemExit) as ended:
        PARSERS[program].parse_args(args)
    assert ended.value.code == 2 and says in capsys.readouterr().err
