"""The report: one HTML file with the film of every moment inside, to be opened anywhere, without a network; its words, and its curves as
one picture."""

import base64
import html
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.errors import EmofastError
from emofast.film.media import Media
from emofast.paths import atomic_write, partial_beside
from emofast.video.group import STEP
from emofast.video.moments import SIGNIFICANT
from emofast.video.render import render
from emofast.video.selection import Cut
from emofast.video.words import clock, one_line

OPENING = 8.0
"""Seconds in which an episode wins its viewers or not."""

AWAY = 0.5, 4.0
"""The room looks away where fewer than this share attend for at least so many seconds."""

_TEMPLATE = Path(__file__).with_name("report.html")
_HEIGHT = 270  # of the films inside: a megabyte holds half a minute
_THUMB = 320  # pixels wide
_POINTS = 1600  # of a curve: more than a screen shows
_INK, _FAINT = "#22262e", "#8a919c"


def write_report(
    path: Path, episode: Media, cuts: list[Cut], chosen: list[Cut], table: pd.DataFrame | None, posters: dict[int, Path] | None = None,
    summary: dict | None = None, tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:  # fmt: skip
    """Write the report.

    Curves come from the group's `table`; without one (moments made by hand) they are left out. posters: rank to a picture of the moment.
    summary: as `summarise` gives it. tell: as in `render`.
    """
    inside = sorted(cuts, key=lambda c: c.first)
    with partial_beside(path, folder=True) as tmp:
        reel = tmp / "reel.mp4"
        render(episode, [(c.first, c.last) for c in inside], reel, height=_HEIGHT, crf=30, tell=tell)
        film = base64.b64encode(reel.read_bytes()).decode()
    data = {
        "episode": one_line(episode.path.name),
        "duration": episode.duration,
        "significant": SIGNIFICANT,
        "emotions": {e: "#{:02x}{:02x}{:02x}".format(*BY_NAME[e].colour) for e in EMOTIONS},
        "moments": _moments(episode, cuts, chosen, inside, posters or {}),
        "curves": None if table is None else _curves(table),
        "summary": summary,
    }
    # nothing in it can end or begin a script
    safe = json.dumps(data, ensure_ascii=False, allow_nan=False).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"})
    fields = {"TITLE": html.escape(one_line(episode.path.stem)), "DATA": safe, "FILM": film}
    # in one pass: a file may be called {{DATA}}
    page = re.sub(r"\{\{(TITLE|DATA|FILM)\}\}", lambda mark: fields[mark[1]], _TEMPLATE.read_text(encoding="utf-8"))
    with atomic_write(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _moments(episode: Media, cuts: list[Cut], chosen: list[Cut], inside: list[Cut], posters: dict[int, Path]) -> list[dict]:
    """What the page shows of each moment; `film` is its place in the film inside, in seconds; `order` its place in the trailer."""
    ends = dict(zip((c.rank for c in inside), np.cumsum([c.frames for c in inside]).tolist()))
    order = {c.rank: k for k, c in enumerate(chosen)}
    return [
        {
            "rank": c.rank, "start": start, "end": end, "peak": m.peak, "score": round(m.score, 1), "emotion": m.emotion,
            "viewers": m.viewers, "p": None if math.isnan(m.p_value) else round(m.p_value, 4), "order": order.get(c.rank),
            "film": [float((ends[c.rank] - c.frames) / episode.rate), float(ends[c.rank] / episode.rate)],
            "thumb": thumbnail(posters[c.rank], _THUMB) if c.rank in posters else None,
        } for c, m, (start, end) in ((c, c.moment, c.seconds(episode.rate)) for c in cuts)
    ]  # fmt: skip


def thumbnail(picture: Path, width: int) -> str:
    """A copy of a picture, so many pixels wide, as a data URL. Raises `EmofastError` for what is no picture."""
    import cv2

    data = np.fromfile(picture, np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise EmofastError(f"{picture} is no picture; delete it, and start the same command again")
    small = cv2.resize(image, (width, max(1, round(image.shape[0] * width / image.shape[1]))), interpolation=cv2.INTER_AREA)
    return "data:image/jpeg;base64," + base64.b64encode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 72])[1]).decode()


def _curves(table: pd.DataFrame) -> dict:
    """The group's curves with at most `_POINTS` points. Of a stretch the score and the viewers' reactions are the highest, so that no peak
    is lost; all others are means, so that shares add up to one."""
    stretch = np.arange(len(table)) // math.ceil(len(table) / _POINTS)
    peaks = [c for c in table if c == "score" or c.startswith(("score ", "reaction "))]
    small = table.groupby(stretch).agg({c: "max" if c in peaks else "mean" for c in table})
    curves = {c: [None if pd.isna(v) else round(float(v), 3) for v in small[c]] for c in small}

    def named(prefix: str) -> dict[str, list]:
        return {c.removeprefix(prefix): values for c, values in curves.items() if c.startswith(prefix)}

    whole = {c: curves[c] for c in ("t", "score", "attention", "agreement", "valence", "arousal")}
    return whole | {"shares": named("share_"), "people": named("reaction "), "groups": named("score ")}


def summarise(table: pd.DataFrame, cuts: list[Cut], episode: Media) -> dict:
    """Plain values from the group's `table`.

    curves: for score, attention and each emotion's share of the viewers seen: mean, opening and end (first and last `OPENING`
    seconds), peak and its second. away: (start, end) where the room looks away. words: one sentence for each of the three best moments,
    and one for the strongest of each group.
    """
    names = {"score": "score", "attention": "attention"} | {e: f"share_{e}" for e in EMOTIONS}
    count = sum(c.startswith("reaction ") for c in table)
    share, least = AWAY
    away = np.flatnonzero(np.diff(table["attention"] < share, prepend=False, append=False)).reshape(-1, 2)
    own: dict[str, list[str]] = {}
    for m in (c.moment for c in cuts):
        for label in m.groups:
            own.setdefault(label, []).append(f"{m.emotion} at {clock(m.peak)}")
    favourites = [f"Strongest with {label}: {', '.join(found)}." for label, found in own.items()]
    return {
        "viewers": count,
        "curves": {name: _curve(table["t"], table[column]) for name, column in names.items()},
        "away": [(a, b) for a, b in (away * STEP).tolist() if b - a >= least],
        "words": [_sentence(c, episode, count) for c in sorted(cuts, key=lambda c: c.rank)[:3]] + favourites,
    }


def _curve(t: pd.Series, values: pd.Series) -> dict[str, float | None]:
    opening, end = t < OPENING, t >= t.iloc[-1] - OPENING
    facts = {"mean": values.mean(), "opening": values[opening].mean(), "end": values[end].mean(), "peak": values.max()}
    facts["at"] = t[values.idxmax()] if values.notna().any() else np.nan
    return {k: None if np.isnan(v) else round(float(v), 3) for k, v in facts.items()}


def _sentence(cut: Cut, episode: Media, count: int) -> str:
    m, (start, end) = cut.moment, cut.seconds(episode.rate)
    who = f"{m.viewers} of {count} viewers moved" if count > 1 else "the viewer moved"
    sure = "" if m.p_value != m.p_value else ", beyond chance" if m.p_value < SIGNIFICANT else ", could be chance"
    return f"{m.emotion.capitalize()} at {clock(m.peak)} (shown {clock(start)} to {clock(end)}): {who}, score {m.score:.0f} of 100{sure}."


def draw_timeline(path: Path, table: pd.DataFrame | None, cuts: list[Cut], chosen: list[Cut], episode: Media) -> None:
    """Write the picture; without the group's `table` (moments made by hand) only the moments are drawn."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 6.5), dpi=110, layout="constrained")
    axes = figure.subplots(4, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1.6, 1.6, 0.7]})
    for ax, name in zip(axes, ("score", "viewers", "emotions", "attention")):
        ax.set_ylabel(name, color=_FAINT)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(colors=_FAINT)
        ax.margins(x=0)
    for cut in cuts:
        shown, colour = cut in chosen, np.array(BY_NAME[cut.moment.emotion].colour) / 255
        for ax in axes:
            ax.axvspan(*cut.seconds(episode.rate), color=colour, alpha=0.22 if shown else 0.07, lw=0)
        if shown:
            label = f"{cut.rank} {cut.moment.emotion}"
            axes[0].text(cut.moment.peak, 103, label, ha="center", size=8.5, color=colour * 0.75, weight="bold")
    if table is not None:
        _draw_curves(axes, table)
    title = f"{one_line(episode.path.name)}: {len(cuts)} moments, {len(chosen)} in the trailer"
    axes[0].set_title(title, loc="left", color=_INK, parse_math=False)
    axes[0].set_ylim(0, 112)
    axes[-1].set_xlim(0, episode.duration)
    axes[-1].xaxis.set_major_formatter(lambda s, _: clock(s).partition(".")[0])
    with atomic_write(path) as partial:
        figure.savefig(partial, format="png")


def _draw_curves(axes: np.ndarray, table: pd.DataFrame) -> None:
    t = table["t"].to_numpy()
    axes[0].plot(t, table["score"], color=_INK, lw=1.6)
    people = [c for c in table if c.startswith("reaction ")]
    away, extent = table[people].to_numpy().T, (0, t[-1], len(people), 0)
    axes[1].imshow(away, aspect="auto", extent=extent, cmap="Greys", vmin=0, vmax=1.1, interpolation="none")
    names = [c.removeprefix("reaction ") if len(people) <= 12 else "" for c in people]
    axes[1].set_yticks(np.arange(len(people)) + 0.5, names, size=7, parse_math=False)
    shown = [e for e in EMOTIONS if e != "neutral"]
    colours = [np.array(BY_NAME[e].colour) / 255 for e in shown]
    axes[2].stackplot(t, *(table[f"share_{e}"].fillna(0) for e in shown), colors=colours, labels=shown, lw=0)
    axes[2].set_ylim(0, 1)
    axes[2].legend(ncols=len(shown), fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(0, 1.22), handlelength=1)
    axes[3].fill_between(t, table["attention"], step="mid", color=_FAINT, alpha=0.5, lw=0)
    axes[3].set_ylim(0, 1.02)
