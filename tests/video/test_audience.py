"""Recordings told apart, and their people gathered: who came of which, and what is cleared away."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from films import faces, write_film

from emofast.film.media import Media, probe
from emofast.video.analysis import Task
from emofast.video.audience import Recording, gather, usable
from emofast.video.listener import Listener
from emofast.video.timeline import COLUMNS, write_timeline

STAMP = {"recording": "r"}


def film(path: Path) -> Media:
    return Media(path, 640, 360, Fraction(25), 60.0, 60.0, None, False)


@pytest.fixture
def gathered(tmp_path, model):
    """`gathered(**faces)`: the audience of recordings by name, each with so many faces, whose timelines are up to date."""

    def run(recordings: dict[str, int]):
        films = {name: film(tmp_path / f"{name}.mp4") for name in recordings}
        tasks = [Task(films[name], tmp_path / f"{name}.parquet", STAMP) for name in recordings]
        t = np.arange(0, 60, 0.1)
        for task, count in zip(tasks, recordings.values()):
            seen = [pd.DataFrame(dict.fromkeys(COLUMNS, 0.1) | {"t": t, "face": k, "x": 300 * k, "w": 90, "facing": 1, "y": 9, "h": 90})
                    for k in range(count)]  # fmt: skip
            write_timeline(task.out, pd.concat(seen), STAMP | {"damaged": 0})
        made = [Recording(name, films[name], how="given") for name in recordings]
        return tasks, *gather(made, tasks, film(tmp_path / "episode.mp4"), model, 1, False, 1.0, Listener())

    return run


def test_a_number_in_a_file_name_is_no_second_face(gathered):
    _, group, seats = gathered({"video": 1, "video (1)": 1})
    assert group.names == ("video", "video (1)") and seats == {"video": ("video",), "video (1)": ("video (1)",)}
    _, group, seats = gathered({"video": 2, "video (1)": 1})
    assert group.names == ("video (1)-2", "video (2)", "video (1)") and len(group.seen) == 3
    assert seats == {"video": ("video (1)-2", "video (2)"), "video (1)": ("video (1)",)}


def test_names_that_some_disks_do_not_tell_apart_get_numbers(tmp_path):
    paths = []
    for k, name in enumerate(("Anna", "b/anna", "c/ANNA")):
        paths.append(tmp_path / f"{name}.mp4")
        paths[-1].parent.mkdir(exist_ok=True)
        write_film(paths[-1], faces(1, seed=k), 5)
    episode = probe(write_film(tmp_path / "episode.mp4", faces(1, seed=9), 5))
    assert [r.name for r in usable(paths, episode, Listener())] == ["Anna", "anna-2", "ANNA-3"]


def test_only_pieces_that_nobody_goes_on_from_are_cleared(gathered, tmp_path):
    """Those of a viewer whose recording is absent today stay, also where one name begins like another."""
    stale, absent = tmp_path / ".partial-anna-01234567", [tmp_path / f".partial-{name}-01234567" for name in ("bob", "anna-2")]
    for folder in (stale, *absent):
        folder.mkdir()
        (folder / "00000.parquet").touch()
    gathered({"anna": 1})
    assert {p.name for p in tmp_path.glob(".partial-*")} == {p.name for p in absent}
