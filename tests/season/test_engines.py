"""The two engines behave alike: sentences instead of exceptions, dead workers replaced, killers given up, no more drawn than needed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from processes import PROJECT, run_python, wait_until

from emofast.errors import EmofastError
from emofast.season.calls import TRIES, Call, UnfitMachine, drive
from emofast.season.progress import Bar, duration
from emofast.season.season import open_engine


def work(folder: str, what: str, k: int):
    """What the engines are given here; leaves a mark for each time it is begun."""
    if what in ("dies once", "kills"):
        marks = len(os.listdir(folder))
        with open(os.path.join(folder, f"{k}-{marks}"), "w"):
            pass
        if what == "kills" or not marks:
            os.kill(os.getpid(), signal.SIGKILL)
    if what == "bad":
        raise EmofastError("it is bad")
    if what == "bug":
        return 1 / 0
    if what == "unfit":
        raise UnfitMachine.here("has no disk")
    return k


def outcomes(engine, calls, **kwargs) -> dict:
    found = {}
    drive(engine, calls, lambda o: found.update({o.call.key[0]: o}) or (), **kwargs)
    return found


@pytest.fixture(scope="module", params=["local", "ray"])
def engine(request):
    if request.param == "ray":
        pytest.importorskip("ray")
    with open_engine(request.param, jobs=2) as engine:
        yield engine


def test_what_comes_back(engine, tmp_path):
    names = ("well", "dies once", "kills", "bad", "bug")
    for name in names:
        (tmp_path / name).mkdir()
    found = outcomes(engine, [Call((n,), work, (str(tmp_path / n), n, k), here=n == "bad") for k, n in enumerate(names)])
    assert found["well"].value == 0 and not found["well"].error and found["well"].place
    assert found["dies once"].value == 1 and found["dies once"].call.tries == 2
    assert found["kills"].died and f"{TRIES} times" in found["kills"].error and len(os.listdir(tmp_path / "kills")) == TRIES
    assert found["bad"].error == "it is bad" and found["bad"].call.tries == 1
    assert found["bug"].error.startswith("ZeroDivisionError") and "test_engines.py" in found["bug"].error


def test_a_machine_that_cannot_work_ends_it(engine):
    with pytest.raises(EmofastError, match="has no disk; mend that"):
        outcomes(engine, [Call(("x",), work, ("", "unfit", 0))])
    assert outcomes(engine, [Call((k,), work, ("", "well", k)) for k in range(9)])[8].value == 8


def test_calls_are_drawn_as_they_are_needed(engine):
    """A thousand calls never wait in memory; what follows from one goes before new ones."""
    drawn, ended, ahead = [], [], []

    def calls():
        for k in range(1000):
            drawn.append(k)
            yield Call((k,), work, ("", "well", k))

    def react(outcome):
        ended.append(outcome.value)
        ahead.append(len(drawn) - len(ended))
        return [Call((-1,), work, ("", "well", -1))] if outcome.call.key[0] % 100 == 99 and outcome.value >= 0 else ()

    drive(engine, calls(), react)
    assert sorted(ended) == [-1] * 10 + list(range(1000)) and max(ahead) <= engine.capacity + 10


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import sys; sys.path.insert(0, 'tests/season'); from test_engines import *\n"
        "with open_engine('local', jobs=2) as e:\n"
        "    drive(e, (Call((k,), time.sleep, (0.2,)) for k in range(10**6)), lambda _: (), lambda: print('on', flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE)
    parent.stdout.readline()
    workers = psutil.Process(parent.pid).children(recursive=True)
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in workers), 30)


def test_without_ray_one_sentence_says_how_to_get_it():
    code = "import sys; sys.modules['ray'] = None\nfrom emofast.season.cluster import Cluster\nCluster()"
    done = run_python("-c", f"from emofast.errors import exits_cleanly\n@exits_cleanly\ndef main():\n    exec({code!r})\nsys = main()")
    assert "error: --engine ray needs Ray" in done.stderr and "pip install" in done.stderr and "Traceback" not in done.stderr


def test_our_own_ray_tells_nobody_and_hears_nobody():
    """Usage statistics are off before Ray starts, there is no dashboard, and without the token nobody gets in."""
    pytest.importorskip("ray")
    code = (
        "import os, psutil\nfrom emofast.season.season import open_engine\n"
        "with open_engine('ray', jobs=1) as e:\n"
        "    from ray._common.usage import usage_lib\n"
        "    names = [' '.join(p.cmdline()) for p in psutil.Process().children(recursive=True)]\n"
        "    print(usage_lib.usage_stats_enabled(), os.environ['RAY_AUTH_MODE'], any('DashboardAgent' in n for n in names), e._head)"
    )
    done = run_python("-c", code)
    assert done.stdout.startswith("False token False"), done.stdout + done.stderr


def test_a_log_gets_a_line_a_minute_with_the_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    bar = Bar(100)
    bar.advance(40, found=True)
    for second in range(1, 181):
        now[0] = second
        bar.advance(0.2)
        bar.tell("so many")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["60 s:  52 % of the work, so many, 4 min left", "2 min:  64 % of the work, so many, 3 min left",
                     "3 min:  76 % of the work, so many, 2 min left"]  # fmt: skip
    assert (duration(40), duration(7400), duration(59.6 * 60 * 2)) == ("40 s", "2:03 h", "1:59 h")
