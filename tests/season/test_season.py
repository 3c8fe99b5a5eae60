"""A season from its table: what is done, kept, named as failed; the same bytes from every engine, whoever is killed on the way."""

import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import psutil
import pytest
from films import faces, write_film
from processes import wait_until
from seasons import results, season, start, write_table
from test_season_engines import needs_ray

from emofast.cli import main

ENGINES = ["local", pytest.param("ray", marks=needs_ray)]


def manifest(out: Path) -> dict[str, sqlite3.Row]:
    db = sqlite3.connect(out / "season.sqlite")
    db.row_factory = sqlite3.Row
    return {row["name"]: row for row in db.execute("SELECT * FROM work")}


def test_a_season_has_trailers_a_page_and_a_manifest(undisturbed):
    rows = manifest(undisturbed)
    assert set(rows) == {"e1", "e2", "e1/anna", "e1/boris", "e1/чжан", "e2/anna", "e2/boris"}
    assert {row["state"] for row in rows.values()} == {"done"}
    assert all(row["hash"] and row["seconds"] and row["place"] for row in rows.values())
    made = ("trailer.mp4", "report.html", "moments.csv", "log.txt")
    assert all((undisturbed / e / name).is_file() for e in ("e1", "e2") for name in made)
    assert len(results(undisturbed)) == 7
    page = (undisturbed / "season.html").read_text(encoding="utf-8")
    assert 'href="e1/report.html"' in page and "2 episodes, 5 recordings, 0 failures" in page and "http" not in page


def test_the_same_table_again_does_only_what_is_new(undisturbed, films, films_copy, model, tmp_path):
    out = Path(shutil.copytree(undisturbed, tmp_path / "season"))
    damaged = out / "e1" / "timelines" / "boris.parquet"
    damaged.write_bytes(damaged.read_bytes()[:3000])
    again = season(films_copy / "sessions.csv", out, model)
    assert again.stdout.splitlines()[-1] == (
        "5 recordings asked = 1 done + 4 kept + 0 failed; 2 trailers asked = 0 done + 2 kept + 0 failed"
    ), again.stderr
    assert results(out) == results(undisturbed)
    write_film(films_copy / "e2" / "anna.mp4", faces(8, (4.0,), seed=99), 5)
    (films_copy / "e2" / "carla.mp4").write_bytes((films_copy / "e2" / "boris.mp4").read_bytes()[:5000])
    shutil.copy(films_copy / "e2" / "boris.mp4", films_copy / "e2" / "dora.mp4")
    with (films_copy / "sessions.csv").open("a", encoding="utf-8") as table:
        table.write("e2.mp4,carla,e2/carla.mp4,0\ne2.mp4,dora,e2/dora.mp4,0\n")
    changed = season(films_copy / "sessions.csv", out, model)
    assert changed.returncode == 1
    assert changed.stdout.splitlines()[-1] == (
        "7 recordings asked = 1 done + 4 kept + 2 failed; 2 trailers asked = 1 done + 1 kept + 0 failed"
    )
    rows = manifest(out)
    assert "cannot be read as a film" in rows["e2/carla"]["error"] and rows["e2/carla"]["tries"] == 1
    assert "is the same recording as boris's" in rows["e2/dora"]["error"]
    assert "warning: e2/carla: " in changed.stderr and "e2/dora" in (out / "season.html").read_text(encoding="utf-8")
    (out / "e1" / "moments.csv").write_text("start,end\nsoon,later\n", encoding="utf-8")
    (films_copy / "sessions.csv").write_text((films / "sessions.csv").read_text(encoding="utf-8"), encoding="utf-8")
    edited = season(films_copy / "sessions.csv", out, model)
    assert edited.returncode == 1 and "e1: not on the page: " in edited.stderr and "moments.csv line 2" in edited.stderr


def test_bad_orders_are_one_sentence(films, model, tmp_path, capsys):
    for table, given, more, says in (
        ("none.csv", model, (), "none.csv cannot be read"),
        ("sessions.csv", tmp_path / "none.onnx", (), "none.onnx"),
        ("sessions.csv", model, ("--address", "auto"), "add --engine ray"),
    ):
        words = ("season", films / table, "--out", tmp_path / "o", "--model", given, *more)
        assert main([*map(str, words)]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: ") and says in said and not (tmp_path / "o" / "e1").exists()


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 5000])
def test_a_manifest_that_cannot_be_used_is_one_sentence(films, model, tmp_path, capsys, damage):
    (tmp_path / "season.sqlite").write_bytes(damage)
    assert main(["season", str(films / "sessions.csv"), "--out", str(tmp_path), "--model", str(model)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "season.sqlite cannot be used" in said and "move it away" in said


def test_an_array_job_over_watch_makes_the_same_timelines(films, model, undisturbed, tmp_path, capsys):
    def watch(name: str) -> int:
        words = ("watch", films / "e1" / name, "--model", model, "--jobs", "1", "--out", tmp_path / f"{name}.parquet")
        return main([*map(str, words)])

    assert watch("anna.mp4") == 0 and "made from" in capsys.readouterr().out
    assert (tmp_path / "anna.mp4.parquet").read_bytes() == (undisturbed / "e1" / "timelines" / "anna.parquet").read_bytes()
    assert watch("anna.mp4") == 0 and "up to date" in capsys.readouterr().out
    assert watch("../sessions.csv") == 2 and "cannot be read as a film" in capsys.readouterr().err
    film = Path(shutil.copy(films / "e1" / "anna.mp4", tmp_path))
    assert main(["watch", str(film), "--model", str(model), "--out", str(film / "t.parquet")]) == 2
    assert f"{film}: File exists; name another place" in capsys.readouterr().err
    assert main(["watch", str(film), "--model", str(model), "--out", str(film)]) == 2
    assert "is no timeline that can be read" in capsys.readouterr().err and film.read_bytes() == (films / "e1" / "anna.mp4").read_bytes()


@pytest.mark.parametrize("engine", ENGINES)
def test_killed_workers_and_drivers_leave_the_same_bytes(engine, films, model, undisturbed, tmp_path):
    """A dead worker costs nothing but time; after a dead driver the same command goes on; every engine gives the same bytes."""
    out = tmp_path / "season"
    disturb(films, out, model, engine, ("worker", 1.0), *[("driver", 2.0)] * (engine == "local"))
    if engine == "local":
        done = season(films / "sessions.csv", out, model)
        assert done.returncode == 0, done.stdout + done.stderr
    else:
        assert max(row["tries"] for row in manifest(out).values()) == 2
    # what ended before the driver was killed is kept
    assert {row["state"] for row in manifest(out).values()} <= {"done", "kept"} and results(out) == results(undisturbed)


def disturb(films: Path, out: Path, model: Path, engine: str, *kills: tuple[str, float]) -> None:
    """Start a season and kill a worker, the driver or Ray's head, each so many seconds later, from when its workers are there; wait for
    its end."""
    process = start(films / "sessions.csv", out, model, "--engine", engine)
    me = psutil.Process(process.pid)

    def found(*names: str) -> list[psutil.Process]:
        with_names = []
        for p in me.children(recursive=True):
            try:
                if any(name in " ".join(p.cmdline()) for name in names):
                    with_names.append(p)
            except psutil.NoSuchProcess:
                pass
        return with_names

    workers = ("multiprocessing.spawn", "ray::perform", "ray::IDLE")
    try:
        wait_until(lambda: process.poll() is not None or found(*workers))
        for victim, after in kills:
            time.sleep(after)
            if process.poll() is None:
                heads = found("gcs_server", "raylet/raylet")
                victims = {"driver": [me], "head": heads, "worker": found(*workers)}[victim]
                if victims:
                    random.choice(victims).kill()
        process.communicate(timeout=240)
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@needs_ray
@pytest.mark.timeout(3600)
def test_twenty_kills_at_random(films, model, undisturbed, tmp_path):
    random.seed(os.environ.get("SEED", "7"))
    ended = []
    for k in range(20):
        engine, victim = random.choice([("local", "worker"), ("local", "driver"), ("ray", "worker"), ("ray", "driver"), ("ray", "head")])
        out = tmp_path / f"season-{k}"
        after = random.uniform(0, 8)
        disturb(films, out, model, engine, (victim, after))
        done = season(films / "sessions.csv", out, model, "--engine", engine)
        ended.append((engine, victim, round(after, 1), done.returncode, results(out) == results(undisturbed)))
        print(ended[-1], done.stdout.splitlines()[-1:], flush=True)
    assert all(status == 0 and same for *_, status, same in ended), ended


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_two_hundred_recordings_ten_of_them_damaged(engine, films, model, tmp_path):
    """190 are done and 10 named, each tried once; the memory of the command does not grow with them."""
    rows = []
    for k in range(200):
        path = tmp_path / f"{k:03d}.mp4"
        write_film(path, faces(1, (0.5,), seed=k), 5)
        if k % 20 == 7:
            path.write_bytes(path.read_bytes()[:3000])
        rows.append((films / f"e{k % 2 + 1}.mp4", f"v{k:03d}", path, "0"))
    process = start(write_table(tmp_path / "sessions.csv", rows), tmp_path / "season", model, "--engine", engine)
    memory = []
    while process.poll() is None:
        memory.append(psutil.Process(process.pid).memory_info().rss >> 20)
        time.sleep(0.5)
    out, err = process.communicate()
    assert out.splitlines()[-1].startswith("200 recordings asked = 190 done + 0 kept + 10 failed;"), out + err
    named = [row for row in manifest(tmp_path / "season").values() if row["state"] == "failed" and row["kind"] == "recording"]
    assert len(named) == 10 and all(row["tries"] == 1 and Path(row["file"]).name in row["error"] for row in named)
    middle = memory[len(memory) // 3 : -3]
    print(engine, memory[:: max(1, len(memory) // 20)])
    assert max(middle) - min(middle) < 60


def test_ctrl_c_ends_all_and_keeps_what_is_done(films, model, tmp_path):
    process = start(films / "sessions.csv", tmp_path / "season", model)
    wait_until(lambda: process.poll() is not None or list((tmp_path / "season").glob("*/timelines/*.parquet")))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err and "the same command goes on" in err
    assert list((tmp_path / "season").glob("*/timelines/*.parquet"))
