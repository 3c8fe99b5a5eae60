"""The audience: recordings told apart, watched, put on the episode's clock, and their people gathered."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from hashlib import sha256
from itertools import chain, count
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.errors import EmofastError
from emofast.film.media import Media, probe
from emofast.video.analysis import Task, watch_all
from emofast.video.group import Group
from emofast.video.listener import Listener
from emofast.video.timeline import digest, read_timeline
from emofast.video.words import one_line

_CUT_SHORT = 1.5  # seconds that a header may promise beyond the last picture before the file counts as damaged

PRESENT = 0.4
"""Somebody seen for less than this share of the time of the most present viewer is a passer-by, not a viewer."""

_NEAR = 1.5  # face widths between the places where one person leaves and comes back

_MANY = 0.1  # share of the faces from which it is told that they were left out


@dataclass(frozen=True)
class Recording:
    """One recording. start: episode second at which it starts; rate: episode seconds per second of its own clock, nearly 1; how that
    is known: "given", "sound" or "assumed". group: label of the viewers to which it belongs, or ""."""

    name: str
    film: Media
    start: float = 0.0
    rate: float = 1.0
    how: str = "assumed"
    group: str = ""


def usable(paths: Sequence[Path], episode: Media, listener: Listener) -> list[Recording]:
    """The recordings that can be read, each once, with names told apart; what is wrong with the others is told. No path at all: the
    person on screen is the viewer. Raises `EmofastError` where none is left."""
    films: list[Media] = []
    seen = {digest(episode.path): episode.path}
    for path in paths:
        try:
            film = probe(path)
        except EmofastError as e:
            listener.warning(f"{e}. This viewer counts as absent")
            continue
        tell_damage(film, listener)
        first = seen.setdefault(digest(path), path)
        if first is not path:
            listener.warning(f"{path} is the same recording as {first}; it counts once")
        else:
            films.append(film)
    if paths and not films:
        raise EmofastError("none of the viewers' recordings can be used; see the warnings above")
    taken: set[str] = set()
    return [Recording(_apart(one_line(film.path.stem), taken), film, how="assumed" if paths else "given") for film in films or [episode]]


def _apart(name: str, taken: set[str]) -> str:
    """`name`, numbered where `taken` has it: on many disks Anna and anna are one file. It is taken from now on."""
    found = next(n for n in chain([name], (f"{name}-{k}" for k in count(2))) if n.casefold() not in taken)
    taken.add(found.casefold())
    return found


def tell_damage(film: Media, listener: Listener) -> None:
    """Warn of a film that ends before its header says, and of one whose sound is heard in part."""
    if film.claimed > film.duration + _CUT_SHORT:
        there = f"{film.claimed:.1f} s promised, {film.duration:.1f} s there"
        listener.warning(f"{film.path.name} is cut short: {there}; the rest counts as absent")
    if film.unheard:
        heard = f"{1 + film.unheard} mono sound tracks, of which only number {film.tracks[0] + 1} is heard"
        listener.warning(f"{film.path.name} has {heard}; to hear more, give it with a stereo or 5.1 track, or with two or six mono ones")


def gather(
    recordings: list[Recording], tasks: list[Task], episode: Media, model: Path, jobs: int, trust: bool, lag: float, listener: Listener
) -> tuple[Group, dict[str, tuple[str, ...]]]:
    """Bring the timeline of each recording (its task) up to date, and put its people as a group on the episode's clock; also who came of
    each recording, by its name. Raises `EmofastError` where nobody is seen."""
    watch_all(tasks, model, jobs, trust, listener)
    on_screen = [r.film for r in recordings] == [episode]
    people: dict[str, tuple[pd.DataFrame, float]] = {}
    lengths: dict[str, float] = {}
    seats: dict[str, tuple[str, ...]] = {}
    taken = {r.name.casefold() for r in recordings}
    for r, task in zip(recordings, tasks):
        for stale in task.parts.parent.glob(f"{escape(task.parts.name[:-8])}????????"):  # pieces by another model or with other settings
            shutil.rmtree(stale, ignore_errors=True)
        timeline, facts = read_timeline(task.out)
        if facts["damaged"]:
            listener.warning(f"{r.film.path.name}: {facts['damaged']} damaged packets were skipped")
        timeline["t"] *= r.rate
        found = person_on_screen(timeline) if on_screen else viewers(timeline)
        if not found:
            listener.warning(f"{r.film.path.name}: no face in it; this viewer counts as absent")
        others = timeline["face"].count() - sum(map(len, found))
        if not on_screen and others > _MANY * timeline["face"].count():
            share = f"{others / timeline['face'].count():.0%}"
            listener.warning(f"{r.film.path.name}: {share} of the faces seen in it are taken for those of passers-by, and left out")
        names = [r.name] if len(found) == 1 else [_apart(f"{r.name} ({k})", taken) for k in range(1, len(found) + 1)]
        seats[r.name] = tuple(names)
        people |= {name: (person, r.start) for name, person in zip(names, found)}
        lengths |= dict.fromkeys(names, r.film.duration * r.rate)
        first, last = max(0.0, r.start), min(episode.duration, r.start + r.film.duration * r.rate)
        if first > 1 or last < episode.duration - 3:
            covers = f"{first:.0f} to {max(last, 0):.0f} s of the episode's {episode.duration:.0f} s"
            listener.warning(f"{r.name} covers {covers}; outside, this viewer counts as absent")
    if not people:
        raise EmofastError("no face was found in any recording; film from the front, with the face at least a tenth of the picture wide")
    listener.note(f"{len(people)} viewer{'s' * (len(people) > 1)}: {', '.join(people)}")
    if len(people) == 1:
        listener.warning("one viewer alone: nothing says whether others would agree, so moments carry no p-value")
    # an actor's face is on the screen, not late behind it
    return Group.of(people, episode.duration, 0.0 if on_screen else lag, lengths), seats


def viewers(timeline: pd.DataFrame) -> list[pd.DataFrame]:
    """One timeline per person in a recording, the most present first; none where no face was seen.

    A person's tracks do not overlap in time and lie near each other; whoever appears elsewhere when the last one of a person is over is
    that person, and chair or camera were moved. People who only pass by are left out.
    """
    seats: list[list[pd.DataFrame]] = []
    for _, track in sorted(timeline.dropna(subset=["face"]).groupby("face"), key=lambda item: item[1]["t"].iloc[0]):
        seat = min((s for s in seats if s[-1]["t"].iloc[-1] < track["t"].iloc[0]), key=lambda s: _distance(s[-1], track), default=None)
        if seat and _distance(seat[-1], track) < _NEAR:
            seat.append(track)
        else:
            seats.append([track])
    moved: list[list[pd.DataFrame]] = []
    for seat in seats:
        over = (s for s in moved if s[-1]["t"].iloc[-1] < seat[0]["t"].iloc[0])
        if before := min(over, key=lambda s: _distance(s[-1], seat[0]), default=None):
            before += seat
        else:
            moved.append(seat)
    people = sorted((pd.concat(s, ignore_index=True) for s in moved), key=len, reverse=True)
    return [p for p in people if len(p) >= PRESENT * len(people[0])]


def person_on_screen(timeline: pd.DataFrame) -> list[pd.DataFrame]:
    """The largest face of every instant as one viewer: cuts change who it is, the eye goes to the close-up."""
    faces = timeline.dropna(subset=["face"]).sort_values(["t", "w"]).drop_duplicates("t", keep="last")
    return [faces.reset_index(drop=True)] if len(faces) else []


def _distance(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """Between the last place of one track and the first of another, in face widths."""
    a, b = before.iloc[-1], after.iloc[0]
    size = (a["w"] + b["w"]) / 2
    return float(np.hypot(a["x"] + a["w"] / 2 - b["x"] - b["w"] / 2, a["y"] + a["h"] / 2 - b["y"] - b["h"] / 2) / size)


def timeline_path(folder: Path, name: str) -> Path:
    """Where the timeline of this recording lies: a name of at most 180 bytes, of which systems allow 255 and unfinished parts need some."""
    data = name.encode()
    short = name if len(data) <= 180 else data[:160].decode(errors="ignore") + "-" + sha256(data).hexdigest()[:12]
    return folder / f"{short}.parquet"
