"""From a recording to its timeline: the contract, what counts as seen, what is done again and what is not."""

import signal
import subprocess
import sys
from types import SimpleNamespace

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest
from films import faces, write_film

from emofast.film import Reader
from emofast.film.media import probe
from emofast.recognition import EmotionRecognizer, make_detector
from emofast.video import audience
from emofast.video.analysis import _BATCH, HZ, Task, analyse, analyse_chunk, watch
from emofast.video.audience import Recording, gather, person_on_screen, viewers
from emofast.video.children import born_deaf
from emofast.video.listener import Listener
from emofast.video.timeline import COLUMNS, read_timeline


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """26 s, happy at 8 s, away from 14 to 18 s."""
    return write_film(tmp_path_factory.mktemp("film") / "v.mp4", faces(26, (8,), away=((14, 18),)), 10)


def task_of(film, out, model) -> Task:
    return Task.of(probe(film), out / "v.parquet", model, chunk=10)


@pytest.fixture(scope="module")
def timeline(film, model, tmp_path_factory) -> pd.DataFrame:
    task = task_of(film, tmp_path_factory.mktemp("out"), model)
    assert sum(analyse([task], model, jobs=1)) == pytest.approx(26, abs=0.2)
    return read_timeline(task.out)[0]


def test_one_row_an_instant_in_the_contracts_columns(timeline):
    assert tuple(timeline.columns) == COLUMNS and len(timeline) == pytest.approx(26 * HZ, abs=3)
    assert np.diff(timeline["t"]).min() > 0.09 and np.diff(timeline["t"]).max() < 1 / HZ + 0.1
    assert timeline["face"].dtype == "Int32" and timeline["p_happy"].dtype == "float32"
    assert timeline.loc[timeline["face"].notna(), "facing"].eq(1).all() and timeline.loc[timeline["face"].isna(), "facing"].isna().all()


def test_an_empty_chair_is_empty_and_never_the_last_face_again(timeline):
    gone = timeline["t"].between(13.95, 17.95)
    assert timeline.loc[gone, "face"].isna().mean() == 1 and timeline.loc[gone, "valence"].isna().all()
    back = timeline["t"].between(19.5, 26) | timeline["t"].between(0.2, 13.5)
    assert timeline.loc[back, "face"].notna().mean() > 0.97


def test_the_box_is_where_the_face_is(timeline):
    seen = timeline.dropna()
    centre = seen["x"] + seen["w"] / 2, seen["y"] + seen["h"] / 2
    assert abs(centre[0] - 160).max() < 15 and abs(centre[1] - 120).max() < 20 and seen["w"].between(90, 150).all()


def test_what_is_read_is_what_the_recognizer_says(film, timeline, model):
    from emofast.recognition import crop_face

    recognizer = EmotionRecognizer(model)
    t, picture, _ = next(iter(Reader(film, 8.0)))
    box = make_detector("centerface").detect(picture)[0].box
    said = recognizer.predict(crop_face(picture, box, recognizer.margin))
    row = timeline[(timeline["t"] - t).abs() < 0.01].iloc[0]
    assert row["p_happy"] == pytest.approx(said.probabilities[4], abs=0.05) and said.emotion == "happy"


def test_without_landmarks_nobody_knows_who_faces_the_camera(film, model, tmp_path):
    task = Task.of(probe(film), tmp_path / "v.parquet", model, "dlib", chunk=100)
    list(analyse([task], model, jobs=1))
    timeline = read_timeline(task.out)[0]
    assert timeline["face"].notna().mean() > 0.8 and timeline["facing"].isna().all()


def test_in_parallel_and_in_line_give_the_same(film, timeline, model, tmp_path):
    task = task_of(film, tmp_path, model)
    list(analyse([task], model, jobs=2))
    pd.testing.assert_frame_equal(read_timeline(task.out)[0], timeline)


def test_pieces_that_are_there_are_not_done_again(film, timeline, model, tmp_path):
    task = task_of(film, tmp_path, model)
    task.parts.mkdir()
    analyse_chunk(task, 0, model, trust=False)
    assert sum(analyse([task], model, jobs=1)) == pytest.approx(16, abs=0.2)
    assert sum(analyse([task], model, jobs=1)) == 0
    pd.testing.assert_frame_equal(read_timeline(task.out)[0], timeline)


def test_another_recording_model_or_pace_makes_a_timeline_stale(film, model, tmp_path):
    short = write_film(tmp_path / "v.mp4", faces(3), 10)
    task = Task.of(probe(short), tmp_path / "v.parquet", model)
    list(analyse([task], model, jobs=1))
    assert task.done
    other = tmp_path / "other.onnx"
    other.write_bytes(model.read_bytes() + b"\0")
    assert not Task.of(probe(short), task.out, other).done
    assert not Task.of(probe(short), task.out, model, hz=5).done
    assert not Task.of(probe(short), task.out, model, "dlib").done
    short.touch()
    assert Task.of(probe(short), task.out, model).done
    write_film(short, faces(3, (1,)), 10)
    assert not Task.of(probe(short), task.out, model).done


def test_memory_does_not_grow_with_the_film(model):
    """Ten thousand instants leave batch by batch; at no time are more than two batches held."""

    class Endless:
        hz = 10.0

        def __iter__(self):
            picture = np.full((120, 160, 3), 110, np.uint8)
            return ((k / 10, picture, 1.0) for k in range(2000))

    sizes = [len(rows) for rows in watch(Endless(), EmotionRecognizer(model), make_detector("dlib"))]
    assert sum(sizes) == 2000 and max(sizes) <= 2 * _BATCH


def rows(face: int, start: float, end: float, x: float, w: float = 100) -> pd.DataFrame:
    t = np.arange(start, end, 0.1)
    return pd.DataFrame({c: np.zeros(len(t)) for c in COLUMNS} | {"t": t.round(2), "face": face, "x": x, "y": 50.0, "w": w, "h": w})


def test_a_viewer_who_comes_back_is_the_same_viewer():
    found = viewers(pd.concat([rows(1, 0, 20, 100), rows(2, 25, 60, 130)]))
    assert len(found) == 1 and len(found[0]) == 550


def test_two_on_a_sofa_are_two_and_a_passer_by_is_none():
    found = viewers(pd.concat([rows(1, 0, 60, 100), rows(2, 0, 60, 400), rows(3, 20, 25, 700)]).sort_values("t"))
    assert [len(p) for p in found] == [600, 600] and {p["x"].iloc[0] for p in found} == {100, 400}


def test_a_camera_that_is_moved_loses_nobody():
    alone = viewers(pd.concat([rows(1, 0, 40, 100), rows(2, 40.5, 60, 400)]))
    assert len(alone) == 1 and len(alone[0]) == 595
    two = viewers(pd.concat([rows(1, 0, 40, 100), rows(2, 0, 40, 400), rows(3, 41, 60, 240), rows(4, 41, 60, 540)]).sort_values("t"))
    assert sorted((p["x"].iloc[0], p["x"].iloc[-1], len(p)) for p in two) == [(100, 240, 590), (400, 540, 590)]


def test_how_many_faces_were_left_out_is_told(tmp_path, monkeypatch):
    faces = pd.concat([rows(1, 0, 60, 100), rows(2, 10, 30, 500)]).sort_values("t")
    monkeypatch.setattr(audience, "watch_all", lambda *_: None)
    monkeypatch.setattr(audience, "read_timeline", lambda _: (faces.copy(), {"damaged": 0}))
    heard, film = Listener(), SimpleNamespace(path=tmp_path / "anna.mkv", duration=60.0)
    heard.warning = (said := []).append
    task = SimpleNamespace(parts=tmp_path / "x.12345678", out=None)
    group, seats = gather([Recording("anna", film)], [task], SimpleNamespace(duration=60.0), None, 1, False, 1.0, heard)
    assert group.names == seats["anna"] == ("anna",)
    assert said[0] == "anna.mkv: 25% of the faces seen in it are taken for those of passers-by, and left out"


def test_nobody_is_nobody():
    assert viewers(rows(1, 0, 1, 0).iloc[:0]) == [] == person_on_screen(rows(1, 0, 1, 0).iloc[:0])


def test_on_the_screen_the_largest_face_counts():
    found = person_on_screen(pd.concat([rows(1, 0, 10, 100, w=80), rows(2, 5, 10, 300, w=150)]))[0]
    assert len(found) == 100 and set(found.loc[found["t"] < 5, "face"]) == {1} and set(found.loc[found["t"] > 5.05, "face"]) == {2}


def test_real_faces_on_film_are_followed(shared, model, tmp_path):
    """A real man, filmed at 30 frames a second, looped to 12 s."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-stream_loop", "-1", "-t", "12"]
    source = shared / "media" / "asl-again.mkv"
    subprocess.run([*ffmpeg, "-i", source, "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "v.mp4"], check=True)
    task = Task.of(probe(tmp_path / "v.mp4"), tmp_path / "v.parquet", model)
    list(analyse([task], model, jobs=1))
    timeline = read_timeline(task.out)[0]
    assert len(viewers(timeline)) == 1
    assert len(viewers(timeline)[0]) > 0.95 * 12 * HZ


def test_two_real_viewers_in_one_picture(shared, model, tmp_path):
    loop = ["-stream_loop", "-1", "-t", "8", "-i"]
    left, right = shared / "media" / "asl-again.mkv", shared / "media" / "asl-eat.mkv"
    beside = ["-filter_complex", "[0:v]crop=320:480[l];[1:v]crop=320:480[r];[l][r]hstack", "-t", "8", "-preset", "ultrafast"]
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
    subprocess.run([*ffmpeg, *loop, left, *loop, right, *beside, tmp_path / "v.mp4"], check=True)
    task = Task.of(probe(tmp_path / "v.mp4"), tmp_path / "v.parquet", model)
    list(analyse([task], model, jobs=1))
    found = viewers(read_timeline(task.out)[0])
    assert len(found) == 2 and sorted(p["x"].median() > 320 for p in found) == [False, True]


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="POSIX")
def test_workers_are_born_deaf_to_ctrl_c_and_the_parent_is_not():
    ask = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with born_deaf():
        born = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    later = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert born.stdout + later.stdout == "True\nFalse\n"
