"""The report in a real browser: a click on a moment plays it, without a network."""

from __future__ import annotations

import numpy as np
import pytest
from browser import visit
from films import episode

from emofast.sample.audience import Bump, plan_viewers
from emofast.video.group import Group
from emofast.video.media import probe
from emofast.video.moments import find_moments
from emofast.video.picture import draw_timeline
from emofast.video.pipeline import group_table
from emofast.video.report import write_report
from emofast.video.selection import Wish, choose, place


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a 40 s episode in which three viewers share two moments, and its moments."""
    folder = tmp_path_factory.mktemp("отчёт")
    film = probe(episode(folder / "an <episode> & more.mp4", 40))
    events = (Bump(12, "happy", 2.5), Bump(28, "fear", 2.5))
    people = plan_viewers(np.random.default_rng(2), events, 40, 3, missing=0.0)
    group = Group.of({v.name: (v.timeline(42), 0.0) for v in people}, 40)
    moments = place(find_moments(group), film, Wish())
    chosen = choose(moments, film, Wish(length=12))
    write_report(folder / "report.html", film, moments, chosen, group_table(group))
    draw_timeline(folder / "timeline.png", group_table(group), moments, chosen, film)
    write_report(folder / "bare.html", film, moments, chosen, None)
    return folder, moments, chosen


def test_a_click_on_a_moment_plays_it(report, tmp_path):
    folder, moments, chosen = report

    async def what(page):
        await page.wait("document.getElementById('film').readyState >= 2")
        assert await page.value("document.querySelectorAll('tbody tr').length") == len(moments)
        assert "&lt;" not in await page.value("document.querySelector('h1').textContent")
        data = await page.value("JSON.parse(document.getElementById('data').textContent)")
        for moment in data["moments"][:2]:
            await page.click(f"tr[data-rank='{moment['rank']}'] td:nth-child(3)")
            begin, end = moment["film"]
            film = "document.getElementById('film')"
            # in one question: on a busy machine the moment may be over before a second one is answered
            playing = f"document.querySelector('tr.playing')?.dataset.rank == '{moment['rank']}'"
            await page.wait(f"!{film}.paused && {film}.currentTime > {begin + 0.3} && {playing}")
            assert begin <= await page.value(f"{film}.currentTime") <= end + 0.1
            await page.value(f"{film}.currentTime = {end - 0.3}")
            await page.wait(f"{film}.paused")
            assert await page.value(f"{film}.currentTime") < end + 0.35, "it stops where the moment ends"
        await page.click(".band[data-rank='1'] rect")
        await page.wait("document.querySelector('tr.playing').dataset.rank == '1'")
        await page.click("#trailer")
        first = min(chosen, key=lambda m: m.start)
        await page.wait(f"document.querySelector('tr.playing').dataset.rank == '{moments.index(first) + 1}'")

    visit(folder / "report.html", tmp_path / "profile", what)


def test_moments_made_by_hand_have_a_report_too(report, tmp_path):
    folder, moments, _ = report

    async def what(page):
        await page.click("tr[data-rank='1'] td")
        await page.wait("!document.getElementById('film').paused")
        assert await page.value("document.querySelectorAll('.band').length") == len(moments)

    visit(folder / "bare.html", tmp_path / "profile", what)


def test_the_report_needs_nothing_else(report):
    folder, _, _ = report
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "https://" not in text
    assert "an &lt;episode&gt; &amp; more" in text
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")
