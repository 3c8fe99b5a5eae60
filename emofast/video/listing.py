"""`moments.csv`: the moments as a table that people edit by hand, and back into cuts."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.tables import read_rows
from emofast.video.moments import Moment
from emofast.video.selection import Cut
from emofast.video.words import clock, one_line, seconds_of

COLUMNS = ("rank", "start", "end", "peak", "score", "emotion", "viewers", "p_value")


def write_moments(path: Path, cuts: list[Cut], episode: Media) -> None:
    """Write `moments.csv`, best first; p_value is empty where one viewer leaves nothing to compare. Where viewers are
    labelled a column, group, names the groups with whom a moment is among the strongest; where moments have names, name."""
    more = [name for name, there in (("group", any(c.moment.groups for c in cuts)), ("name", any(c.label for c in cuts))) if there]
    with atomic_write(path) as partial, partial.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f)
        out.writerow([*COLUMNS, *more])
        for cut in cuts:
            m, (start, end) = cut.moment, cut.seconds(episode.rate)
            p = "" if math.isnan(m.p_value) else f"{m.p_value:.4f}"
            cells = [cut.rank, f"{start:.3f}", f"{end:.3f}", f"{m.peak:.3f}", f"{m.score:.1f}", m.emotion, m.viewers, p]
            out.writerow([*cells, *({"group": "; ".join(m.groups), "name": cut.label}[column] for column in more)])


def read_moments(path: Path, episode: Media, table: pd.DataFrame | None = None) -> list[Cut]:
    """The cuts of a `moments.csv`, by this tool or edited by hand, also as spreadsheets save it (semicolons, decimal commas).

    See `rows_to_cuts`. Raises `EmofastError` naming the line for anything that cannot be cut.
    """
    advice = f"give a moments.csv in UTF-8 whose header line has at least start and end: {','.join(COLUMNS)}"
    return rows_to_cuts(read_rows(path, ("start", "end"), advice), episode, table, str(path))


def rows_to_cuts(
    rows: Iterable[tuple[int, Mapping[str, str | None]]], episode: Media, table: pd.DataFrame | None = None, name: str = "moments"
) -> list[Cut]:
    """Cuts from rows of text (line number, cells by the keys of `COLUMNS`), in their order: the first is taken first.

    Times are seconds, m:ss or h:mm:ss. Only start and end are needed; peak, score, emotion and viewers that are missing are what
    the group's `table` says there. rank is only a number to tell them apart; where ranks are missing or alike the rows are
    numbered. A column "name", where there is one, is what cutting programs will call the moments.
    Raises `EmofastError` naming line and value.
    """
    cuts = [_cut(f"{name} line {line}", row, episode, table) for line, row in rows]
    if not cuts:
        raise EmofastError(f"{name} holds no moments; a line needs at least start and end")
    ranks = {c.rank for c in cuts}
    if min(ranks) >= 1 and len(ranks) == len(cuts):
        return cuts
    return [replace(cut, rank=rank) for rank, cut in enumerate(cuts, start=1)]


def _cut(where: str, row: Mapping[str, str | None], episode: Media, table: pd.DataFrame | None) -> Cut:
    def text(name: str) -> str:
        return (row.get(name) or "").strip()

    def number(name: str, default: float, read=float) -> float:
        try:
            value = read(text(name).replace(",", ".")) if text(name) else default
        except ValueError:
            value = math.inf
        if math.isinf(value) or (text(name) and math.isnan(value)):
            raise EmofastError(f"{where}: {name} is {text(name)[:40]!r}, which is no number; mend the line or delete it")
        return value

    start, end = number("start", math.nan, seconds_of), number("end", math.nan, seconds_of)
    inside = 0 <= start < end <= episode.duration + 0.5
    first, last = (round(start * episode.rate), min(round(end * episode.rate), episode.frames)) if inside else (0, 0)
    if first >= last:
        whole = f"0 to {episode.duration:.2f} s, {clock(episode.duration)}"
        raise EmofastError(f"{where}: {start:g} to {end:g} s is no part of the episode ({whole}); mend the line or delete it")
    emotion = text("emotion").lower()
    if emotion and emotion not in EMOTIONS:
        raise EmofastError(f"{where}: {emotion[:40]!r} is none of {', '.join(EMOTIONS)}; mend the line or delete it")
    known = _from_curves(table, start, end)
    peak = number("peak", known.peak, seconds_of)
    m = Moment(
        start, end, peak if start <= peak <= end else known.peak, number("score", known.score), emotion or known.emotion,
        int(number("viewers", known.viewers)), number("p_value", math.nan),
        tuple(label.strip() for label in text("group").split(";") if label.strip()),
    )  # fmt: skip
    return Cut(first, last, m, int(number("rank", 0)), one_line(text("name")))


def _from_curves(table: pd.DataFrame | None, start: float, end: float) -> Moment:
    """What the group's curves say between two instants."""
    inside = None if table is None else table[table["t"].between(start, end)]
    if inside is None or inside.empty:
        return Moment(start, end, (start + end) / 2, 0.0, "uncertain", 0, math.nan)
    top = inside.loc[inside["score"].idxmax()]
    emotion = max(EMOTIONS, key=lambda e: top[f"rise_{e}"])
    return Moment(start, end, float(top["t"]), float(top["score"]), emotion, int(top["moved"]), math.nan)
