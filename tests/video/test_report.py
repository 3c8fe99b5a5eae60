"""The report in a real browser: a click on a moment plays it, without a network."""

import numpy as np
import pytest
from browser import visit
from films import episode

from emofast.emotions import EMOTIONS
from emofast.film.media import probe
from emofast.sample.audience import Bump, plan_viewers
from emofast.video.group import Group
from emofast.video.moments import find_moments
from emofast.video.pipeline import group_table
from emofast.video.render import still
from emofast.video.report import _curves, draw_timeline, summarise, write_report
from emofast.video.selection import Wish, choose, place


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a 40 s episode in which three viewers share two moments, and its moments."""
    folder = tmp_path_factory.mktemp("отчёт")
    film = probe(episode(folder / "an <episode> & <!--<script> {{DATA}} more.mp4", 40))
    events = (Bump(12, "happy", 2.5), Bump(28, "fear", 2.5))
    people = plan_viewers(np.random.default_rng(2), events, 40, 3, missing=0.0)
    names = [people[0].name, people[1].name, "$_$"]  # the last is no formula
    group = Group.of({name: (v.timeline(42), 0.0) for name, v in zip(names, people)}, 40)
    cuts = place(find_moments(group), film, Wish())
    chosen = choose(cuts, film, Wish(length=12))
    posters = {c.rank: folder / f"{c.rank}.jpg" for c in cuts}
    for c in cuts:
        still(film, c.first + 10, posters[c.rank])
    table = group_table(group, {"women": group.names[:1], "men": group.names[1:]})
    write_report(folder / "report.html", film, cuts, chosen, table, posters, summarise(table, cuts, film))
    draw_timeline(folder / "timeline.png", table, cuts, chosen, film)
    write_report(folder / "bare.html", film, cuts, chosen, None)
    return folder, cuts, chosen


def test_a_click_on_a_moment_plays_it(report, tmp_path):
    folder, moments, chosen = report

    async def what(page):
        await page.wait("document.getElementById('film').readyState >= 2")
        assert await page.value("document.querySelectorAll('tbody tr').length") == len(moments)
        name = "an <episode> & <!--<script> {{DATA}} more"
        assert await page.value("document.querySelector('h1').textContent") == await page.value("document.title.split(': ')[0]") == name
        assert (await page.value("document.getElementById('film').poster")).startswith("data:image/jpeg")
        assert "viewers moved" in await page.value("document.getElementById('says').textContent")
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
        await page.wait(f"document.querySelector('tr.playing').dataset.rank == '{chosen[0].rank}'")

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
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")


def test_on_a_phone_nothing_is_off_the_screen(report, tmp_path):
    folder, _, _ = report

    async def what(page):
        await page.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
        await page.call("Page.reload")
        await page.wait("document.querySelectorAll('#chart text').length > 5")
        assert await page.value("document.documentElement.scrollWidth") <= 390
        right = "Math.max(...[...document.querySelectorAll('td, th')].map(e => e.getBoundingClientRect().right))"
        assert await page.value(right) <= 390
        small = "Math.min(...[...document.querySelectorAll('#chart text')].map(e => e.getBoundingClientRect().height))"
        assert await page.value(small) >= 11, "labels that can be read"

    visit(folder / "report.html", tmp_path / "profile", what)


def test_curves_of_a_long_episode_are_means_but_for_peaks():
    rng = np.random.default_rng(0)
    people = plan_viewers(rng, (), 1500, 5)
    table = group_table(Group.of({v.name: (v.timeline(1500), 0.0) for v in people}, 1500))
    curves = _curves(table)
    assert len(curves["t"]) <= 1600
    shares = np.array([curves["shares"][e] for e in EMOTIONS], float).sum(0)
    assert np.nanmax(np.abs(shares - 1)) < 0.01
    assert np.mean(curves["valence"]) == pytest.approx(table["valence"].mean(), abs=0.01)
    assert max(curves["score"]) == pytest.approx(table["score"].max(), abs=0.01)
