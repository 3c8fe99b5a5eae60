"""The film room in a real browser: from a form to the edit list by clicks, drags and keys; killed and resumed; in two windows."""

import asyncio
import csv
import json
import os
import re
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path

import av
import psutil
import pytest
from browser import visit
from films import episode, faces, write_film
from processes import run_python, wait_until

from emofast.app import editing, jobs
from emofast.app.film import FilmRoom
from emofast.app.guard import Shelf
from emofast.errors import EmofastError
from emofast.film.media import probe
from emofast.video.listener import Listener

VIEWERS = ("anna", "дина", "<i>emil</i>")


@pytest.fixture(scope="module")
def series(tmp_path_factory) -> Path:
    """A 20 s episode with a cut every 3 s, and three viewers who are happy at 6 and 14 s, a second late."""
    folder = tmp_path_factory.mktemp("series")
    episode(folder / "episode.mp4", 20, timecode="10:00:00:00")
    for k, name in enumerate(VIEWERS):
        write_film(folder / f"{name.replace('/', '_')}.mp4", faces(20, (6.9 + 0.1 * k, 15.0 - 0.1 * k), rate=5, seed=k), 5)
    return folder


def rows_of(series: Path, name: str) -> list[dict]:
    return list(csv.DictReader((series / "emofast" / name / "moments.csv").open(encoding="utf-8")))


def film_page(url: str, session: str = "") -> str:
    return url.replace("/?", "/film?") + (f"#0%2F{session}" if session else "")


async def settled(page) -> None:
    """The job has ended well, and the page says so."""
    await page.wait("document.querySelector('.status progress[hidden]')", 240)
    assert not await page.value("document.querySelector('.status .bad')?.textContent")


def test_from_the_form_to_the_edit_list(serve, series, model, tmp_path):
    _, url = serve(series, "--model", model)
    seen = {}

    async def what(page):
        await page.resize(1280, 1000)
        await page.goto(film_page(url))
        await page.click("tr:has([aria-label$=' episode.mp4']) input[type=radio]")
        for name in VIEWERS:
            await page.click(f"tr:has([aria-label$=' {name.replace('/', '_')}.mp4']) input[type=checkbox]")
        await page.click("input[maxlength='80']")
        await page.type("первая")
        await page.click("form .go")
        await page.wait("document.querySelector('.editor .moment')", 240)
        assert not await page.value("document.querySelector('progress').hidden"), "moments can be edited while the trailer is made"
        await settled(page)
        assert not await page.value("document.querySelector('main i')"), "a file's name is text, never markup"
        before = rows_of(series, "первая")
        assert len(before) >= 2 and {r["emotion"] for r in before[:2]} == {"happy"}

        # an edge dragged with the mouse lands on the shot that is near, others on whole frames
        scale = await page.value("document.querySelector('.wide').clientWidth / 20")
        end = float(before[0]["end"])
        shot = min((s for s in range(3, 20, 3)), key=lambda s: abs(s - end - 1.2))
        await page.drag(".moment[data-k='0'] .end", dx=(shot - end) * scale + 4)
        await page.wait(f"Math.abs(document.querySelector('.moment .end').ariaValueNow - {shot}) < 1e-3", 20)

        # one far from every shot goes where the mouse goes, and a moment that leaves its peak leaves what was measured there
        begin = await page.value("Number(document.querySelector('.moment .start').ariaValueNow)")
        near = max((begin - 24 / scale, begin + 24 / scale), key=lambda t: abs(t - 3 * round(t / 3)))
        far = max(t for k in range(6) if (t := 3 * k + 1.5) < shot - 1 and abs(t - begin) > 0.5)
        for at, to in ((begin, near), (near, far)):
            await page.drag(".moment[data-k='0'] .start", dx=(to - at) * scale)
            await page.wait(f"Math.abs(document.querySelector('.moment .start').ariaValueNow - {to}) < .06", 20)
        await asyncio.sleep(0.5)
        moved = rows_of(series, "первая")[0]
        peak = float(before[0]["peak"])
        assert float(moved["start"]) == pytest.approx(far, abs=0.06) and far - 0.06 <= float(moved["peak"]) < shot
        assert (moved["p_value"] == "") == (not far <= peak < shot)
        for _ in range(2):
            await page.press("z", modifiers=2)
        await page.wait(f"Math.abs(document.querySelector('.moment .start').ariaValueNow - {begin}) < 1e-3", 20)
        await page.value("document.querySelector('.moment .end').focus()")

        # the same edge by keys: a frame back, a second on; then both undone as one step
        await page.press("ArrowLeft")
        await page.wait("document.activeElement.dataset.part == 'end'")
        await page.press("ArrowLeft")
        await page.wait(f"Math.abs(document.querySelector('.moment .end').ariaValueNow - {shot - 0.08}) < 1e-3", 20)
        await page.press("z", modifiers=2)
        await page.wait(f"Math.abs(document.querySelector('.moment .end').ariaValueNow - {shot}) < 1e-3", 20)

        # renamed, added, moved up, another deleted
        await page.click("tr[data-k='0'] .name")
        await page.type('"смех", =1+1 <b>')
        await page.press("Enter", code=13)
        await page.value("document.querySelector('.editor video').currentTime = 17")
        await page.value("document.activeElement.blur()")
        await page.press("n")
        await page.wait(f"document.querySelectorAll('.moment').length == {len(before) + 1}")
        await page.click("tr[data-k='0'] [data-use=down]")
        for _ in before[2:]:
            await page.click("tr[data-k='3'] [data-use=delete]")
        await page.click("tr[data-k='2'] [data-use=delete]")
        await page.wait("document.querySelectorAll('.moment').length == 2")
        await page.wait("!document.querySelector('.card > .row button').disabled")
        await asyncio.sleep(0.5)
        after = seen["rows"] = rows_of(series, "первая")
        assert [r["name"] for r in after] == ['"смех", =1+1 <b>', ""] and [r["rank"] for r in after] == ["1", "2"]
        assert float(after[0]["end"]) == shot and float(after[0]["start"]) == pytest.approx(float(before[0]["start"]), abs=1e-3)
        assert (float(after[1]["start"]), float(after[1]["end"])) == (15, 19), "two seconds before and after the place"

        await page.click(".make")
        await page.wait("document.querySelector('.status progress:not([hidden])')", 20)
        await settled(page)
        links = "[...document.querySelectorAll('a.button')].map(a => a.textContent)"
        assert {"trailer.mp4", "trailer.edl", "trailer.otio", "trailer.xml", "report.html", "moments.csv"} <= set(await page.value(links))
        seen["edl"] = await page.value("fetch(document.querySelector(\"a[download='trailer.edl']\").href).then(a => a.text())")
        await page.goto(await page.value("[...document.querySelectorAll('a.button')].find(a => a.textContent == 'report.html').href"))
        await page.wait("document.querySelectorAll('tr[data-rank]').length == 2", 20)
        assert await page.value("window.origin") == "null", "the report's scripts cannot reach the application"

    visit(url, tmp_path / "profile", what)
    cuts = re.findall(r"^\d+ .*V +C +(\S+) (\S+) ", seen["edl"], re.M)

    def frames(timecode: str) -> int:
        hours, minutes, seconds, rest = map(int, timecode.split(":"))
        return ((hours - 10) * 3600 + minutes * 60 + seconds) * 25 + rest

    assert '* "смех", =1+1 <b>' in seen["edl"], "cutting programs see the new name"
    expected = sorted((round(float(r["start"]) * 25), round(float(r["end"]) * 25)) for r in seen["rows"])
    assert [(frames(a), frames(b)) for a, b in cuts] == expected, "the edit list holds what was dragged, to the frame"
    again = tmp_path / "by command"
    session = series / "emofast" / "первая"
    viewers = [series / f"{name.replace('/', '_')}.mp4" for name in VIEWERS]
    done = run_python("trailer.py", series / "episode.mp4", "--out", again, "--from-moments", session / "moments.csv")
    assert done.returncode == 0, done.stderr
    assert (again / "trailer.edl").read_bytes() == (session / "trailer.edl").read_bytes(), "trailer.py makes the same of the same file"
    assert all(v.is_file() for v in viewers)


def api(url: str, path: str, given: dict | None = None, method: str | None = None) -> dict:
    """The HTTP interface as a script uses it."""
    base, _, token = url.partition("/?token=")
    data = None if given is None else json.dumps(given).encode()
    request = urllib.request.Request(base + path, data, {"Authorization": f"Bearer {token}"}, method=method or ("POST" if data else "GET"))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as e:
        return {"status": e.code} | json.load(e)


def test_a_job_survives_its_server_and_goes_on_after_a_kill(serve, series, model):
    (series / "men").mkdir()
    shutil.copy(series / "дина.mp4", series / "men" / "anna.mp4")
    server, url = serve(series, "--model", model)
    films = {"episode": "0/episode.mp4", "viewers": [{"file": "0/anna.mp4"}, {"file": "0/men/anna.mp4", "offset": 0.25, "group": "men"}]}
    twice = api(url, "/api/sessions", {"episode": "0/episode.mp4", "viewers": [{"file": "0/anna.mp4"}] * 2})
    assert twice["status"] == 400 and "twice" in twice["error"]
    made = api(url, "/api/sessions", films | {"name": "killed"})
    assert made == {"address": "0/killed"}
    session = series / "emofast" / "killed"

    def job() -> dict:
        return json.loads((session / ".app" / "job.json").read_text())

    wait_until(lambda: job()["stage"] == "watching" and job()["done"] > 0)
    assert api(url, "/api/job/0/killed", {"action": "analyse"})["status"] == 400, "one job at a time"
    server.send_signal(signal.SIGKILL)
    server.wait()
    worker = psutil.Process(job()["pid"])
    family = [worker, *worker.children(recursive=True)]
    assert worker.is_running(), "the job does not care for its server"
    worker.kill()
    psutil.wait_procs([worker], 10)

    _, url = serve(series, "--model", model)
    assert api(url, "/api/sessions/0/killed")["job"]["state"] == "stopped"
    assert [s["job"]["state"] for s in api(url, "/api/sessions")["sessions"] if s["name"] == "killed"] == ["stopped"]
    for pieces in (session / "timelines").glob(".partial-*"):
        shutil.rmtree(pieces)  # so much is left to watch that it can be cancelled
    api(url, "/api/job/0/killed", {"action": "analyse"})
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family), "nobody is left of the killed job"
    wait_until(lambda: job()["stage"] == "watching")
    api(url, "/api/job/0/killed", {"action": "cancel"})
    assert wait_until(lambda: job()["state"] != "running" and job()["state"]) == "cancelled"
    api(url, "/api/job/0/killed", {"action": "analyse"})
    assert wait_until(lambda: job()["state"] != "running" and job()["state"]) == "done", job()

    line, page = api(url, "/api/timeline/0/killed"), api(url, "/api/sessions/0/killed")
    assert [v["name"] for v in page["viewers"]] == ["anna.mp4", "men/anna.mp4"], "two recordings of one name are told apart"
    assert (line["starts"]["men/anna.mp4"]["start"], line["starts"]["men/anna.mp4"]["how"]) == (0.25, "given")
    assert line["starts"]["anna.mp4"]["how"] != "given" and "score men" in line["curves"]
    assert not page["vertical"]
    saved = api(url, "/api/moments/0/killed", line["moments"] | {"vertical": True}, "PUT")
    api(url, "/api/job/0/killed", {"action": "trailer"})
    assert wait_until(lambda: job()["action"] == "trailer" and job()["state"] != "running" and job()["state"]) == "done", job()
    film = probe(session / "trailer.mp4")
    assert film.width < film.height and api(url, "/api/sessions/0/killed")["vertical"]

    # two windows at once: the later one is told, and nothing is lost
    first, second = (api(url, "/api/timeline/0/killed")["moments"] for _ in range(2))
    first["rows"][0] |= {"name": "mine", "group": "men"}
    saved = api(url, "/api/moments/0/killed", first, "PUT")
    assert (saved["rows"][0]["name"], saved["rows"][0]["group"]) == ("mine", "men") and saved["version"] != second["version"]
    assert api(url, "/api/moments/0/killed", second, "PUT")["status"] == 409
    longer = api(url, "/api/moments/0/killed", saved | {"length": 20}, "PUT")
    assert api(url, "/api/moments/0/killed", saved | {"length": 30}, "PUT")["status"] == 409, "length, order and shape are shared as well"
    saved = api(url, "/api/moments/0/killed", longer | {"length": 30}, "PUT")
    broken = [{**saved["rows"][0], "end": 99}, {**saved["rows"][0], "start": "=1"}, {}, {**saved["rows"][0], "emotion": "joy"}]
    for row in broken:
        refused = api(url, "/api/moments/0/killed", {"version": saved["version"], "rows": [row]}, "PUT")
        assert refused["status"] == 400 and "moments.csv line 2" in refused["error"], refused
    assert api(url, "/api/moments/0/killed", {"version": saved["version"], "rows": [], "length": 12}, "PUT")["rows"] == []
    assert api(url, "/api/sessions/0/killed")["length"] == 12


def test_an_analysis_goes_on_with_edited_moments_and_a_series_may_be_moved(series, model, tmp_path):
    folder = Path(shutil.copytree(series, tmp_path / "series"))
    viewers = (editing.Viewer(folder / "anna.mp4", 0.25),)
    session = editing.Session(folder / "emofast" / "s", folder / "episode.mp4", viewers, length=12.0)
    session.folder.mkdir(parents=True)
    session.write()
    editing.make_trailer(session.order_of(model=model), Listener())
    record = json.loads((session.folder / "trailer.json").read_text())
    del record["made"]["trailer.mp4"]
    (session.folder / "trailer.json").write_text(json.dumps(record | {"finished": False}))  # as one killed while it cuts leaves it
    (session.folder / "trailer.mp4").unlink()
    rows = editing.moments(session)["rows"]
    editing.write_moments(session, [{**rows[0], "name": "mine"}, *rows[1:]])
    room = FilmRoom(Shelf([folder]), model)
    assert not room.session("0/s")["analysed"]
    editing.analyse(session.folder, Listener(), str(model))
    assert (session.folder / "trailer.mp4").is_file() and room.session("0/s")["analysed"]
    assert editing.moments(session)["rows"][0]["name"] == "mine"
    moved = editing.Session.read(folder.rename(tmp_path / "moved") / "emofast" / "s")
    assert editing.timeline(moved)["starts"]["anna.mp4"] == {"start": 0.25, "rate": 1.0, "how": "given"}


def test_a_job_cancelled_while_it_starts_is_cancelled(tmp_path):
    jobs.start(tmp_path, "trailer")
    jobs.cancel(tmp_path)
    assert wait_until(lambda: jobs.state(tmp_path)["state"] != "running" and jobs.state(tmp_path)["state"]) == "cancelled"


def test_a_film_that_no_browser_plays_gets_a_preview(serve, tmp_path, model):
    folder = tmp_path / "films"
    folder.mkdir()
    episode(folder / "plain.mp4", 8)
    with av.open(str(folder / "plain.mp4")) as plain, av.open(str(folder / "episode.mkv"), "w") as film:
        video = film.add_stream("mpeg2video", rate=25)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        for frame in plain.decode(video=0):
            film.mux(video.encode(frame.reformat(format="yuv420p")))
        film.mux(video.encode())
    _, url = serve(folder, "--model", model)
    session = folder / "emofast" / "old"
    session.mkdir(parents=True)
    form = {"episode": "../../episode.mkv", "viewers": [], "length": 30.0, "lag": 1.0, "order": "episode", "model": str(model)}
    (session / "session.json").write_text(json.dumps(form))
    (session / "moments.csv").write_text("start,end\n0:02,0:05\n")

    async def what(page):
        await page.goto(film_page(url, "old"))
        await page.click(".nocodec button")
        await page.wait("document.querySelector('.screen video')?.videoWidth == 320", 120)
        assert await page.value("document.querySelector('.screen video').duration") == pytest.approx(8, abs=0.1)
        await page.wait("document.querySelector('.status')?.innerText.includes('analysis is not finished')", 20)
        assert "Go on" in await page.value("document.querySelector('.status').innerText"), "a preview is no analysis"

    visit(url, tmp_path / "profile", what)


SLOW = """sent = []; gone = 0; plain = fetch; fetch = async (path, given) => {
  if (given?.method != 'GET') sent.push(given.body);
  if (given?.method == 'POST' || given?.method == 'PUT' && gone-- > 0) throw new TypeError('nobody is there');
  if (given?.method == 'PUT') await new Promise((done) => setTimeout(done, 500));
  return plain(path, given); }"""


def test_a_disk_that_is_full_is_told(app, shelf, monkeypatch):
    (shelf / "emofast" / "s").mkdir(parents=True)
    (shelf / "emofast" / "s" / "session.json").write_text("{}")

    def full(_):
        raise OSError(28, "No space left on device", "job.json")

    monkeypatch.setattr(jobs, "state", full)
    answer = app.ask("GET", "/api/sessions")
    assert answer.status == 507
    assert json.loads(answer.body) == {"error": "job.json cannot be read or written (No space left on device)"}


def test_a_viewer_who_comes_late_or_leaves_early_is_a_still_picture(serve, tmp_path, model):
    session = tmp_path / "films" / "emofast" / "s"
    session.mkdir(parents=True)
    episode(tmp_path / "films" / "episode.mp4", 8)
    episode(tmp_path / "films" / "anna.mp4", 3)
    form = {"episode": "../../episode.mp4", "viewers": [{"file": "../../anna.mp4", "offset": 2.0, "group": ""}]}
    (session / "session.json").write_text(json.dumps(form | {"length": 30.0, "lag": 1.0, "order": "episode"}))
    (session / "moments.csv").write_text("start,end\n1,3\n")
    _, url = serve(tmp_path / "films", "--model", model)
    seen = """(async () => { const [film, face] = document.querySelectorAll('video'), seen = [];
        film.currentTime = 0.5; await new Promise((done) => { film.onseeked = done; }); film.play();
        while (film.currentTime < 7) {
          seen.push([film.currentTime, face.currentTime, face.paused]);
          await new Promise(requestAnimationFrame);
        }
        film.pause(); return seen; })()"""

    async def what(page):
        await page.goto(film_page(url, "s"))
        await page.wait("[...document.querySelectorAll('video')].filter((v) => v.duration > 2).length == 2", 20)
        rows = await page.value(seen)
        assert all(paused and at == 0 for t, at, paused in rows if 0.7 < t < 1.9), "before"
        assert all(paused and at > 2.8 for t, at, paused in rows if t > 5.6), "after"
        during = [abs(t - 2 - at) for t, at, paused in rows if 3 < t < 4.5 and not paused]
        assert during and max(during) < 0.5

    visit(url, tmp_path / "profile", what)


def test_nothing_changed_typed_or_dragged_is_lost(serve, tmp_path, model):
    """A session in the inner of two opened folders; a name that an address would misread, and one too long for that of a preview."""
    folder = tmp_path / "films" / "season 1"
    session, film, long = folder / "emofast" / "s", folder / "50% #1?.mp4", folder / ("ы" * 120 + ".mp4")
    session.joinpath(".app").mkdir(parents=True)
    episode(film, 8)
    shutil.copy(film, long)
    viewers = [{"file": f"../../{long.name}", "offset": 0.0, "group": ""}]
    form = {"episode": f"../../{film.name}", "viewers": viewers, "length": 30.0, "lag": 1.0, "order": "episode", "model": str(model)}
    (session / "session.json").write_text(json.dumps(form))
    (session / "moments.csv").write_text('start,end,name,notes\n1,3,one,"by hand, see 2"\n4,6,two,\n')
    _, url = serve(folder.parent, folder, "--model", model)
    (listed,) = api(url, "/api/sessions")["sessions"]
    assert listed["address"] == "1/s"
    tick, name = "document.querySelector('input[type=checkbox]').click()", "document.querySelector('tr[data-k=\\'0\\'] .name').value"

    async def what(page):
        async def saved(n: int) -> list[dict]:
            await page.wait(f"sent.length >= {n}", 20)
            await asyncio.sleep(1)
            return rows_of(folder, "s")

        await page.goto(url.replace("/?", "/film?") + "#1%2Fs")
        await page.wait("[...document.querySelectorAll('video')].every((v) => v.duration > 7)", 20)
        await page.value(SLOW)
        await asyncio.sleep(0.7)  # the films have taken their places
        await page.click("tr[data-k='0'] [data-use=down]")
        await page.click("input[type=checkbox]")  # while the first change is being saved
        rows = await saved(2)
        assert json.loads((session / "session.json").read_text())["vertical"]
        assert [(r["name"], r["notes"]) for r in rows] == [("two", ""), ("one", "by hand, see 2")], "a column of one's own stays"

        await page.click("tr[data-k='0'] .name")
        await page.type("new")
        await page.value(tick)
        (session / ".app" / "job.json").write_text('{"action": "trailer", "state": "failed", "stage": "x"}')
        await page.wait("document.querySelector('.status .bad')", 20)  # all is read again, and a save is answered
        assert "new" in await page.value(name) and await page.value("document.activeElement.matches('.name')")
        await page.value("document.activeElement.blur()")
        assert "new" in (await saved(4))[0]["name"]

        x, y = await page.value("(({ x, y }) => [x + 3, y + 9])(document.querySelector('.end').getBoundingClientRect())")
        await page.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
        await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + 20, y=y, button="left", buttons=1)
        await page.value(tick)
        await saved(5)  # its answer comes in the middle of the drag
        await page.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + 40, y=y, button="left", buttons=1)
        await page.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + 40, y=y, button="left", clickCount=1)
        assert float((await saved(6))[0]["end"]) > 6

        await page.value("gone = 1")
        await page.click("tr[data-k='1'] [data-use=delete]")
        await page.wait("document.querySelector('#toast.shown')", 20)
        assert len(rows_of(folder, "s")) == 2
        await page.click(".make")
        await page.wait("sent.at(-1) == JSON.stringify({ action: 'trailer' })", 20)
        assert len(rows_of(folder, "s")) == 1, "the trailer is cut from what the page shows"

    visit(url, tmp_path / "profile", what)


def test_films_on_two_drives_have_whole_paths(monkeypatch):
    """As Windows' own functions say of C: and D:."""

    def refuse(*paths):
        raise ValueError("Paths don't have the same drive")

    for name in ("relpath", "commonpath"):
        monkeypatch.setattr(os.path, name, refuse)
    films = [Path(f"/{drive}/s1/anna.mp4") for drive in "cd"]
    session = editing.Session(Path("/c/s1/emofast/one"), Path("/c/s1/e.mp4"), tuple(map(editing.Viewer, films)))
    assert session.films == {"e.mp4": session.episode, "/c/s1/anna.mp4": films[0], "/d/s1/anna.mp4": films[1]}
    assert editing._from(session.folder, films[1]) == "/d/s1/anna.mp4"


def test_the_model_and_its_trust_are_those_of_the_command_line(shelf, model, monkeypatch):
    begun, orders = [], []
    monkeypatch.setattr(jobs, "start", lambda folder, *arguments: begun.append(arguments))
    monkeypatch.setattr(editing, "make_trailer", lambda order, listener: orders.append(order))
    planted = editing.Session(shelf / "emofast" / "planted", shelf / "season 1" / "e1.mp4")
    planted.folder.mkdir(parents=True)
    planted.write()
    form = json.loads((planted.folder / "session.json").read_text())
    (planted.folder / "session.json").write_text(json.dumps(form | {"model": str(shelf / "evil.pkl"), "trust": True}))
    for trust in (True, False):
        FilmRoom(Shelf([shelf]), model, trust).work("0/planted", {"action": "analyse"})
    assert begun == [("analyse", str(model), "trust"), ("analyse", str(model))]
    for _, *arguments in begun:
        with pytest.raises(EmofastError):  # no film, which is seen afterwards
            editing.analyse(planted.folder, Listener(), *arguments)
    assert [(order.model, order.trust) for order in orders] == [(model, True), (model, False)]


def test_a_film_outside_the_folders_is_not_opened(serve, series, model, tmp_path):
    inside = tmp_path / "inside"
    session = inside / "emofast" / "planted"
    session.mkdir(parents=True)
    outside = os.path.relpath(series / "episode.mp4", session)
    form = {"episode": outside, "viewers": [], "length": 30, "lag": 1, "order": "rows", "model": None}
    (session / "session.json").write_text(json.dumps(form))
    _, url = serve(inside, "--model", model)
    refused = api(url, "/api/sessions/0/planted")
    assert refused["status"] == 400 and "outside the folders" in refused["error"]
    assert api(url, "/api/results/session.json/0/planted")["status"] in (400, 404)
