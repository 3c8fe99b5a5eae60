"""The page about a season, as a browser shows it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from browser import visit

from emofast.sample.audience import plan_events, plan_viewers
from emofast.season.summary import write_summary
from emofast.video.group import Group
from emofast.video.pipeline import group_table

HOSTILE = 'e2 <script>alert(1)</script>&"{{DATA}}$facts'


def trailer_folder(folder: Path, k: int) -> dict:
    """What of a trailer folder is shown of its episode; its row of the manifest."""
    rng = np.random.default_rng(k)
    audience = plan_viewers(rng, plan_events(rng, 60, 3), 60, 4)
    folder.mkdir()
    group_table(Group.of({v.name: (v.timeline(60), 0.0) for v in audience}, 60)).to_parquet(folder / "group.parquet")
    record = {"episode": {"file": "e.mp4", "rate": "25", "frames": 1500}, "made": {}, "finished": True}
    (folder / "trailer.json").write_text(json.dumps(record), encoding="utf-8")
    with (folder / "moments.csv").open("w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows([
            ("rank", "start", "end", "peak", "score", "emotion", "viewers", "p_value"), (1, 1, 5, 2, 40 + k, "happy", 3, 0.01),
            (2, 8, 12, 9, 30, "sad", 2, 0.5), (3, 20, 25, 21, 20, "fear", 2, ""), (4, 40, 45, 41, 10, "anger", 2, 0.9),
        ])  # fmt: skip
    return {"name": folder.name, "state": "done", "error": "", "kind": "trailer"}


@pytest.fixture
def page(tmp_path):
    rows = [trailer_folder(tmp_path / name, k) for k, name in enumerate(("e1", HOSTILE.replace("/", "∕")))]
    failed = {"name": "e1/anna", "kind": "recording", "state": "failed", "error": "<b>anna.mp4</b> cannot be read"}
    return write_summary(tmp_path, "Season <1>", [failed], rows)[0]


def test_the_page_says_what_is_known_and_nothing_else_runs(page, tmp_path):
    async def look(tab):
        assert await tab.value("document.querySelectorAll('script, b').length") == 0
        assert await tab.value("document.querySelector('h1').textContent") == "Season <1>"
        first, second, third = await tab.value("[...document.querySelectorAll('tbody')].map(t => t.innerText)")
        assert "e1" in first and "41" in first and HOSTILE.replace("/", "∕") in first
        assert second.count("happy") == 2 and "3 of 4" in second and "anger" not in second
        assert "e1/anna" in third and "<b>anna.mp4</b> cannot be read" in third
        assert await tab.value("document.querySelectorAll('tr.chance').length") == 2

    visit(page, tmp_path / "profile", look)


def test_folders_that_were_edited_or_damaged_since_cost_no_page(tmp_path):
    rows = [trailer_folder(tmp_path / name, 0) for name in ("edited", "wrong", "bare", "damaged", "lost", "torn")]
    (tmp_path / "edited" / "moments.csv").write_text("rank;start;end;score\n1;0:01;0:05,5;\n", encoding="utf-8-sig")
    (tmp_path / "wrong" / "moments.csv").write_text("start,end\nsoon,later\n", encoding="utf-8")
    (tmp_path / "bare" / "group.parquet").unlink()
    (tmp_path / "damaged" / "group.parquet").write_bytes(b"PAR1" + b"x" * 100)
    (tmp_path / "lost" / "moments.csv").unlink()
    record = json.loads((tmp_path / "torn" / "trailer.json").read_text(encoding="utf-8"))
    (tmp_path / "torn" / "trailer.json").write_text(json.dumps(record | {"made": {"posters/01 happy.jpg": 0}}), encoding="utf-8")
    (tmp_path / "torn" / "posters").mkdir()
    (tmp_path / "torn" / "posters" / "01 happy.jpg").touch()
    path, failed = write_summary(tmp_path, "Season", [], rows)
    page = path.read_text(encoding="utf-8")
    assert {(f["name"], f["kind"]) for f in failed} == {(name, "page") for name in ("wrong", "bare", "damaged", "lost", "torn")}
    assert "6 episodes, 0 recordings, 5 failures" in page and "edited/report.html" in page and "0:01" in page
    wrong = {"wrong": "moments.csv line 2", "bare": "group.parquet", "damaged": "group.parquet", "lost": "moments.csv", "torn": "posters"}
    for name, file in wrong.items():
        assert f"{name}/{file}" in page and any(f["name"] == name and file in f["error"] for f in failed)
