"""A headless Chromium driven over its DevTools protocol, for looking at a page as a person would."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--mute-audio", "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-port=0",
)  # fmt: skip


class Page:
    """One tab: `await value(js)`, `await click(selector)`, `await drag(selector, dx)`, `await press(key)`, `await wait(js)`.

    `complaints` holds uncaught errors, refusals of the content security policy, and requests that leave `site`; `asked` all requests.
    """

    def __init__(self, socket, site: str = "\0"):
        self._socket, self._n, self._site, self.complaints, self.asked = socket, 0, site, [], []

    async def call(self, method: str, **parameters) -> dict:
        self._n += 1
        await self._socket.send(json.dumps({"id": self._n, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await asyncio.wait_for(self._socket.recv(), 60))
            if answer.get("id") == self._n:
                return answer.get("result", {})
            self._note(answer.get("method"), answer.get("params"))

    def _note(self, method: str | None, said: dict) -> None:
        if method == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"])
        elif method == "Log.entryAdded" and said["entry"]["source"] == "security":
            self.complaints.append(said["entry"]["text"])
        elif method in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            url = said["url"] if "url" in said else said["request"]["url"]
            self.asked.append(url)
            if url.startswith(("http", "ws", "//")) and not url.partition("://")[2].startswith(self._site):
                self.complaints.append(url)

    async def value(self, js: str):
        return (await self.call("Runtime.evaluate", expression=js, returnByValue=True, awaitPromise=True))["result"].get("value")

    async def wait(self, js: str, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not await self.value(f"Boolean({js})"):
            assert time.monotonic() < end, f"never true: {js}"
            await asyncio.sleep(0.05)

    async def goto(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.wait("document.readyState == 'complete'")

    async def click(self, selector: str) -> None:
        await self.drag(selector)

    async def drag(self, selector: str, *, dx: float = 0) -> None:
        """Press on the middle of an element, move `dx` pixels in steps as a hand does, let go."""
        element = f"document.querySelector({selector!r})"
        await self.wait(f"!!{element}", 20)
        await self.value(f"{element}.scrollIntoView({{block: 'center', inline: 'nearest'}})")
        box = json.loads(await self.value(f"JSON.stringify({element}.getBoundingClientRect())"))
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", clickCount=1)
        for k in range(1, 9 if dx else 0):
            await self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x + dx * k / 8, y=y, button="left", buttons=1)
        await self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + dx, y=y, button="left", clickCount=1)

    async def press(self, key: str, *, code: int = 0, modifiers: int = 0) -> None:
        """A key on what has the focus. modifiers: 1 Alt, 2 Ctrl, 8 Shift."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, modifiers=modifiers)

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def resize(self, width: int, height: int) -> None:
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    async def screenshot(self, path: Path, whole: bool = False) -> None:
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))


def visit(place: Path | str, folder: Path, what: Callable, *flags: str) -> None:
    """Open a file or an address in a new browser with its profile in `folder` and run `await what(page)`.

    A file may ask nobody, an address only its own host; `page.another()` opens a second tab.

    Skips where there is no Chromium, but not on a build server.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        assert not os.environ.get("CI"), "a build server must have Chromium: apt-get install chromium"
        pytest.skip("no Chromium: apt-get install chromium")
    browser = subprocess.Popen(
        [program, *FLAGS, *flags, f"--user-data-dir={folder}", "--window-size=1280,1000", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        asyncio.run(_visit(place, folder / "DevToolsActivePort", what))
    finally:
        browser.terminate()
        browser.wait(60)


async def _visit(place: Path | str, port_file: Path, what: Callable) -> None:
    end = time.monotonic() + 240
    while not (port_file.exists() and port_file.read_text().count("\n")):
        assert time.monotonic() < end, "Chromium did not start"
        await asyncio.sleep(0.1)
    port = port_file.read_text().split()[0]
    site = urlsplit(place).netloc if isinstance(place, str) else "\0"
    async with AsyncExitStack() as tabs:

        async def tab() -> Page:
            new = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
            with urllib.request.urlopen(new) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            connection = websockets.connect(address, max_size=None, ping_interval=None, open_timeout=120)
            page = Page(await tabs.enter_async_context(connection), site)
            page.another = tab
            for domain in ("Page", "Runtime", "Network", "Log"):
                await page.call(f"{domain}.enable")
            await page.goto(place if isinstance(place, str) else place.as_uri())
            return page

        page = await tab()
        await what(page)
        assert not page.complaints
