"""The whole way by the command line: what lies in the trailer folder, and what a person reads when something is wrong."""

import csv
import io
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest
from films import episode, faces, read_beeps, read_numbers, shows, write_film
from processes import run_python, wait_until
from rich.console import Console

from emofast import programs
from emofast.errors import EmofastError, exits_cleanly
from emofast.film.media import probe
from emofast.video import Listener, Order, Wish, make_trailer, read_moments
from emofast.video.analysis import HZ
from emofast.video.command import order, parser
from emofast.video.folder import FILES
from emofast.video.render import still
from emofast.video.timeline import COLUMNS


@pytest.fixture(scope="module")
def finished(project, material, model, tmp_path_factory):
    """A finished trailer folder and what was printed, once for the module."""
    import subprocess
    import sys

    out = tmp_path_factory.mktemp("out") / "трейлер 1"
    viewers = [str(material / name) for name in ("anna.mp4", "борис иванов.mp4", "carla.mp4")]
    command = [
        sys.executable,
        "trailer.py",
        str(material / "episode.mp4"),
        *viewers,
        "--out",
        str(out),
        "--offset",
        "carla=3",
        "--length",
        "12",
    ]
    done = subprocess.run([*command, "--model", str(model)], cwd=project, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture
def refused(model, tmp_path, monkeypatch, capfd):
    """`refused(*arguments)`: the one sentence that trailer.py says to them. In this process: starting another takes seconds."""

    def run(*arguments, model=model) -> str:
        monkeypatch.chdir(tmp_path)
        before = signal.getsignal(signal.SIGTERM)
        watches = ["--model", str(model)] if model and "--from-moments" not in arguments else []
        status = exits_cleanly(programs.trailer)([*map(str, arguments), *watches])
        signal.signal(signal.SIGTERM, before)
        errors = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
        assert status == 2 and len(errors) == 1
        return errors[0]

    return run


def moments_of(out):
    with (out / "moments.csv").open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_the_folder_holds_everything(finished):
    out, _ = finished
    expected = {"timelines", "posters", "trailer.json", *FILES}
    assert {p.name for p in out.iterdir()} == expected
    assert {p.name for p in (out / "timelines").iterdir()} == {"anna.parquet", "борис иванов.parquet", "carla.parquet"}


def test_the_moments_are_where_the_viewers_were_happy(finished):
    out, _ = finished
    rows = moments_of(out)
    assert list(rows[0]) == ["rank", "start", "end", "peak", "score", "emotion", "viewers", "p_value"]
    best = sorted(rows, key=lambda r: int(r["rank"]))[:2]
    assert sorted(round(float(r["peak"])) for r in best) == [8, 17]
    assert {r["emotion"] for r in best} == {"happy"} and {r["viewers"] for r in best} == {"3"}
    assert all(0 < float(r["p_value"]) <= 1 for r in rows)


def test_the_trailer_is_exactly_the_moments(finished, material):
    out, _ = finished
    numbers = read_numbers(out / "trailer.mp4")
    numbers[:8] = range(numbers[8] - 8, numbers[8])  # too dark to read while the trailer fades in and out
    numbers[-8:] = range(numbers[-9] + 1, numbers[-9] + 9)
    starts = [0] + [k for k in range(1, len(numbers)) if numbers[k] != numbers[k - 1] + 1]
    ends = [*starts[1:], len(numbers)]
    cuts = [(numbers[a], numbers[b - 1] + 1) for a, b in zip(starts, ends)]
    rows = sorted(moments_of(out), key=lambda r: float(r["start"]))
    assert all(any(abs(a / 25 - float(r["start"])) < 0.021 and abs(b / 25 - float(r["end"])) < 0.021 for r in rows) for a, b in cuts)
    assert len(numbers) <= 12 * 25
    heard = [place + n - numbers[a] / 25 for a, b, place in zip(starts, ends, [s / 25 for s in starts])
             for n in range(100) if numbers[a] / 25 + 0.2 < n < numbers[b - 1] / 25 - 0.2]  # fmt: skip
    begins = read_beeps(out / "trailer.mp4")
    assert heard and all(min(abs(t - b) for b in begins) < 0.04 for t in heard)


def test_timelines_keep_the_contract(finished):
    out, _ = finished
    timeline = pd.read_parquet(out / "timelines" / "борис иванов.parquet")
    assert tuple(timeline.columns) == COLUMNS
    assert timeline["t"].diff().dropna().between(0.1 - 1e-6, 1 / HZ + 0.1).all()
    away = timeline[(timeline["t"] > 2.1) & (timeline["t"] < 4.9)]
    assert len(away) > 2.5 * HZ and away.drop(columns="t").isna().all(axis=None)
    seen = timeline[timeline["face"].notna()]
    assert abs(seen.filter(like="p_").sum(axis=1) - 1).max() < 1e-4
    assert seen.loc[(seen["t"] - 9.2).abs() < 0.4, "p_happy"].min() > 0.9


def test_the_late_viewer_is_told(finished):
    _, done = finished
    assert "carla covers 3 to 24 s" in done.stderr and "Traceback" not in done.stderr


def test_the_group_table_has_the_curves(finished):
    out, _ = finished
    table = pd.read_parquet(out / "group.parquet")
    assert {"t", "viewers", "valence", "arousal", "share_happy", "moved", "agreement", "score", "reaction carla"} <= set(table)
    assert table.loc[table["t"].between(7.5, 8.5), "share_happy"].min() == 1
    assert set(table.loc[table["t"].between(1.5, 3.5), "viewers"]) == {2, 1} or table.loc[table["t"] < 1, "viewers"].max() == 2


def test_a_finished_folder_is_kept(finished, trailer, material):
    out, _ = finished
    before = (out / "trailer.mp4").stat().st_mtime_ns
    done = trailer(material / "episode.mp4", material / "anna.mp4", "--out", out)
    assert done.returncode == 2 and "--overwrite" in done.stderr and done.stderr.count("\n") == 1
    assert (out / "trailer.mp4").stat().st_mtime_ns == before


def test_moments_edited_by_hand_are_cut_as_written(finished, trailer, material, tmp_path):
    out, _ = finished
    edited = tmp_path / "mine.csv"
    edited.write_text("start;end;emotion\n4,0;6,0;sad\n12,52;14;happy\n", encoding="utf-8-sig")
    done = trailer(material / "episode.mp4", "--out", tmp_path / "again", "--from-moments", edited)
    assert done.returncode == 0, done.stderr
    assert shows(tmp_path / "again" / "trailer.mp4", [(100, 150), (313, 350)])
    assert '"curves": null' in (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    written = (out / "moments.csv").read_bytes() + b"\r\n"
    (out / "moments.csv").write_bytes(written)
    own = trailer(material / "episode.mp4", "--out", out, "--from-moments", out / "moments.csv", "--overwrite", "--length", 8)
    assert own.returncode == 0 and (out / "moments.csv").read_bytes() == written, "the edited file itself is left as it is"
    assert '"curves": null' not in (out / "report.html").read_text(encoding="utf-8")


def test_one_viewer_alone_works_without_p(trailer, material, tmp_path):
    done = trailer(
        material / "episode.mp4", material / "anna.mp4", "--out", tmp_path / "out", "--length", 8, "--jobs", 1,
        "--vertical",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    upright = probe(tmp_path / "out" / "trailer.mp4")
    assert (upright.width, upright.height) == (134, 240)
    rows = moments_of(tmp_path / "out")
    assert sorted(round(float(r["peak"])) for r in rows[:2]) == [8, 17] and rows[0]["p_value"] == ""
    assert "no p-value" in done.stderr


def test_without_viewers_the_person_on_screen_is_the_viewer(trailer, material, tmp_path):
    done = trailer(material / "anna.mp4", "--out", tmp_path / "out", "--length", 8, "--jobs", 1)
    assert done.returncode == 0, done.stderr
    rows = moments_of(tmp_path / "out")
    assert sorted(round(float(r["peak"])) for r in rows[:2]) == [9, 18], "as anna smiles at 8.8 and 18 s: nothing lags behind her own face"
    assert {r["emotion"] for r in rows[:2]} == {"happy"} and rows[0]["p_value"] == ""
    assert [p.stem for p in (tmp_path / "out" / "timelines").iterdir()] == ["anna"]


def test_what_is_wrong_with_some_viewers_is_told_and_the_others_go_on(trailer, material, tmp_path):
    blind = write_film(tmp_path / "nobody there.mp4", faces(24, away=((0, 24),)), 10)
    sound_only, broken = tmp_path / "sound.m4a", tmp_path / "broken.mp4"
    import av
    import numpy as np

    with av.open(str(sound_only), "w", format="mp4") as f:
        stream = f.add_stream("aac", rate=48000, layout="mono")
        piece = av.AudioFrame.from_ndarray(np.zeros((1, 48000), np.float32), "fltp", "mono")
        piece.sample_rate = 48000
        f.mux(stream.encode(piece))
        f.mux(stream.encode())
    broken.write_bytes((material / "anna.mp4").read_bytes()[:5000])
    viewers = [material / "anna.mp4", blind, sound_only, broken, tmp_path / "absent.mp4"]
    done = trailer(material / "episode.mp4", *viewers, "--out", tmp_path / "out", "--emotions", "happy", "--exclude", "0:00-0:12",
                   "--offset", "broken=3", "--group", "women=absent.mp4,anna")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "--offset broken is passed over" in done.stderr and "--group absent.mp4 is passed over" in done.stderr
    for said in ("nobody there.mp4: no face", "sound.m4a has no video stream", "broken.mp4 cannot be read", "absent.mp4 is not a file"):
        assert said in done.stderr
    assert [round(float(r["peak"])) for r in moments_of(tmp_path / "out")] == [17]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{m}/episode.mp4", "{m}/anna.mp4"], "--out"),
        ([], "--demo"),
        (["{m}/episode.mp4", "{m}/anna.mp4", "--demo", "--out", "o"], "--demo draws its own episode"),
        (["{m}/absent.mp4", "--out", "o"], "absent.mp4 is not a file"),
        (["{m}/episode.mp4", "{m}/anna.mp4", "--out", "o", "--offset", "berta=2"], "berta"),
        (["{m}/episode.mp4", "--out", "o"], "no face was found"),
        (["{m}/episode.mp4", "v.mp4", "--offset", "v=2", "--out", "o", "--from-moments", "m.csv"], "leave out VIEWER and --offset"),
        (["{m}/episode.mp4", "{m}/anna.mp4", "--out", "o", "--group", "a=anna", "--group", "b=anna.mp4"], "anna is in a and in b"),
        (["{m}/episode.mp4", "--lag", "2", "--group", "a=b", "--out", "o", "--from-moments", "m.csv"], "leave out --group and --lag"),
        (["{m}/episode.mp4", "--trust", "--jobs", "2", "--out", "o", "--from-moments", "m.csv"], "leave out --trust and --jobs"),
        (["{m}/episode.mp4", "--out", "o", "--from-moments", "{m}/absent.csv"], "absent.csv cannot be read"),
        (["{m}/episode.mp4", "--out", "o", "--from-moments", "{m}/long.csv", "--length", "2"], "(the shortest: 6.5 s)"),
    ],
)
def test_bad_input_is_one_sentence(refused, material, arguments, said):
    (material / "long.csv").write_text("start,end\n3,9.5\n10,20\n", encoding="utf-8")
    assert said in refused(*[a.format(m=material) for a in arguments])


def test_a_group_given_twice_is_one_group():
    given = ["e.mp4", "--out", "o", "--group", "women=anna", "--group", "men=boris", "--group", "women=olga,eva"]
    assert order(parser("").parse_args(given)).groups == {"women": ("anna", "olga", "eva"), "men": ("boris",)}


def test_an_offset_that_fits_two_recordings_is_refused(refused, material, tmp_path):
    (tmp_path / "v2").mkdir()
    (tmp_path / "v2" / "anna.mp4").hardlink_to(material / "carla.mp4")
    viewers = [material / "anna.mp4", tmp_path / "v2" / "anna.mp4"]
    assert "fits anna and anna-2" in refused(material / "episode.mp4", *viewers, "--out", "o", "--offset", "anna.mp4=2")


def test_without_a_model_the_way_out_is_told(refused, material):
    said = refused(material / "episode.mp4", material / "anna.mp4", "--out", "o", "--model", "gone.onnx", model=None)
    assert "name one with --model: a FILE" in said and "emofast export" in said


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """An episode of half a minute, and a viewer of two."""
    folder = tmp_path_factory.mktemp("long")
    return episode(folder / "episode.mp4", 30), write_film(folder / "long.mp4", faces(120, (10, 100), rate=4), 4)


def test_interrupted_half_way_it_goes_on(trailer, long, tmp_path):
    process = trailer(*long, "--out", tmp_path / "out", "--jobs", 2, wait=False)
    timelines = tmp_path / "out" / "timelines"
    wait_until(lambda: list(timelines.glob(".partial-*/0*.parquet")))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err
    kept = list(timelines.glob(".partial-*/0*.parquet"))
    assert kept and not (tmp_path / "out" / "trailer.mp4").exists()
    done = trailer(*long, "--out", tmp_path / "out", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    watched = float(done.stdout.split("watched ")[1].split(" ")[0])
    assert watched == pytest.approx(120 - 30 * len(kept), abs=1)
    assert not list(timelines.glob(".partial-*")) and len(pd.read_parquet(timelines / "long.parquet")) == 480


class Silent(Listener):
    """Keeps what it hears."""

    def __init__(self):
        self.stages, self.notes, self.warnings = {}, [], []

    def progress(self, stage, done, total, unit=""):
        self.stages.setdefault(stage, []).append((done, total))

    def note(self, text):
        self.notes.append(text)

    def warning(self, text):
        self.warnings.append(text)


def test_another_program_can_listen_and_cut_again(material, model, tmp_path, capfd):
    order = Order(
        material / "episode.mp4", (material / "anna.mp4", material / "борис иванов.mp4"), tmp_path / "out", model, jobs=1,
        wish=Wish(length=12), groups={"a": ("anna",), "b": ("борис иванов",)},
    )  # fmt: skip
    listener = Silent()
    made = make_trailer(order, listener)
    assert capfd.readouterr().out == "", "who listens says what is printed"
    for stage in ("watching", "looking for moments", "cutting the trailer", "taking stills", "making the report"):
        done, total = zip(*listener.stages[stage])
        assert list(done) == sorted(done) and done[-1] == total[-1] > 0
    assert {"score a", "score b", "differ", "attention", "rise_happy"} <= set(made.table) and made.facts["summary"]["words"]

    (order.out / "moments.csv").write_text("start,end,emotion\n0:07,0:11,\n16,19.5,sad\n")
    again = make_trailer(replace(order, from_moments=order.out / "moments.csv", overwrite=True), listener)
    assert [(c.first, c.last) for c in again.chosen] == [(175, 275), (400, 488)]
    assert again.cuts[0].moment.emotion == "happy" and again.cuts[0].moment.viewers == 2 and again.cuts[1].moment.emotion == "sad"
    assert listener.stages["watching"].count((0, 48.0)) == 1, "nobody was watched again"
    assert again.facts["chosen"] == [(175, 275), (400, 488)] and again.facts["viewers"][0]["name"] == "anna"
    assert str(again.cuts) == str(read_moments(order.out / "moments.csv", made.episode, made.table)), "NaN is no NaN"
    assert shows(order.out / "trailer.mp4", [(175, 275), (400, 488)])


def test_ctrl_c_leaves_the_terminal_as_it_was(material, tmp_path, monkeypatch):
    seen, made = io.StringIO(), []

    def interrupted(episode, frame, out):
        if made:
            raise KeyboardInterrupt
        made.append(still(episode, frame, out))

    monkeypatch.setattr("emofast.video.listener.console", Console(file=seen, force_terminal=True))
    monkeypatch.setattr("emofast.video.pipeline.still", interrupted)
    (tmp_path / "m.csv").write_text("start,end\n3,5\n10,13\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        make_trailer(Order(material / "episode.mp4", (), tmp_path / "out", from_moments=tmp_path / "m.csv"))
    hide, show = "\x1b[?25l", "\x1b[?25h"
    assert "taking stills" in seen.getvalue() and seen.getvalue().rindex(show) > seen.getvalue().rindex(hide)


def test_one_recording_counts_once_and_foreign_curves_are_left_out(material, model, tmp_path):
    listener = Silent()
    copy = Path(shutil.copy(material / "anna.mp4", tmp_path / "copy.mp4"))
    order = Order(material / "episode.mp4", (material / "anna.mp4", copy, material / "anna.mp4"), tmp_path / "out", model, jobs=1)
    made = make_trailer(order, listener)
    assert [v["name"] for v in made.facts["viewers"]] == ["anna"]
    assert sum("is the same recording as" in w for w in listener.warnings) == 2
    again = make_trailer(Order(order.episode, (), tmp_path / "again", from_moments=tmp_path / "out" / "moments.csv"), listener)
    assert again.facts["viewers"] == made.facts["viewers"], "the curves are theirs"
    other = episode(tmp_path / "other.mp4", 24, shot=2.0)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "group.parquet").write_bytes(b"PAR1" + b"x" * 100)
    shutil.copy(tmp_path / "out" / "moments.csv", tmp_path / "damaged")
    for k, (film, folder, said) in enumerate([(other, "out", "is of another episode"), (order.episode, "damaged", "is damaged")]):
        again = make_trailer(Order(film, (), tmp_path / f"{k}", from_moments=tmp_path / folder / "moments.csv"), listener)
        assert again.table is None and "viewers" not in again.facts and any(said in w for w in listener.warnings)


def test_workers_end_with_a_parent_that_is_killed(trailer, long, tmp_path):
    process = trailer(*long, "--out", tmp_path / "out", "--jobs", 2, wait=False)
    wait_until(lambda: list((tmp_path / "out" / "timelines").glob(".partial-*/0*.parquet")))
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=60)
    assert len(workers) >= 2
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


@pytest.mark.slow
def test_the_demo_shows_what_was_planted(tmp_path):
    """With nothing kept from before: two minutes."""
    done = run_python("trailer.py", "--demo", env=os.environ | {"EMOFAST_CACHE": str(tmp_path)}, timeout=600)
    assert done.returncode == 0, done.stderr
    planted = done.stdout[done.stdout.index("what was planted") :].splitlines()[1:]
    assert len(planted) >= 4 and sum("in the trailer as" in line for line in planted) >= len(planted) - 1, done.stdout
    assert (tmp_path / "demo" / "trailer" / "trailer.mp4").is_file()


def test_the_demo_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOFAST_CACHE", str(tmp_path))
    monkeypatch.setattr("emofast.demo.installed", lambda package: None)
    with pytest.raises(EmofastError, match=r"pip install '.\[train\]'"):
        programs.trailer(["--demo"])
    assert not list(tmp_path.rglob("*.mp4"))
