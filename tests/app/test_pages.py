"""Photo, leaderboard, and what holds for every page: narrow and wide, both languages, by name for a screen reader."""

import json
import os
import re
import shutil
import time

import cv2
import numpy as np
import pytest
from browser import visit
from films import faces

from emofast.emotions import EMOTIONS


@pytest.fixture
def photo(tmp_path):
    """A bright drawn face, as a PNG file."""
    path = tmp_path / "happy <b>.png"
    picture = next(faces(1, happy=(0.0,)))[..., ::-1]
    path.write_bytes(cv2.imencode(".png", cv2.resize(picture, (640, 480)))[1].tobytes())
    return path


@pytest.fixture
def results(own_artifacts, project):
    """The recorded results of the project, of a data set with a run that is training now."""
    recorded = project / "artifacts" / "ferplus9"
    shutil.copytree(recorded, own_artifacts / "ferplus9", ignore=shutil.ignore_patterns("test.npz", "checkpoints"))
    log = own_artifacts / "ferplus9" / "12_small_grey" / "checkpoints" / "run.log"
    log.parent.mkdir()
    log.write_text("seed 42  epoch 1/44  accuracy 0.512 <i>\n")
    os.utime(log.parents[1] / "result.json", (time.time() - 99, time.time() - 99))
    return own_artifacts


def test_predict_says_what_the_recognizer_says(app, photo, model):
    from emofast.app.sight import faces_in
    from emofast.recognition import EmotionRecognizer

    data = photo.read_bytes()
    answer = json.loads(app.ask("POST", "/api/predict", data).body)
    assert (answer["width"], answer["height"], answer["model"]) == (640, 480, model.name)
    (face,) = answer["faces"]
    assert face["emotion"] == "happy" and sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert answer["faces"] == faces_in(cv2.imread(str(photo)), EmotionRecognizer(model))
    x, y, w, h = face["box"]
    assert abs(x + w / 2 - 320) < 40 and abs(y + h / 2 - 240) < 60
    for bad in (b"", b"no picture", data[:2000], b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        refused = app.ask("POST", "/api/predict", bad)
        assert refused.status == 400 and json.loads(refused.body)["error"]
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    refused = app.ask("POST", "/api/predict", eps)
    assert refused.status == 400 and b"of no known kind" in refused.body, "Pillow would start Ghostscript"
    deep = cv2.imread(str(photo), 0).astype(np.uint16) << 8
    dot, deep = (cv2.imencode(".png", p)[1].tobytes() for p in (deep[:1, :1], deep))
    assert json.loads(app.ask("POST", "/api/predict", dot).body)["faces"] == []
    (grey,) = json.loads(app.ask("POST", "/api/predict", deep).body)["faces"]
    assert grey["probabilities"] == pytest.approx(face["probabilities"], abs=0.05), "16 bits are no white"


def test_the_interface_is_described_as_it_is(app, photo):
    spec = json.loads(app.ask("GET", "/api/openapi.json").body)
    answers = spec["paths"]["/api/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    found = json.loads(app.ask("POST", "/api/predict", photo.read_bytes()).body)
    face = answers["faces"]["items"]["properties"]
    assert set(found) == set(answers) and set(found["faces"][0]) == set(face)
    assert face["emotion"]["enum"] == list(found["faces"][0]["probabilities"]) == list(EMOTIONS)


def test_the_leaderboard_is_what_is_recorded(app, results):
    board = json.loads(app.ask("GET", "/api/experiments/ferplus9").body)
    lines = (results / "ferplus9" / "leaderboard.csv").read_text().splitlines()
    assert [r["experiment"] for r in board["rows"]] == [line.split(",")[0] for line in lines[1:]]
    assert board["training"][0]["name"] == "12_small_grey" and "epoch 1/44" in board["training"][0]["log"]
    against = board["rows"][1]["experiment"]
    differences = json.loads(app.ask("GET", f"/api/experiments/ferplus9/{against}/compare").body)
    best, second = board["rows"][:2]
    assert differences[against] == {"difference": 0, "half": 0, "n": differences[against]["n"]}
    gain = differences[best["experiment"]]
    assert gain["difference"] == pytest.approx(best["accuracy_tta"] - second["accuracy_tta"], abs=2e-4) and 0 < gain["half"] < 0.03
    seeds = dict(np.load(results / "ferplus9" / best["experiment"] / "valid.npz"))
    seeds["per_seed_tta"] = np.stack([seeds["probabilities"], np.roll(seeds["probabilities"], 1, 0)])  # two, of which one is useless
    (results / "ferplus9" / "02_two_seeds").mkdir()
    np.savez(results / "ferplus9" / "02_two_seeds" / "valid.npz", **seeds)
    differences = json.loads(app.ask("GET", f"/api/experiments/ferplus9/{best['experiment']}/compare").body)
    useless = (seeds["per_seed_tta"][1].argmax(1) == seeds["labels"]).mean()
    assert differences["02_two_seeds"]["difference"] == pytest.approx((useless - best["accuracy_tta"]) / 2, abs=1e-4)
    shutil.rmtree(results / "ferplus9" / "02_two_seeds")
    records = sorted((results / "ferplus9").glob("*/valid.npz"))
    broken = [p for p in records if p.parent.name not in (against, best["experiment"])][:2]
    broken[0].write_bytes(b"")
    broken[1].write_bytes(broken[1].read_bytes()[:-99])
    damaged = json.loads(app.ask("GET", f"/api/experiments/ferplus9/{against}/compare").body)
    assert damaged[best["experiment"]] == gain and all(f"{p} is damaged" in damaged[p.parent.name]["error"] for p in broken)
    alone = json.loads(app.ask("GET", f"/api/experiments/ferplus9/{broken[0].parent.name}/compare").body)
    assert set(alone) == {p.parent.name for p in broken}
    assert app.ask("GET", f"/api/experiments/ferplus9/{against}/confusion.png").body.startswith(b"\x89PNG")
    for path in ("..", "ferplus9/..", f"ferplus9/{against}/source.py", "ferplus9/-/split.csv", "nothing"):
        assert app.ask("GET", f"/api/experiments/{path}").status == 404


def test_every_stage_of_a_job_has_its_words(project):
    files = [*(project / "emofast" / "video").glob("*.py"), *(project / "emofast" / "app").glob("*.py")]
    stages = {s for f in files for s in re.findall(r'(?:progress|tell)[(,] ?"([a-z ]+)"', f.read_text(encoding="utf-8"))}
    texts = (project / "emofast" / "app" / "page" / "texts.js").read_text(encoding="utf-8")
    assert "following the faces" in stages and all(re.search(rf'\b{s}"?: \[', texts) for s in stages), stages


NAMELESS = """[...document.querySelectorAll('button, input, select, a, [role=slider], canvas[role=img]')].filter(e => !e.hidden &&
    !(e.textContent.trim() || e.ariaLabel || e.labels?.length)).map(e => e.outerHTML.slice(0, 80))"""


def test_every_page_fits_and_has_names(serve, model, photo, results, tmp_path):
    _, url = serve(tmp_path, "--model", model)

    async def what(page):
        for page_name, ready in {"": ".tiles", "live": ".plane", "film": "p", "photo": ".drop", "experiments": "tr", "api": "pre"}.items():
            for width, lang in ((1280, "en"), (390, "ru")):
                await page.resize(width, 900)
                await page.value(f"localStorage.setItem('lang', '{lang}')")
                await page.goto(url.replace("/?", f"/{page_name}?"))
                await page.wait(f"document.querySelector('main {ready}')")
                assert await page.value("document.documentElement.scrollWidth") <= width, page_name
                assert await page.value("document.documentElement.lang") == lang
                assert await page.value(NAMELESS) == [], page_name
        await page.goto(url.replace("/?", "/photo?"))
        await page.wait("document.querySelector('input[type=file]')")
        root = (await page.call("DOM.getDocument"))["root"]["nodeId"]
        file = (await page.call("DOM.querySelector", nodeId=root, selector="input[type=file]"))["nodeId"]
        await page.call("DOM.setFileInputFiles", nodeId=file, files=[str(photo)])
        await page.wait("document.querySelector('.now')?.textContent == 'радость'")
        await page.goto(url.replace("/?", "/experiments?"))
        await page.wait("document.querySelector('main pre')?.textContent.includes('epoch 1/44  accuracy 0.512 <i>')")
        await page.click("tbody tr:nth-child(3)")
        await page.wait("document.querySelector('img[src*=confusion]')?.naturalWidth > 0")
        assert await page.value("document.querySelector('img[src*=curves]').naturalWidth > 0")

    visit(url, tmp_path / "profile", what)
