"""What strangers, other sites and hostile requests get: a short answer, and nothing else."""

import io
import json
import random
import socket
import stat
import struct

import numpy as np
import pytest
from conftest import SECRET, TOKEN
from PIL import Image
from processes import run_python

from emofast.app.guard import Guard, Shelf, kept_token
from emofast.errors import EmofastError
from emofast.paths import cache

PAGES = ("/", "/live", "/film", "/photo", "/experiments", "/api", "/page/main.js", "/page/style.css", "/favicon.ico")


def test_every_page_comes_whole_and_asks_nobody_else(app):
    for path in PAGES:
        answer = app.ask("GET", path)
        assert answer.status == 200, path
        assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
        assert answer.headers["x-content-type-options"] == "nosniff"
        text = answer.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text.replace('=== "https:"', ""), path


def test_the_token_in_the_address_becomes_the_cookie(app):
    first = app.ask("GET", "/", query=f"token={TOKEN}".encode(), authorization=None)
    assert first.status == 200 and first.headers["set-cookie"].startswith(f"emofast={TOKEN};")
    assert "HttpOnly" in first.headers["set-cookie"] and "SameSite=Strict" in first.headers["set-cookie"]
    cookie = f"other=1; emofast={TOKEN}"
    assert app.ask("GET", "/api/about", authorization=None, cookie=cookie).status == 200
    refused = app.ask("GET", "/api/about", authorization=None, cookie="emofast=wrong")
    assert refused.status == 401 and b"printed" in refused.body and "set-cookie" not in refused.headers


def test_an_invitation_opens_once_and_becomes_the_cookie(app):
    invitation = app.app.invite().encode()
    assert app.ask("GET", "/", query=b"token=" + invitation, authorization=None, host="evil.example").status == 400
    first = app.ask("GET", "/", query=b"token=" + invitation, authorization=None)
    assert first.status == 200 and first.headers["set-cookie"].startswith(f"emofast={TOKEN};")
    assert app.ask("GET", "/", query=b"token=" + invitation, authorization=None).status == 401
    assert app.ask("GET", "/", query=b"token=", authorization=None).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 400),  # DNS rebinding
        ({"host": "evil.example:8765"}, 400),
        ({"host": None}, 400),
        ({"host": "[::1]:8765"}, 200),
        ({"host": "localhost:9999"}, 200),  # through a tunnel
        ({"authorization": None}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
    ],
)
def test_host_and_token(app, headers, status):
    assert app.ask("GET", "/api/about", **headers).status == status


def test_another_site_cannot_use_the_cookie(app):
    as_page = {"authorization": None, "cookie": f"emofast={TOKEN}"}
    body = json.dumps({"action": "analyse"}).encode()
    assert app.ask("POST", "/api/job/0/x", body, origin="http://evil.example", **as_page).status == 403
    assert app.ask("POST", "/api/job/0/x", body, origin="http://127.0.0.1:9999", **as_page).status == 403
    assert app.ask("POST", "/api/job/0/x", body, **as_page).status == 401, "a browser always names the origin"
    assert app.ask("POST", "/api/job/0/x", body, origin="http://127.0.0.1:8765", **as_page).status == 404


def test_shared_takes_addresses_but_no_strange_names(app):
    shared = type(app)(Guard(app.app._app, TOKEN, share=True))
    assert shared.ask("GET", "/api/about", host="192.0.2.7:8765").status == 200
    assert shared.ask("GET", "/api/about", host=socket.gethostname()).status == 200
    assert shared.ask("GET", "/api/about", host="evil.example").status == 400


def test_the_token_is_kept_for_this_account_alone():
    token = kept_token()
    assert len(token) >= 32 and kept_token() == token
    path = cache() / "app-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert kept_token() != token, "one that others could read is no secret any more"


def test_films_come_in_ranges_and_links_lead_nowhere(app):
    film = app.ask("GET", "/api/films/0/season 1/e1.mp4", range="bytes=10-14")
    assert (film.status, film.body, film.headers["content-range"]) == (206, b"01234", "bytes 10-14/1000")
    for path in ("0/link.mp4", "0/away/secret.mp4", "0/../secret.mp4", "0/round", "0/notes.txt", "1/e1.mp4", "-1/e1.mp4", "0/season 1"):
        assert app.ask("GET", f"/api/films/{path}").status == 404, path
    listed = json.loads(app.ask("GET", "/api/films").body)
    assert [f["address"] for f in listed["films"]] == ["0/season 1/e1.mp4"] and listed["left_out"] == 1


def test_a_folder_must_be_one(tmp_path):
    with pytest.raises(EmofastError, match="is not a folder"):
        Shelf([tmp_path / "missing"])


def test_what_is_too_large_is_not_taken(app):
    stated = app.ask("POST", "/api/sessions", b"{}", content_length=str(1 << 40))
    silent = app.ask("POST", "/api/sessions", b" " * ((1 << 20) + 1))
    assert (stated.status, silent.status) == (413, 413)


def test_a_small_file_that_claims_to_be_huge(app):
    png = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(png, "PNG")
    bomb = bytearray(png.getvalue())
    bomb[16:24] = struct.pack(">II", 60000, 60000)
    answer = app.ask("POST", "/api/predict", bytes(bomb))
    assert answer.status == 400 and "error" in json.loads(answer.body)


def test_a_thousand_hostile_requests(app, shelf):
    """No exception comes out (they would be raised here), nothing secret is told, nothing is written outside the opened folder."""
    rng = random.Random(18)
    before = {p: p.stat().st_mtime_ns for p in shelf.parent.rglob("*") if not p.is_symlink()}
    climbs = ["../", "..\\", "%2e%2e/", "....//", "/", "\0", "\x80", "a" * 300 + "/", "~/", "C:\\", "0/", "away/", "😀", "round/", "'\"<>&"]
    heads = [
        "/api/films/", "/api/films/0/", "/api/sessions/", "/api/timeline/0/", "/api/results/", "/api/results/session.json/0/", "/page/",
        "/", "/api/experiments/", "/api/experiments/ferplus9/", "/api/job/", "/api/moments/0/",
    ]  # fmt: skip
    tails = ["secret.mp4", "main.js", "etc/passwd", "session.json", "notes.txt", "", "confusion.png", "app-token"]
    bodies = [
        b"", b"{}", b"[]", b"{" * 5000, b'{"episode": 1}', b'{"episode": "0/../secret.mp4", "viewers": []}', b"\xff\xfe", b"null",
        b'{"episode": "0/season 1/e1.mp4", "viewers": [], "length": 1e999}', b'{"rows": [{"start": "x"}], "version": ""}',
        b'{"action": "preview", "film": "../x"}', b'{"episode": "0/season 1/e1.mp4", "viewers": [{"file": "0/away/secret.mp4"}]}',
        rng.randbytes(3000), b"\xff\xd8\xff\xe0" + rng.randbytes(500), b"GIF89a" + rng.randbytes(50), b"RIFF\0\0\0\0WEBPVP8 ",
        b" " * ((1 << 20) + 1),
    ]  # fmt: skip
    strange = [
        {}, {}, {}, {"host": "a b:c"}, {"host": "[::"}, {"cookie": "=;;emofast"}, {"cookie": "emofast=\xe9"},
        {"authorization": "Bearer \xe9"}, {"range": "bytes=5-1"}, {"range": "bytes=" + ",".join(["0-1"] * 200)},
        {"content_length": "-5"}, {"content_length": "9" * 5000}, {"content_type": "multipart/form-data"},
        {"content_type": "multipart/form-data; boundary=x"}, {"origin": "null"}, {"origin": "http://["},
    ]  # fmt: skip
    seen = set()
    for _ in range(1000):
        method = rng.choice(["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"])
        path = rng.choice(heads) + "".join(rng.choices(climbs, k=rng.randrange(4))) + rng.choice(tails)
        if rng.random() < 0.3:
            method, path = "POST", rng.choice(["/api/predict", "/api/sessions"])
        query = rng.choice([b"", b"token=" + rng.randbytes(5), b"token", b"&" * 200, b"a=" + b"%" * 5000])
        answer = app.ask(method, path.encode("utf-8", "surrogateescape"), rng.choice(bodies), query=query, **rng.choice(strange))
        seen.add(answer.status)
        assert answer.status < 500, (method, path)
        assert SECRET.encode() not in answer.body and b"root:" not in answer.body and b"Traceback" not in answer.body
    assert seen >= {200, 400, 401, 403, 404, 405, 413}
    assert {p: p.stat().st_mtime_ns for p in shelf.parent.rglob("*") if not p.is_symlink()} == before


def test_the_rooms_of_training_stay_closed():
    rooms = "import emofast.app.server, emofast.app.command, emofast.app.editing, emofast.app.jobs, sys"
    done = run_python("-c", f"{rooms}; print(sorted({{'torch', 'fastai', 'emofast.training'}} & set(sys.modules)))")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
