"""`emofast app`: load the model, take a port, print the address, serve until Ctrl-C."""

import argparse
import errno
import os
import socket
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path

from emofast.arguments import add_model, whole_number
from emofast.console import console, warn
from emofast.errors import EmofastError

PORT = 8765


def add_arguments(p: argparse.ArgumentParser) -> None:
    """The flags of `emofast app`."""
    p.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="folder with episodes and recordings for the film room")
    p.add_argument("--port", type=whole_number, metavar="N", help=f"port to serve at (default: {PORT}, or a free one if that is taken)")
    p.add_argument("--share", action="store_true", help="let other machines of the network in that know the token")
    p.add_argument("--detector", default="dlib", metavar="dlib|centerface", help="what finds faces in the live view")
    add_model(p)
    p.add_argument("--no-browser", action="store_true", help="only print the address")


def run(args: argparse.Namespace) -> None:
    """Serve until Ctrl-C. Raises `EmofastError` for a folder, model or port that cannot be used."""
    import cv2
    import uvicorn

    from emofast.app.guard import Guard, Shelf, kept_token
    from emofast.app.server import create_app
    from emofast.recognition import EmotionRecognizer, make_detector
    from emofast.recognition.recognizer import find_model

    cv2.setNumThreads(1)  # several pages and jobs share the cores
    shelf = Shelf(args.folders)
    make_detector(args.detector)  # what cannot work is told now
    recognizer = EmotionRecognizer(find_model(args.model), trust=args.trust)
    listening = _listen("0.0.0.0" if args.share else "127.0.0.1", args.port)
    port, token = listening.getsockname()[1], kept_token()
    app = Guard(create_app(recognizer, shelf, args.detector, args.trust), token, f"emofast-{port}", args.share)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, ws_max_size=4 << 20, ws_max_queue=2, timeout_graceful_shutdown=2
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            """The address is told once uvicorn's own handlers take signals: before, one may fall into an import and be lost."""
            await super().startup(sockets)
            address = f"http://127.0.0.1:{port}/?token={token}"
            console.print(f"emofast is at {address}\nCtrl-C ends it; jobs that run go on.")
            if args.share:
                console.print(f"from other machines: http://{socket.gethostname()}:{port}/?token={token}")
                warn("whoever knows this address sees the opened folders; over plain http browsers give no camera to other machines")
            if not args.no_browser and (sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
                webbrowser.open(f"http://127.0.0.1:{port}/?token={app.invite()}")

    with suppress(KeyboardInterrupt):  # the way to end it
        Server(config).run(sockets=[listening])


def _listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on the port asked for; on `PORT`, or any free one, where none was."""
    try:
        return socket.create_server((host, port or PORT))  # whoever opens the address at once waits, and is not turned away
    except (OSError, OverflowError) as e:
        taken = getattr(e, "errno", None) == errno.EADDRINUSE
        if taken and not port:
            return socket.create_server((host, 0))
        why = "is taken by another program" if taken else f"cannot be used ({e})"
        raise EmofastError(f"port {port or PORT} {why}; name another one with --port") from None
