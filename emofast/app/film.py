"""Sessions of the film room as the page knows them: made from a form, listed, worked on, edited."""

import re
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from emofast.app import editing, jobs
from emofast.app.guard import HOME, Shelf
from emofast.errors import EmofastError
from emofast.film.media import open_film, picture_stream
from emofast.video.selection import ORDERS

_RESULTS = (".mp4", ".edl", ".otio", ".xml", ".fcpxml", ".png", ".html", ".csv", ".srt")
_REPORT = {"content-security-policy": "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; "
           "style-src 'unsafe-inline'; img-src data:; media-src data: blob:; connect-src data: blob:"}  # fmt: skip


class FilmRoom:
    """Everything the page asks of sessions. A session's address is `N/name`: folder N of the shelf, and its name."""

    def __init__(self, shelf: Shelf, model: Path, trust: bool = False):
        self._shelf, self._saving = shelf, Lock()
        self._watch = [str(model.absolute()), *["trust"] * trust]  # arguments of the action `analyse`

    def sessions(self) -> dict:
        """All sessions, the newest first."""
        found = [p.parent for root in self._shelf.roots for p in root.glob(f"{HOME}/*/session.json")]
        found.sort(key=lambda p: (p / "session.json").stat().st_mtime, reverse=True)
        return {"sessions": [{"address": self._address(p), "name": p.name, "job": jobs.state(p)} for p in found]}

    def create(self, form: dict) -> dict:
        """A new session from a form, and its analysis begun."""
        episode = self._shelf.film(_text(form, "episode"))
        given = form.get("viewers")
        if not isinstance(given, list) or not all(isinstance(v, dict) for v in given) or len(given) > 200:
            raise EmofastError("viewers is a list of recordings, each with its file")
        viewers = tuple(editing.Viewer(self._shelf.film(_text(v, "file")), _number(v, "offset"), _text(v, "group", "")[:40]) for v in given)
        if len({episode, *(v.file for v in viewers)}) <= len(viewers):
            raise EmofastError("a film is chosen twice; an episode or a recording is one file, and each counts once")
        length, lag = _number(form, "length", 30.0, above=0), _number(form, "lag", 1.0)
        for film in (episode, *(v.file for v in viewers)):
            with open_film(film) as opened:  # what is no film is told now; to read it all takes as long as the work itself
                picture_stream(opened, film)
        folder = self._new_folder(episode, _text(form, "name", ""))
        session = editing.Session(folder, episode, viewers, length, lag)
        session.write()
        jobs.start(folder, "analyse", *self._watch)
        return {"address": self._address(session.folder)}

    def session(self, address: str) -> dict:
        """The form, the job and the results of a session."""
        session = self._read(address)
        files = [p for p in sorted(session.folder.iterdir()) if _is_result(p)]
        episode, *viewers = (self._film(session, address, name, path) for name, path in session.films.items())
        return {
            "name": session.folder.name, "folder": str(session.folder), "length": session.length, "order": session.order,
            "vertical": session.vertical, "episode": episode,
            "viewers": [film | {"offset": v.offset} for film, v in zip(viewers, session.viewers)],
            "analysed": (session.folder / "shots.json").is_file(), "job": jobs.state(session.folder),
            "results": [{"name": p.name, "changed": p.stat().st_mtime} for p in files],
        }  # fmt: skip

    def work(self, address: str, given: dict) -> dict:
        """Begin or cancel an action of a session."""
        session, action = self._read(address), given.get("action")
        if action == "cancel":
            jobs.cancel(session.folder)
        elif action in jobs.ACTIONS:
            more = self._watch if action == "analyse" else [_text(given, "film")] if action == "preview" else []
            jobs.start(session.folder, action, *more)
        else:
            raise EmofastError(f"an action is one of {', '.join((*jobs.ACTIONS, 'cancel'))}")
        return jobs.state(session.folder)

    def timeline(self, address: str) -> dict:
        """Curves, shots and moments."""
        session = self._read(address)
        return {**editing.timeline(session), "moments": editing.moments(session)}

    def save_moments(self, address: str, given: dict) -> dict:
        """Write edited moments; refused with 409 where another page has changed them since `version`."""
        rows = given.get("rows")
        if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows) or len(rows) > 2000:
            raise EmofastError("rows is a list of moments")
        with self._saving:
            session = self._read(address)
            order, length = _text(given, "order", session.order), _number(given, "length", session.length, above=0)
            if order not in ORDERS:
                raise EmofastError(f"order is one of {', '.join(ORDERS)}")
            wished = replace(session, length=length, order=order, vertical=given.get("vertical", session.vertical) is True)
            if editing.moments(session)["version"] != given.get("version"):
                raise HTTPException(409, "the moments were changed elsewhere; they are shown anew")
            editing.write_moments(session, rows)
            wished.write()
            return editing.moments(wished)

    def result(self, file: str, session: str) -> FileResponse:
        """A file that a job has made; the scripts of a report reach nothing here."""
        path = self._read(session).folder / file
        if "/" in file or "\\" in file or not _is_result(path):
            raise HTTPException(404, "there is no such result")
        headers = _REPORT if path.suffix == ".html" else {}
        return FileResponse(path, headers=headers, filename=path.name, content_disposition_type="inline")

    def _read(self, address: str) -> editing.Session:
        number, _, name = address.partition("/")
        folder = self._shelf.path(f"{number}/{HOME}/{name}")
        if folder.parent.name != HOME or not (folder / "session.json").is_file():
            raise HTTPException(404, "there is no such session in the folders that were opened")
        session = editing.Session.read(folder)
        for film in (session.episode, *(v.file for v in session.viewers)):
            if not any(film.resolve().is_relative_to(root) for root in self._shelf.roots):
                raise EmofastError(f"{film} is outside the folders that were opened; open its folder too: emofast app FOLDER FOLDER")
        return session

    def _film(self, session: editing.Session, address: str, name: str, path: Path) -> dict:
        seen = editing.preview_of(session.folder, name)
        url = f"results/{quote(seen.name)}/{quote(address)}" if seen.is_file() else f"films/{quote(self._shelf.address(path))}"
        return {"name": name, "url": f"/api/{url}", "preview": seen.is_file()}

    def _address(self, folder: Path) -> str:
        return f"{self._shelf.roots.index(folder.parents[1])}/{folder.name}"  # one opened folder may lie in another

    def _new_folder(self, episode: Path, name: str) -> Path:
        root = next(r for r in self._shelf.roots if episode.is_relative_to(r))
        stem = re.sub(r"[^\w .,()+-]", "_", name or episode.stem).strip(" .")[:80] or "session"
        for k in count(1):
            folder = root / HOME / (stem if k == 1 else f"{stem} {k}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as e:
                raise EmofastError(f"{folder} cannot be made ({e.strerror}); open a folder that may be written to") from None
            return folder


def _is_result(path: Path) -> bool:
    return path.suffix in _RESULTS and not path.name.startswith(".") and path.is_file() and not path.is_symlink()


def _text(given: dict, name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise EmofastError(f"{name} is missing or no text")
    return value


def _number(given: dict, name: str, default: float | None = None, above: float = -1e6) -> float | None:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not above < value < 1e6:
        raise EmofastError(f"{name} is no number of seconds" + (" above 0" if above == 0 else ""))
    return float(value)
