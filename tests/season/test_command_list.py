"""Shell commands in the order of their dependencies, as they are started from a list."""

import subprocess
import sys

import pytest
from processes import PROJECT


def run(text: str, *arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "emofast.season.commands", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=PROJECT, timeout=300, check=False)


def test_in_order_and_one_failure_stops_nobody(tmp_path):
    log = tmp_path / "log"
    rows = [("ensemble", "06,12", "cat"), ("06", "", "echo six"), ("12", "06", "exit 3"), ("01", "", "echo one")]
    text = "".join(f"{name}\t{after}\techo {name} >> '{log}'; {line}\n" for name, after, line in rows)
    done = run(text.replace("; cat", f"; cat '{log}'"))
    order = log.read_text().split()
    assert done.returncode == 1 and sorted(order) == ["01", "06", "12", "ensemble"], done.stderr
    assert order.index("06") < order.index("12") < order.index("ensemble")
    assert "12: failed with status 3" in done.stdout and "six" in done.stdout
    assert done.stdout.splitlines()[-1] == "4 commands asked = 3 done + 1 failed: 12"


@pytest.mark.parametrize(
    ("text", "says"),
    [("a\tb\techo\nb\ta\techo\n", "wait for each other"), ("a\t\n", "is no command"), ("a\tz\techo\n", "z: something comes after it")],
)
def test_a_list_that_cannot_be_run_is_one_sentence(text, says):
    done = run(text)
    assert done.returncode == 2 and done.stderr.startswith("error: ") and says in done.stderr
