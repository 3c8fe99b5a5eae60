"""The application without a network, as ASGI, and as a server of its own; folders with films in it and a secret beside them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "video"))

from mood import mood_model
from processes import PROJECT, wait_until

TOKEN = "right-" * 8
SECRET = "nobody may read this"


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class App:
    """An ASGI application asked in-process: nothing between the request as written and the code."""

    app: Callable
    token: str = TOKEN
    host: str = "127.0.0.1:8765"

    def ask(self, method: str, path: bytes | str, body: bytes = b"", *, query: bytes = b"", **headers) -> Answer:
        """One request; `headers` with _ for -; `host`, `authorization` and `origin` replace the right ones, None leaves one out."""
        raw = path if isinstance(path, bytes) else path.encode()
        sent = {"host": self.host, "authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http",
            "path": raw.decode("utf-8", "replace"), "raw_path": raw, "query_string": query, "root_path": "",
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8765),
            "headers": [(k.encode(), v.encode("latin-1", "replace")) for k, v in sent.items() if v is not None],
        }  # fmt: skip
        pieces = [body[i : i + 65536] for i in range(0, len(body), 65536)] or [b""]
        messages = [{"type": "http.request", "body": p, "more_body": k < len(pieces) - 1} for k, p in enumerate(pieces)]
        got: list[dict] = []

        async def receive():
            if not messages:
                await asyncio.sleep(30)  # a client that waits for its answer
            return messages.pop(0)

        async def send(message):
            got.append(message)

        asyncio.run(self.app(scope, receive, send))
        start = next(m for m in got if m["type"] == "http.response.start")
        return Answer(
            start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, b"".join(m.get("body", b"") for m in got)
        )


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    return mood_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def shelf(tmp_path) -> Path:
    """An opened folder with a film, links out of it, and a file beside it that is none of the page's business."""
    folder = tmp_path / "opened"
    (folder / "season 1").mkdir(parents=True)
    (folder / "season 1" / "e1.mp4").write_bytes(b"0123456789" * 100)
    (folder / "notes.txt").write_text(SECRET)
    (tmp_path / "secret.mp4").write_text(SECRET)
    (folder / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "away").symlink_to(tmp_path)
    (folder / "round").symlink_to(folder / "round")
    return folder


@pytest.fixture
def app(shelf, model) -> App:
    from emofast.app.guard import Guard, Shelf
    from emofast.app.server import create_app
    from emofast.recognition import EmotionRecognizer

    return App(Guard(create_app(EmotionRecognizer(model), Shelf([shelf])), TOKEN))


@pytest.fixture
def serve(tmp_path):
    """`serve(*arguments)`: start `emofast app` as a person does; returns the process and the address it printed."""
    started: list[subprocess.Popen] = []

    def start(*arguments, port: int | None = None) -> tuple[subprocess.Popen, str]:
        out = tmp_path / f"server-{len(started)}.txt"
        command = [sys.executable, "-m", "emofast", "app", "--no-browser", *map(str, arguments), *(["--port", str(port)] if port else [])]
        with out.open("w") as f:
            process = subprocess.Popen(command, cwd=PROJECT, stdout=f, stderr=f, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        started.append(process)
        process.output = out
        wait_until(lambda: "http://" in out.read_text() or process.poll() is not None)
        assert process.poll() is None, out.read_text()
        return process, next(word for word in out.read_text().split() if word.startswith("http://"))

    yield start
    for process in started:
        process.terminate()
        process.wait(90)
        assert "Traceback" not in process.output.read_text()
