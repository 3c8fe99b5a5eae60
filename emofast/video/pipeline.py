"""The whole way: an episode and its viewers' recordings into timelines, moments, a trailer, edit lists and a report."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from emofast.console import console, warn
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import atomic_write, refuse_overwriting
from emofast.recognition.card import shipped_model
from emofast.video.analysis import DETECTOR, Task, analyse
from emofast.video.editlist import write_edl, write_otio
from emofast.video.group import Group
from emofast.video.media import Media, probe
from emofast.video.moments import SIGNIFICANT, Moment, find_moments, score
from emofast.video.picture import draw_timeline
from emofast.video.render import render
from emofast.video.report import write_report
from emofast.video.selection import Wish, choose, frames, place, read_moments, wanted, write_moments
from emofast.video.timeline import read_timeline
from emofast.video.viewers import person_on_screen, viewers

__all__ = ["Order", "group_table", "make_trailer"]

_TELL_EVERY = 30  # seconds between two lines of progress in a log file
_CUT_SHORT = 1.5  # seconds that a header may promise beyond the last picture before the file counts as damaged


@dataclass(frozen=True)
class Order:
    """What to make. offsets: episode second at which a recording starts, by file name or stem. trust: load a pickled
    model that no card vouches for. jobs: processes."""

    episode: Path
    viewers: tuple[Path, ...]
    out: Path
    model: Path | None = None
    trust: bool = False
    lag: float = 1.0
    offsets: dict[str, float] = field(default_factory=dict)
    wish: Wish = field(default_factory=Wish)
    from_moments: Path | None = None
    overwrite: bool = False
    jobs: int = 2
    detector: str = DETECTOR


def make_trailer(order: Order) -> list[Moment]:
    """Fill the trailer folder `order.out`; returns the trailer's moments in episode order.

    Timelines that are there and fresh are used again. Raises `EmofastError` for input that cannot give a trailer; what is
    wrong with one recording among several is told, and the others go on.
    """
    refuse_overwriting([order.out / "trailer.mp4"], [order.episode, *order.viewers])
    episode = probe(order.episode)
    _tell_damage(episode)
    out = _folder(order)
    if order.from_moments:
        moments = read_moments(order.from_moments, episode)
        beside = order.from_moments.with_name("group.parquet")
        table = pd.read_parquet(beside) if beside.is_file() else None
    else:
        group = _watch_viewers(order, episode, out)
        table = group_table(group)
    if table is None:
        (out / "group.parquet").unlink(missing_ok=True)  # of an earlier trailer here, whose curves are not these moments'
    else:
        with atomic_write(out / "group.parquet") as partial:
            table.to_parquet(partial, index=False)
    if not order.from_moments:
        with console.status("looking for moments and places to cut"):
            moments = place(find_moments(group, gap=order.wish.gap), episode, order.wish)
    if not order.from_moments or order.from_moments.resolve() != (out / "moments.csv").resolve():
        write_moments(out / "moments.csv", moments)
    chosen = _choose(moments, episode, order.wish)
    _cut(episode, moments, chosen, table, out)
    _print(moments, chosen, out)
    return chosen


def _folder(order: Order) -> Path:
    """The output folder; a finished trailer in it is kept unless `overwrite`."""
    if (order.out / "trailer.mp4").exists() and not order.overwrite:
        raise EmofastError(f"{order.out} already holds a trailer; name another folder, or add --overwrite (timelines are used again)")
    try:
        (order.out / "timelines").mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise EmofastError(f"{order.out} cannot be made a folder ({e.strerror}); name another one with --out") from None
    return order.out


def _watch_viewers(order: Order, episode: Media, out: Path) -> Group:
    """Timelines of all recordings, and their people as a group on the episode's clock."""
    films = [m for m in map(_usable, order.viewers) if m] if order.viewers else [episode]
    if not films:
        raise EmofastError("none of the viewers' recordings can be used; see the warnings above")
    names = _names(films)
    starts = _starts(order.offsets, films, names)
    model = _model(order.model)
    tasks = [Task.of(film, out / "timelines" / f"{name}.parquet", model, order.detector) for film, name in zip(films, names)]
    _analyse(tasks, model, order)
    people: dict[str, tuple[pd.DataFrame, float]] = {}
    for name, film, task in zip(names, films, tasks):
        timeline, facts = read_timeline(task.out)
        if facts["damaged"]:
            warn(f"{film.path.name}: {facts['damaged']} damaged packets were skipped")
        found = viewers(timeline) if order.viewers else person_on_screen(timeline)
        if not found:
            warn(f"{film.path.name}: no face in it; this viewer counts as absent")
        people |= {name + (f" ({k})" if len(found) > 1 else ""): (p, starts[name]) for k, p in enumerate(found, start=1)}
        _tell_coverage(name, film, starts[name], episode, bool(order.viewers))
    if not people:
        raise EmofastError(
            "no face was found in any recording; film the viewers from the front, with the face at least a tenth of the picture wide"
        )
    console.print(f"{len(people)} viewer{'s' * (len(people) > 1)}: {', '.join(people)}", markup=False)
    if len(people) == 1:
        warn("one viewer alone: nothing says whether others would agree, so moments carry no p-value")
    # an actor's face is on the screen, not late behind it
    return Group.of(people, episode.duration, order.lag if order.viewers else 0.0)


def _usable(path: Path) -> Media | None:
    """A viewer's recording, or None (told) where it cannot be read: the others go on."""
    try:
        film = probe(path)
    except EmofastError as e:
        warn(f"{e}. This viewer counts as absent")
        return None
    _tell_damage(film)
    return film


def _tell_damage(film: Media) -> None:
    if film.claimed > film.duration + _CUT_SHORT:
        warn(f"{film.path.name} is cut short: {film.claimed:.1f} s promised, {film.duration:.1f} s there; the rest counts as absent")


def _tell_coverage(name: str, film: Media, start: float, episode: Media, is_viewer: bool) -> None:
    first, last = max(0.0, start), min(episode.duration, start + film.duration)
    if is_viewer and (first > 1 or last < episode.duration - 3):
        warn(
            f"{name} covers {first:.0f} to {max(last, 0):.0f} s of the episode's {episode.duration:.0f} s; "
            "outside, this viewer counts as absent"
        )


def _names(films: Iterable[Media]) -> list[str]:
    """File stems, told apart by a number where two are alike."""
    names: list[str] = []
    for film in films:
        stem, k = film.path.stem, 2
        while (name := stem if k == 2 and stem not in names else f"{stem}-{k}") in names:
            k += 1
        names.append(name)
    return names


def _starts(offsets: dict[str, float], films: list[Media], names: list[str]) -> dict[str, float]:
    starts = dict.fromkeys(names, 0.0)
    for key, seconds in offsets.items():
        meant = [key] if key in names else [n for film, n in zip(films, names) if key in (film.path.name, film.path.stem)]
        if len(meant) != 1:
            says = f"fits {' and '.join(meant)}" if meant else "is none of them"
            raise EmofastError(f"--offset {key}: the recordings are {', '.join(names)}, and {key!r} {says}; name one of these")
        starts[meant[0]] = seconds
    return starts


def _model(given: Path | None) -> Path:
    if given and not given.is_file():
        raise EmofastError(f"there is no model {given}; name one with --model FILE, or leave --model out for the one in artifacts/")
    return given or shipped_model()


def _analyse(tasks: list[Task], model: Path, order: Order) -> None:
    todo = [t for t in tasks if not t.done]
    total = sum(t.media.duration for t in todo)
    if not todo:
        console.print("timelines are up to date")
        return
    seconds, started = 0.0, time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} s of film"),
        TimeRemainingColumn(),
    )
    told = started
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("watching", total=total)
        for done in analyse(todo, model, order.jobs, order.trust):
            seconds += done
            progress.update(bar, advance=done)
            if not console.is_terminal and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                console.print(f"watching: {seconds:.0f} of {total:.0f} s of film after {told - started:.0f} s")
    console.print(f"watched {seconds:.0f} of {total:.0f} s of film in {time.monotonic() - started:.1f} s")


def group_table(group: Group) -> pd.DataFrame:
    """`group.parquet`: the group's table, the score, and how far each viewer is from rest (`reaction <name>`, empty unseen)."""
    table = group.table()
    table["score"] = score(group.reactions, group.seen)
    return table.assign(**{f"reaction {name}": reaction for name, reaction in zip(group.names, group.distance())})


def _choose(moments: list[Moment], episode: Media, wish: Wish) -> list[Moment]:
    chosen = choose(moments, episode, wish)
    if not chosen:
        asked = f" of {', '.join(wish.emotions)}" if wish.emotions else ""
        shortest = min((m.end - m.start for m in wanted(moments, episode, wish)), default=None)
        raise EmofastError(
            f"no moment{asked} stands out; ask for other emotions or fewer exclusions" if shortest is None
            else f"--length {wish.length:g} is shorter than every moment (the shortest: {shortest:.1f} s); raise it or set --moment-length"
        )  # fmt: skip
    chance = [m for m in chosen if m.p_value >= SIGNIFICANT]
    if chance:
        warn(
            f"{len(chance)} of the trailer's {len(chosen)} moments could be chance (p >= {SIGNIFICANT}); see moments.csv, or lower --length"
        )
    return chosen


def _cut(episode: Media, moments: list[Moment], chosen: list[Moment], table: pd.DataFrame | None, out: Path) -> None:
    ranks = {id(m): rank for rank, m in enumerate(moments, start=1)}
    cuts = [(*frames(m, episode), f"MOMENT {ranks[id(m)]} {m.emotion.upper()}") for m in chosen]
    title = f"{episode.path.stem} trailer"
    write_edl(out / "trailer.edl", title, episode, cuts)
    write_otio(out / "trailer.otio", title, episode, cuts)
    with console.status("cutting the trailer"):
        render(episode, [(a, b) for a, b, _ in cuts], out / "trailer.mp4")
    with console.status("drawing the report"):
        draw_timeline(out / "timeline.png", table, moments, chosen, episode)
        write_report(out / "report.html", episode, moments, chosen, table)


def _print(moments: list[Moment], chosen: list[Moment], out: Path) -> None:
    seconds = sum(m.end - m.start for m in chosen)
    console.print(f"\n{len(moments)} moments found, {len(chosen)} of them make a trailer of {seconds:.1f} s:")
    for m in chosen:
        p = "" if m.p_value != m.p_value else f"  p {m.p_value:.3f}"
        console.print(
            f"  {clock(m.start)} to {clock(m.end)}  {m.emotion:<{max(map(len, EMOTIONS))}}  score {m.score:3.0f}  {m.viewers} moved{p}"
        )
    console.print(f"\n{out / 'trailer.mp4'}\n{out / 'report.html'}  open it in a browser", markup=False)
    console.print(f"{out / 'trailer.edl'}, {out / 'trailer.otio'}  for the cutting program", markup=False)


def clock(seconds: float) -> str:
    """61.25 as 1:01.2."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
