"""The page about a season, as a browser shows it."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from browser import visit

from emofast.sample.audience import plan_events, plan_viewers
from emofast.season.summary import write_summary
from emofast.video.group import Group
from emofast.video.pipeline import group_table

HOSTILE = 'e2 <script>alert(1)</script>&"{{DATA}}$facts'


@pytest.fixture
def page(tmp_path):
    rows = []
    for k, name in enumerate(("e1", HOSTILE.replace("/", "∕"))):
        rng = np.random.default_rng(k)
        audience = plan_viewers(rng, plan_events(rng, 60, 3), 60, 4)
        folder = tmp_path / name
        folder.mkdir()
        group_table(Group.of({v.name: (v.timeline(60), 0.0) for v in audience}, 60)).to_parquet(folder / "group.parquet")
        with (folder / "moments.csv").open("w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows([
                ("rank", "start", "end", "peak", "score", "emotion", "viewers", "p_value"), (1, 1, 5, 2, 40 + k, "happy", 3, 0.01),
                (2, 8, 12, 9, 30, "sad", 2, 0.5), (3, 20, 25, 21, 20, "fear", 2, ""), (4, 40, 45, 41, 10, "anger", 2, 0.9),
            ])  # fmt: skip
        rows.append({"name": name, "state": "done", "error": "", "kind": "trailer"})
    failed = {"name": "e1/anna", "kind": "recording", "state": "failed", "error": "<b>anna.mp4</b> cannot be read"}
    return write_summary(tmp_path, "Season <1>", [failed], rows)


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
