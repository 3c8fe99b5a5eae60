"""A headless Chromium driven over its DevTools protocol, for looking at a page as a person would."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import websockets

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)  # fmt: skip


class Page:
    """One tab: `await value(js)`, `await click(selector)`, `await wait(js)`; `complaints` holds errors and requests to a network."""

    def __init__(self, socket):
        self._socket, self._n, self.complaints = socket, 0, []

    async def call(self, method: str, **parameters) -> dict:
        self._n += 1
        await self._socket.send(json.dumps({"id": self._n, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self._socket.recv(), 60))
            if answer.get("id") == self._n:
                return answer.get("result", {})
            if answer.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(answer["params"]["exceptionDetails"])
            if answer.get("method") == "Network.requestWillBeSent" and answer["params"]["request"]["url"].startswith(("http", "ws", "//")):
                self.complaints.append(answer["params"]["request"]["url"])

    async def value(self, js: str):
        return (await self.call("Runtime.evaluate", expression=js, returnByValue=True, awaitPromise=True))["result"].get("value")

    async def wait(self, js: str, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not await self.value(js):
            assert time.monotonic() < end, f"never true: {js}"
            await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        element = f"document.querySelector({selector!r})"
        await self.value(f"{element}.scrollIntoView({{block: 'center'}})")
        box = json.loads(await self.value(f"JSON.stringify({element}.getBoundingClientRect())"))
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "button": "left", "clickCount": 1}
        await self.call("Input.dispatchMouseEvent", type="mousePressed", **at)
        await self.call("Input.dispatchMouseEvent", type="mouseReleased", **at)

    async def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"]))


def visit(file: Path, folder: Path, what: Callable) -> None:
    """Open `file` in a new browser with its profile in `folder` and run `await what(page)`.

    Skips where there is no Chromium, but not on a build server.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        assert not os.environ.get("CI"), "a build server must have Chromium: apt-get install chromium"
        pytest.skip("no Chromium: apt-get install chromium")
    browser = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={folder}", "--window-size=1280,1000", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        asyncio.run(_visit(file, folder / "DevToolsActivePort", what))
    finally:
        browser.terminate()
        browser.wait(60)


async def _visit(file: Path, port_file: Path, what: Callable) -> None:
    end = time.monotonic() + 240
    while not (port_file.exists() and port_file.read_text().count("\n")):
        assert time.monotonic() < end, "Chromium did not start"
        await asyncio.sleep(0.1)
    port = port_file.read_text().split()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        tab = next(t for t in json.load(answer) if t["type"] == "page")
    async with websockets.connect(tab["webSocketDebuggerUrl"], max_size=None, ping_interval=None, open_timeout=120) as socket:
        page = Page(socket)
        for domain in ("Page", "Runtime", "Network"):
            await page.call(f"{domain}.enable")
        await page.call("Page.navigate", url=file.as_uri())
        await page.wait("document.readyState == 'complete'")
        await what(page)
        assert not page.complaints
