"""Addresses and what answers them. Pages are one file; the script in it knows which is meant."""

import asyncio
import contextlib
import json
import mimetypes
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from emofast.app import board
from emofast.app.film import FilmRoom
from emofast.app.guard import Shelf
from emofast.app.sight import Viewing, faces_in, read_picture
from emofast.emotions import TABLE
from emofast.errors import EmofastError
from emofast.recognition import EmotionRecognizer

PAGE = Path(__file__).with_name("page")
for kind, suffix in (("text/javascript", ".js"), ("text/css", ".css"), ("image/svg+xml", ".svg")):
    mimetypes.add_type(kind, suffix)  # on Windows other programs may have registered others, with which no browser takes a script
MOST_VIEWINGS = 8  # live views at a time, each with a tracker of its own and a part of a core; the next one waits
PAGES = ("/", "/live", "/film", "/photo", "/experiments", "/api")


def create_app(recognizer: EmotionRecognizer, shelf: Shelf, detector: str = "dlib", trust: bool = False) -> Starlette:
    """Everything behind the guard. detector: that of the live view. trust: the recognizer's model needs no card."""
    room = FilmRoom(shelf, recognizer.path, trust)
    emotions = [asdict(e) | {"colour": f"#{bytes(e.colour).hex()}"} for e in TABLE]
    about = {"emotions": emotions, "model": recognizer.path.name, "folders": [r.name for r in shelf.roots]}

    def answers(path: str, what: Callable[..., dict], *methods: str) -> Route:
        return Route(path, partial(_answer, what), methods=methods or ["GET"])

    def film(request: Request) -> Response:
        return FileResponse(shelf.film(**request.path_params), content_disposition_type="inline")

    routes = [
        *[Route(path, lambda request: FileResponse(PAGE / "index.html")) for path in PAGES],
        Mount("/page", StaticFiles(directory=PAGE)),
        Route("/favicon.ico", lambda request: FileResponse(PAGE / "icon.svg")),
        answers("/api/about", lambda: about),
        Route("/api/openapi.json", lambda request: FileResponse(PAGE / "openapi.json")),
        Route("/api/predict", partial(_predict, recognizer), methods=["POST"]),
        WebSocketRoute("/api/live", partial(_live, recognizer, detector, asyncio.Semaphore(MOST_VIEWINGS))),
        answers("/api/experiments", board.datasets),
        answers("/api/experiments/{data}", board.leaderboard),
        answers("/api/experiments/{data}/{name}/compare", board.compare),
        Route("/api/experiments/{data}/{name}/{file}", lambda request: FileResponse(board.picture(**request.path_params))),
        answers("/api/films", shelf.films),
        Route("/api/films/{address:path}", film),
        answers("/api/sessions", room.sessions),
        answers("/api/sessions", room.create, "POST"),
        answers("/api/sessions/{session:path}", room.session),
        answers("/api/job/{session:path}", room.work, "POST"),
        answers("/api/timeline/{session:path}", room.timeline),
        answers("/api/moments/{session:path}", room.save_moments, "PUT"),
        Route("/api/results/{file}/{session:path}", lambda request: room.result(**request.path_params)),
    ]
    errors = {
        EmofastError: lambda request, e: _error(str(e), 400),
        OSError: lambda request, e: _error(f"{e.filename or 'a file'} cannot be read or written ({e.strerror or e})", 507),
        HTTPException: lambda request, e: _error(e.detail, e.status_code),
        Exception: lambda request, e: _error("emofast failed at this; its console says more", 500),
    }
    app = Starlette(routes=routes, exception_handlers=errors)
    app.router.redirect_slashes = False  # what is not there is not elsewhere
    return app


def _error(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status)


async def _answer(what: Callable[..., dict], request: Request) -> Response:
    """What a function says of the parts of the address and, where something is sent, of the JSON object in the body."""
    arguments = list(request.path_params.values())
    if request.method in ("POST", "PUT"):
        with contextlib.suppress(ValueError, RecursionError):
            arguments.append(json.loads(await request.body()))
        if not arguments or not isinstance(arguments[-1], dict):
            raise HTTPException(400, "the request's body is no JSON object")
    return JSONResponse(await run_in_threadpool(what, *arguments))


async def _predict(recognizer: EmotionRecognizer, request: Request) -> Response:
    image = await run_in_threadpool(read_picture, await request.body())
    faces = await run_in_threadpool(faces_in, image, recognizer)
    return JSONResponse({"width": image.shape[1], "height": image.shape[0], "model": recognizer.path.name, "faces": faces})


async def _live(recognizer: EmotionRecognizer, detector: str, places: asyncio.Semaphore, socket: WebSocket) -> None:
    """The live page: a frame in, its faces out; one frame at a time. Text messages: "log" and "end log"."""
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        async with places:
            viewing = await run_in_threadpool(Viewing, recognizer, detector)
            while (message := await socket.receive())["type"] != "websocket.disconnect":
                await socket.send_text(json.dumps(await run_in_threadpool(_heard, viewing, message), allow_nan=False))


def _heard(viewing: Viewing, message: dict) -> dict:
    try:
        if message.get("bytes") is not None:
            return viewing.see(message["bytes"])
        if message.get("text") == "log":
            return viewing.start_log()
        if message.get("text") == "end log":
            return viewing.finish_log()
    except EmofastError as e:
        return {"error": str(e)}
    return {"error": "a message is a frame, or one of: log, end log"}
