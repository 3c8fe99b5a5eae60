"""The two engines behave alike: sentences instead of exceptions, dead workers replaced, killers given up, no more drawn than needed."""

import importlib.util
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from chores import work
from processes import PROJECT, run_python, wait_until

from emofast.errors import EmofastError
from emofast.season.calls import TRIES, Call, drive, open_engine, perform
from emofast.season.commands import _shell, read_commands, run_commands
from emofast.video.listener import Bar, duration

# not importorskip: Ray reads its environment when it is imported
needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="no Ray")


def outcomes(engine, calls, **kwargs) -> dict:
    found = {}
    drive(engine, calls, lambda o: found.update({o.call.key[0]: o}) or (), **kwargs)
    return found


@pytest.fixture(scope="module")
def local():
    with closing(open_engine("local", jobs=2)) as engine:
        yield engine


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{PROJECT}{os.pathsep}{Path(__file__).parent}")  # where Ray's workers find the chores
        with closing(open_engine("ray", jobs=2)) as engine:
            yield engine


@pytest.fixture(params=["local", pytest.param("cluster", marks=needs_ray)])
def engine(request):
    return request.getfixturevalue(request.param)


def test_what_comes_back(engine, tmp_path):
    names = ("well", "dies once", "kills", "bad", "bug")
    for name in names:
        (tmp_path / name).mkdir()
    found = outcomes(engine, [Call((n,), work, (tmp_path / n, n, k), here=n == "bad") for k, n in enumerate(names)])
    assert found["well"].value == 0 and not found["well"].error and found["well"].place
    assert found["dies once"].value == 1 and found["dies once"].call.tries == 2
    assert found["kills"].died and f"{TRIES} times" in found["kills"].error and len(list((tmp_path / "kills").iterdir())) == TRIES
    assert found["bad"].error == "it is bad" and found["bad"].call.tries == 1
    assert found["bug"].error.startswith("ZeroDivisionError") and "chores.py" in found["bug"].error


def test_a_machine_that_cannot_work_ends_it(engine, tmp_path):
    with pytest.raises(EmofastError, match="has no disk; mend that"):
        outcomes(engine, [Call(("x",), work, (tmp_path, "unfit", 0))])
    assert outcomes(engine, [Call((k,), work, (tmp_path, "well", k)) for k in range(9)])[8].value == 8


def test_calls_are_drawn_as_they_are_needed(engine, tmp_path):
    """Two hundred calls never wait in memory; what follows from one goes before new ones."""
    drawn, ended, ahead = [], [], []

    def calls():
        for k in range(200):
            drawn.append(k)
            yield Call((k,), work, (tmp_path, "well", k))

    def react(outcome):
        ended.append(outcome.value)
        ahead.append(len(drawn) - len(ended))
        return [Call((-1,), work, (tmp_path, "well", -1))] if outcome.call.key[0] % 100 == 99 and outcome.value >= 0 else ()

    drive(engine, calls(), react)
    assert sorted(ended) == [-1] * 2 + list(range(200)) and max(ahead) <= engine.capacity + 10
    assert ended.index(-1) < 100 + engine.capacity + 10


def test_commands_run_when_those_they_come_after_have_ended(engine, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lines = ["c\ta,b\tcat a b > c", "b\ta\techo two > b; exit 3", "a\t\tsleep 0.5; echo one > a"]
    assert run_commands(read_commands(lines), engine) == ["b"]
    assert (tmp_path / "c").read_text().split() == ["one", "two"]
    assert "b: failed with status 3" in capsys.readouterr().out


def test_a_machine_that_does_not_see_the_folder_is_unfit(tmp_path):
    _, error, *_, unfit = perform(_shell, ("true", tmp_path / "absent"))
    assert unfit and "cannot see" in error and "absent" in error


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    code = (
        "import sys; sys.path.insert(0, 'tests/season'); from contextlib import closing; from chores import work\n"
        "from emofast.season.calls import Call, drive, open_engine\n"
        "with closing(open_engine('local', jobs=2)) as e:\n"
        "    drive(e, (Call((k,), work, (None, 'sleeps', k)) for k in range(10**6)), lambda _: (), lambda: print('on', flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE)
    assert parent.stdout.readline() == b"on\n"
    workers = psutil.Process(parent.pid).children(recursive=True)
    assert len(workers) >= 2
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in workers), 30)


def test_without_ray_one_sentence_says_how_to_get_it():
    code = "import sys; sys.modules['ray'] = None\nfrom emofast.season.cluster import Cluster\nCluster()"
    done = run_python("-c", f"from emofast.errors import exits_cleanly\n@exits_cleanly\ndef main():\n    exec({code!r})\nsys = main()")
    assert "error: --engine ray needs Ray" in done.stderr and "pip install" in done.stderr and "Traceback" not in done.stderr


@needs_ray
def test_our_own_ray_tells_nobody_and_hears_nobody(cluster):
    """Usage statistics are off, no dashboard listens, and without the token nobody gets in."""
    from ray._common.usage import usage_lib

    boards = [p for p in psutil.Process().children(recursive=True) if "dashboard.py" in " ".join(p.cmdline())]
    assert not usage_lib.usage_stats_enabled()
    assert not [c for p in boards for c in p.net_connections("inet") if c.status == "LISTEN"]
    env = {k: v for k, v in os.environ.items() if k not in ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE")} | {"RAY_NUM_REDIS_GET_RETRIES": "2"}
    stranger = run_python("-c", f"import ray; ray.init({cluster._head!r})", env=env)
    assert stranger.returncode == 1 and "InvalidAuthToken" in stranger.stderr


def test_a_log_gets_a_line_a_minute_with_the_time_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    bar = Bar(100)
    bar.count(40, found=True)
    for second in range(1, 181):
        now[0] = second
        bar.count(0.2)
        bar.tell("so many")
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["60 s:  52 % of the work, so many, 4 min left", "2 min:  64 % of the work, so many, 3 min left",
                     "3 min:  76 % of the work, so many, 2 min left"]  # fmt: skip
    assert (duration(40), duration(7400), duration(59.6 * 60 * 2)) == ("40 s", "2:03 h", "1:59 h")
