"""Servers on 127.0.0.1 that answer as Kaggle's API, as the Hugging Face Hub, and as Google Drive and plain web places do."""

import base64
import hashlib
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

__all__ = ["FileServer", "HubServer", "KaggleServer", "lead_kaggle_to", "running"]

QUOTA = '<html><p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently. Please try later.</p></html>'

@contextmanager
def running(server: ThreadingHTTPServer):
    """Serve in a thread until the block ends."""
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def lead_kaggle_to(url: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """The real kaggle client, imported afresh, talks to `url` as user ada, and sees no credential of this machine's user; returns the file
    with ada's key."""
    from kagglesdk.kaggle_env import KaggleEnv, _env_to_endpoint

    key = home / ".kaggle" / "kaggle.json"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text(json.dumps({"username": "ada", "key": "good"}))
    key.chmod(0o600)
    for name in [n for n in os.environ if n.startswith("KAGGLE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setitem(_env_to_endpoint, KaggleEnv.LOCAL, url)
    for module in [m for m in sys.modules if m.split(".")[0] == "kaggle"]:  # it reads the places of credentials at import
        monkeypatch.delitem(sys.modules, module)
    return key


class _Server(ThreadingHTTPServer):
    """`log`: path and Range header of every request."""

    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.url, self.log = f"http://127.0.0.1:{self.server_port}", []

    def handle_error(self, request, client_address):
        """A client that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        self.server.log.append((self.path, self.headers.get("Range", "")))

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":  # what is sent after its headers would be the next answer on the same connection
            self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class KaggleServer(_Server):
    """`tables`: file name to bytes. `refuse`: method to (status, message). `upload_status`: what PUT answers. `pending`: how often a
    submission is listed before it has a score. `verdict`: fields of its scored listing."""

    def __init__(self):
        super().__init__(_KaggleHandler)
        self.good = f"Basic {base64.b64encode(b'ada:good').decode()}"
        self.tables: dict[str, bytes] = {}
        self.refuse: dict[str, tuple[int, str]] = {}
        self.upload_status, self.pending = 200, 1
        self.verdict = {"status": "COMPLETE", "publicScore": "0.58320", "privateScore": "0.58100"}
        self.uploads: list[bytes] = []
        self.submissions: list[dict] = []

    def add(self, description: str = "by hand", status: str = "PENDING", sent: datetime | None = None) -> dict:
        """List one more submission."""
        date = (sent or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.5Z")
        new = {"ref": 7000 + len(self.submissions), "date": date, "description": description, "status": status, "left": self.pending}
        self.submissions.insert(0, new)
        return new


class _KaggleHandler(_Handler):
    def do_GET(self):
        self.answer(self.server.tables[self.path.split("/")[-1]], kind="application/octet-stream", Accept_Ranges="bytes", ETag='"1"')

    def do_PUT(self):
        self.server.uploads.append(self.body())
        self.answer(b"", self.server.upload_status)

    def do_POST(self):
        server, method, request = self.server, self.path.split("/")[-1], json.loads(self.body())
        if method in server.refuse:
            status, message = server.refuse[method]
            return self.say({"code": status, "message": message}, status)
        if method == "IntrospectToken":
            return self.say({"active": False})
        if self.headers.get("Authorization") != server.good:
            return self.say({"code": 401, "message": "Unauthorized"}, 401)
        getattr(self, method)(request)

    def say(self, answer: dict, status: int = 200) -> None:
        self.answer(json.dumps(answer).encode(), status)

    def DownloadDataFile(self, request):
        name = next((n for n in self.server.tables if n.removesuffix(".zip") == request["fileName"]), None)
        if name is None:
            return self.say({"code": 404, "message": "Not found"}, 404)
        self.answer(b"", 302, Location=f"{self.server.url}/storage/{name}")

    def StartSubmissionUpload(self, request):
        self.say({"token": "blob", "createUrl": f"{self.server.url}/upload"})

    def CreateSubmission(self, request):
        self.say({"message": "Successfully submitted", "ref": self.server.add(request["submissionDescription"])["ref"]})

    def ListSubmissions(self, request):
        for s in self.server.submissions:
            s["left"] -= 1
            if s["status"] == "PENDING" and s["left"] < 0:
                s.update(self.server.verdict)
        self.say({"submissions": [{k: v for k, v in s.items() if k != "left"} for s in self.server.submissions]})


class FileServer(_Server):
    """`files`: Drive id or path to bytes. `quota`: ids answered with Drive's quota page. `cut_at`: id or path to the offset at which the
    connection dies, once."""

    def __init__(self):
        super().__init__(_FileHandler)
        self.files: dict[str, bytes] = {}
        self.quota: set[str] = set()
        self.cut_at: dict[str, int] = {}

    def asked(self, what: str) -> list[str]:
        """The Range header ('' for none) of every request whose path has `what` in it."""
        return [asked for path, asked in self.log if what in path]


class _FileHandler(_Handler):
    def do_GET(self):
        server, query = self.server, parse_qs(urlsplit(self.path).query)
        name = query["id"][0] if "id" in query else urlsplit(self.path).path.lstrip("/")
        if name in server.quota:
            return self.answer(QUOTA.encode(), kind="text/html; charset=utf-8")
        if name not in server.files:
            return self.answer(b"<html>not found</html>", 404, kind="text/html")
        self.send_file(name, server.files[name], {"Content-Disposition": f'attachment; filename="{name}.zip"'} if "id" in query else {})

    def send_file(self, name: str, body: bytes, headers: dict[str, str]) -> None:
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        headers |= {"Content-Type": "application/zip", "Content-Length": str(len(body) - start), "ETag": f'"{len(body)}"'}
        headers |= {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        for field, value in headers.items():
            self.send_header(field, value)
        self.end_headers()
        end = self.server.cut_at.pop(name, None)
        self.wfile.write(body[start:end])
        if end:
            self.wfile.flush()
            self.close_connection = True
            self.connection.close()


class HubServer(_Server):
    """`repositories`: ORG/NAME to file name to bytes. Everybody may read; who writes must know the token `good`."""

    def __init__(self):
        super().__init__(_HubHandler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.private: set[str] = set()


class _HubHandler(_Handler):
    COMMIT = "c" * 40

    def say(self, answer, status: int = 200, **headers: str) -> None:
        self.answer(json.dumps(answer).encode(), status, **headers)

    def do_GET(self):
        organisation, name, *rest = urlsplit(self.path).path.removeprefix("/api/models").strip("/").split("/")
        files = self.server.repositories.get(f"{organisation}/{name}")
        if files is None:
            return self.say({"error": "not found"}, 404, X_Error_Code="RepoNotFound")
        if rest[:1] == ["resolve"]:
            body = files[rest[2]]
            return self.answer(body, kind="application/octet-stream", ETag=f'"{hashlib.sha1(body).hexdigest()}"', X_Repo_Commit=self.COMMIT)
        if rest[:1] == ["tree"]:
            return self.say([{"type": "file", "path": n, "size": len(b), "oid": hashlib.sha1(b).hexdigest()} for n, b in files.items()])
        whole = f"{organisation}/{name}"
        self.say({"id": whole, "sha": self.COMMIT, "siblings": [], "private": whole in self.server.private})

    do_HEAD = do_GET

    def do_POST(self):
        body, parts = self.body(), self.path.strip("/").split("/")
        if parts[1] == "validate-yaml":
            return self.say({"errors": [], "warnings": []})
        if self.headers.get("Authorization") != "Bearer good":
            return self.say({"error": "Invalid credentials"}, 401)
        if parts[1] == "repos":
            name = "/".join(filter(None, map(json.loads(body).get, ("organization", "name"))))
            hidden = json.loads(body).get("private") or json.loads(body).get("visibility") == "private"
            self.server.private |= {name} if hidden and name not in self.server.repositories else set()  # of one that is there it stays
            self.server.repositories.setdefault(name, {})
            return self.say({"url": f"{self.server.url}/{name}", "name": name})
        name = "/".join(parts[2:4])
        if parts[4] == "preupload":
            files = json.loads(body)["files"]
            return self.say({"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]})
        for line in map(json.loads, body.decode().splitlines()):
            if line["key"] == "file":
                self.server.repositories[name][line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        self.say({"success": True, "commitUrl": f"{self.server.url}/{name}/commit/{self.COMMIT}", "commitOid": self.COMMIT})
