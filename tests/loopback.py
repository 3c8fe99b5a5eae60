"""Two servers on 127.0.0.1: one answers as Kaggle's API does, one serves files as Google Drive and plain web places do."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

__all__ = ["KEY", "FileServer", "KaggleServer", "lead_kaggle_to", "running"]

KEY = "0123456789abcdef-a-key-nobody-may-see"

QUOTA = '<html><p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently. Please try later.</p></html>'


@contextmanager
def running(server: ThreadingHTTPServer):
    """Serve in a thread until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def lead_kaggle_to(server: KaggleServer, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """The real kaggle client, imported afresh, talks to `server` as user ada with `KEY`, and sees no credential of this machine's
    user; returns its folder of credentials."""
    from kagglesdk.kaggle_env import KaggleEnv, _env_to_endpoint

    folder = home / ".kaggle"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kaggle.json").write_text(json.dumps({"username": "ada", "key": KEY}))
    (folder / "kaggle.json").chmod(0o600)
    server.good.add(f"Basic {base64.b64encode(f'ada:{KEY}'.encode()).decode()}")
    for name in [n for n in os.environ if n.startswith("KAGGLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setitem(_env_to_endpoint, KaggleEnv.LOCAL, server.url)
    for module in [m for m in sys.modules if m.split(".")[0] == "kaggle"]:  # it reads the places of credentials at import
        monkeypatch.delitem(sys.modules, module)
    return folder


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.log: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()  # for those who are kept waiting

    def handle_error(self, request, client_address):
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        self.server.log.append((f"{self.command} {self.path}", dict(self.headers)))

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class KaggleServer(_Server):
    """`tables`: file name to bytes. `good`: Authorization headers it lets in. `refuse`: method to (status, message, headers).
    `cut`: methods whose connection it drops. `silent`: methods it never answers. `upload_status`: what PUT answers.
    `pending`: how often a new submission is listed before it has a score. `verdict`: fields of its scored listing.
    `after_submission`: called when one has come in."""

    def __init__(self):
        super().__init__(_KaggleHandler)
        self.tables: dict[str, bytes] = {}
        self.good: set[str] = set()
        self.refuse: dict[str, tuple] = {}
        self.cut: set[str] = set()
        self.silent: set[str] = set()
        self.upload_status, self.pending = 200, 1
        self.verdict = {"status": "COMPLETE", "publicScore": "0.58320", "privateScore": "0.58100"}
        self.after_submission = lambda: None
        self.uploads: list[bytes] = []
        self.submissions: list[dict] = []

    def asked(self, method: str) -> int:
        """How often a method was called."""
        return sum(line.endswith(f"/{method}") for line, _ in self.log)

    def earlier(self, sent: datetime, status: str = "COMPLETE") -> None:
        """List a submission of another time."""
        self.submissions.insert(
            0,
            {
                "ref": 1000 + len(self.submissions),
                "date": sent.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z"),
                "description": "by hand",
                "fileName": "x.csv",
                "status": status,
                "publicScore": "0.5",
                "privateScore": "0.5",
            },
        )


class _KaggleHandler(_Handler):
    def do_GET(self):
        self.answer(self.server.tables[self.path.split("/")[-1]], kind="application/octet-stream", Accept_Ranges="bytes", ETag='"1"')

    def do_PUT(self):
        self.server.uploads.append(self.body())
        self.answer(b"", self.server.upload_status)

    def do_POST(self):
        server, method, request = self.server, self.path.split("/")[-1], json.loads(self.body())
        if method in server.cut:
            return self.cut()
        if method in server.silent:
            server.over.wait(60)
        if method in server.refuse:
            status, message, *headers = server.refuse[method]
            return self.say({"code": status, "message": message}, status, **(headers[0] if headers else {}))
        if method == "IntrospectToken":
            active = f"Bearer {request['token']}" in server.good
            return self.say({"active": active, "username": "ada"})
        if self.headers.get("Authorization") not in server.good:
            return self.say({"code": 401, "message": f"Unauthorized: {self.headers.get('Authorization')}"}, 401)
        getattr(self, method)(request)

    def say(self, answer: dict, status: int = 200, **headers: str) -> None:
        self.answer(json.dumps(answer).encode(), status, **headers)

    def DownloadDataFile(self, request):
        name = next((n for n in self.server.tables if n.removesuffix(".zip") == request["fileName"]), None)
        if name is None:
            return self.say({"code": 404, "message": "Not found"}, 404)
        self.answer(b"", 302, Location=f"{self.server.url}/storage/{name}")

    def StartSubmissionUpload(self, request):
        self.say({"token": "blob", "createUrl": f"{self.server.url}/upload"})

    def CreateSubmission(self, request):
        server = self.server
        server.submissions.insert(
            0,
            {
                "ref": 7000 + len(server.submissions),
                "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.5Z"),
                "description": request["submissionDescription"],
                "fileName": "submission.csv",
                "status": "PENDING",
                "left": server.pending,
            },
        )
        server.after_submission()
        self.say({"message": "Successfully submitted", "ref": server.submissions[0]["ref"]})

    def ListSubmissions(self, request):
        for s in self.server.submissions:
            if s["status"] == "PENDING":
                s["left"] -= 1
                if s["left"] < 0:
                    s.update(self.server.verdict)
        self.say({"submissions": [{k: v for k, v in s.items() if k != "left"} for s in self.server.submissions]})


class FileServer(_Server):
    """`files`: Drive id or path to bytes. `quota`: ids answered with Drive's quota page. `confirm`: ids behind the page about
    the virus scan. `pages`: paths answered with a web page. `cut_at`: id or path to the offsets at which connections die, one
    each. `stall_at`: the offset at which it sends nothing more, the connection open. `ranges`: whether it serves them;
    `lengths`: whether it announces sizes."""

    def __init__(self):
        super().__init__(_FileHandler)
        self.files: dict[str, bytes] = {}
        self.quota: set[str] = set()
        self.confirm: set[str] = set()
        self.pages: set[str] = set()
        self.cut_at: dict[str, list[int]] = {}
        self.stall_at: dict[str, int] = {}
        self.ranges = self.lengths = True

    def asked(self, what: str) -> list[str]:
        """The Range header ('' for none) of every request whose path has `what` in it."""
        return [headers.get("Range", "") for line, headers in self.log if what in line]


class _FileHandler(_Handler):
    def do_GET(self):
        server, url = self.server, urlsplit(self.path)
        query = parse_qs(url.query)
        name = query["id"][0] if "id" in query else url.path.lstrip("/")
        if name in server.quota:
            return self.answer(QUOTA.encode(), kind="text/html; charset=utf-8")
        if name in server.confirm and "confirm" not in query:
            page = (
                f'<html><form id="download-form" action="{server.url}/download" method="get"><input type="hidden" name="id" value="{name}">'
                '<input type="hidden" name="confirm" value="t"></form></html>'
            )
            return self.answer(page.encode(), kind="text/html; charset=utf-8")
        if name in server.pages:
            return self.answer(b"<!DOCTYPE html><html><title>Sign in</title></html>", kind="text/html; charset=utf-8")
        if name not in server.files:
            return self.answer(b"<html>not found</html>", 404, kind="text/html")
        self.send_file(name, server.files[name], "id" in query)

    def send_file(self, name: str, body: bytes, drive: bool) -> None:
        server, start = self.server, 0
        asked = self.headers.get("Range")
        if asked and server.ranges:
            start = int(asked.removeprefix("bytes=").split("-")[0])
            if start >= len(body):
                return self.answer(b"", 416, Content_Range=f"bytes */{len(body)}")
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", "application/zip")
        self.send_header("ETag", f'"{len(body)}"')
        if drive:
            self.send_header("Content-Disposition", f'attachment; filename="{name}.zip"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if server.lengths:
            self.send_header("Content-Length", str(len(body) - start))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if name in server.stall_at:
            self.wfile.write(body[start : server.stall_at.pop(name)])
            self.wfile.flush()
            server.over.wait(60)
            return self.cut()
        cuts = server.cut_at.get(name, [])
        end = next((c for c in cuts if c > start), None)
        self.wfile.write(body[start:end])
        if end is not None and len(body[start:end]):
            # Tools open a file once more to ask for a range: only a cut that had something to send counts.
            cuts.remove(end)
            self.wfile.flush()
            self.cut()
