"""Who may ask, how much, and for which files."""

import ipaddress
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emofast.errors import EmofastError
from emofast.paths import cache

FILMS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".mxf", ".wmv", ".gif"}
"""Suffixes of files that are offered and served as films."""

HOME = "emofast"
"""Sessions lie in a folder of this name in one of the opened folders."""

_MOST = 2000  # films on a page
_LIMIT, _LIMITS = 1 << 20, {"/api/predict": 24 << 20}  # bytes of a request's body; those of some paths
_HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def kept_token() -> str:
    """The random token of this account. It outlives the server, so that an open page finds it again after a restart."""
    path, token = cache() / "app-token", secrets.token_urlsafe(32)
    with suppress(OSError, UnicodeDecodeError):
        private = os.name == "nt" or path.stat().st_mode & 0o077 == 0
        if private and len(kept := path.read_text(encoding="ascii")) >= 32:
            return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as f:
        f.write(token)
    return token


class Guard:
    """Middleware before everything: host, origin, token and size of a request; security headers of every answer.

    The token comes in the address (`?token=`, which sets the cookie), as `Authorization: Bearer`, or as the cookie. What a
    page of another site could send with the cookie alone (anything but GET, and WebSockets) also needs this site's Origin.
    """

    def __init__(self, app: ASGIApp, token: str, cookie: str = "emofast", share: bool = False):
        self._app, self._token, self._cookie, self._share = app, token, cookie, share
        self.invite()

    def invite(self) -> str:
        """A token for an address that opens once: everybody on this computer can read the command line of the browser that is given it."""
        self._invited = secrets.token_urlsafe(32)
        return self._invited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked, limit = HTTPConnection(scope), _LIMITS.get(scope["path"], _LIMIT)
        given = asked.query_params.get("token", "")
        invited = _same(given, self._invited)
        by_address = invited or _same(given, self._token)
        refused = self._refusal(asked, by_address, limit)
        if invited and not refused:
            self.invite()
        if refused and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    out.setdefault(name, value)
                if by_address and not refused:
                    out.append("set-cookie", f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000")
            await send(message)

        taken = 0

        async def counted() -> Message:
            """`receive` that stops a body without a stated length at the limit."""
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, f"more than {limit >> 20} MB are not taken here")
            return message

        if refused:
            await PlainTextResponse(refused[1], refused[0])(scope, receive, answer)
        else:
            await self._app(scope, counted, answer)

    def _refusal(self, asked: HTTPConnection, by_address: bool, limit: int) -> tuple[int, str] | None:
        scope, headers = asked.scope, asked.headers
        host, origin = headers.get("host", ""), headers.get("origin")
        if not _known_host(host, self._share) or not scope["query_string"].isascii():
            return 400, "This address is not served here; open the one that emofast app printed.\n"
        harmless = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if origin is not None and not harmless and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "A page of another site may not do this.\n"
        bearer = headers.get("authorization", "").partition("Bearer ")[2]
        by_cookie = _same(asked.cookies.get(self._cookie, ""), self._token) and (harmless or origin is not None)
        if not (by_address or by_cookie or _same(bearer, self._token)):
            return 401, "The token is missing or wrong; open the address that emofast app printed.\n"
        length = headers.get("content-length", "0")
        return (413, f"More than {limit >> 20} MB are not taken here.\n") if not length.isdecimal() or int(length[:20]) > limit else None


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), token.encode())

def _known_host(host: str, share: bool) -> bool:
    """Whether a Host header names this machine. A rebound DNS name never does: shared, it must be an address or the machine's own name."""
    name = ""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        if not share or name == "localhost":
            return name in ("localhost", "127.0.0.1", "::1")
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return share and name in (socket.gethostname().lower(), f"{socket.gethostname().lower()}.local")


class Shelf:
    """The folders named on the command line, its `roots`. A file is addressed as `N/path` below folder N; links lead nowhere outside them.

    Raises `EmofastError` for what is no folder.
    """

    def __init__(self, folders: list[Path]):
        for folder in folders:
            if not folder.is_dir():
                raise EmofastError(f"{folder} is not a folder; name folders that hold episodes and recordings")
        self.roots = list(dict.fromkeys(f.resolve() for f in folders))

    def path(self, address: str) -> Path:
        """The path that an address means, whether or not there is something. Raises 404 for one outside."""
        number, _, rest = address.partition("/")
        with suppress(ValueError, IndexError, OSError, RuntimeError):  # no number, a null byte, too long a name, links in a circle
            path = (self.roots[int(number[:4])] / rest).resolve()
            if number.isdecimal() and any(path.is_relative_to(r) for r in self.roots):
                return path
        raise HTTPException(404, "there is no such file in the folders that were opened")

    def film(self, address: str) -> Path:
        """The film at an address. Raises 404 where there is none."""
        path = self.path(address)
        with suppress(OSError):
            if path.suffix.lower() in FILMS and path.is_file():
                return path
        raise HTTPException(404, "there is no such film in the folders that were opened")

    def address(self, path: Path) -> str:
        """The address of a path below one of the folders."""
        number, root = next((k, r) for k, r in enumerate(self.roots) if path.is_relative_to(r))
        return f"{number}/{path.relative_to(root).as_posix()}"

    def films(self) -> dict:
        """What can be chosen: address and name of the first films, folder by folder. left_out: how many more there are, and links.
        Hidden folders and sessions hold none."""
        found: list[dict] = []
        links = 0
        for number, root in enumerate(self.roots):
            for folder, inside, files in os.walk(root):  # does not follow links
                if "session.json" in files and Path(folder).parent.name == HOME:
                    inside[:] = files[:] = []
                inside[:] = sorted(d for d in inside if not d.startswith("."))
                for path in (Path(folder, name) for name in sorted(files)):
                    if path.suffix.lower() not in FILMS or path.name.startswith("."):
                        continue
                    where, link = path.relative_to(root).as_posix(), path.is_symlink()
                    links += link
                    found += [] if link else [{"address": f"{number}/{where}", "name": where, "folder": root.name}]
        return {"films": found[:_MOST], "left_out": links + len(found[_MOST:])}
