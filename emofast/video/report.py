"""The report: one HTML file with the film of every moment inside, to be opened anywhere, without a network."""

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
from emofast.film.media import Media
from emofast.paths import atomic_write, partial_beside
from emofast.video.moments import SIGNIFICANT
from emofast.video.render import render
from emofast.video.selection import Cut
from emofast.video.words import one_line

_TEMPLATE = Path(__file__).with_name("report.html")
_HEIGHT = 270  # of the films inside: a megabyte holds half a minute
_THUMB = 320  # pixels wide
_POINTS = 1600  # of a curve: more than a screen shows


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
    fields = {"TITLE": html.escape(one_line(episode.path.stem)), "DATA": _json(data), "FILM": film}
    # in one pass: a file may be called {{DATA}}
    page = re.sub(r"\{\{(TITLE|DATA|FILM)\}\}", lambda mark: fields[mark[1]], _TEMPLATE.read_text(encoding="utf-8"))
    with atomic_write(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _json(data: dict) -> str:
    """JSON that nothing in it can end or begin a script with."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _moments(episode: Media, cuts: list[Cut], chosen: list[Cut], inside: list[Cut], posters: dict[int, Path]) -> list[dict]:
    """What the page shows of each moment; `film` is its place in the film inside, in seconds; `order` its place in the trailer."""
    ends = dict(zip((c.rank for c in inside), np.cumsum([c.frames for c in inside]).tolist()))
    order = {c.rank: k for k, c in enumerate(chosen)}
    shown = []
    for c in cuts:
        m, (start, end) = c.moment, c.seconds(episode.rate)
        film = [float((ends[c.rank] - c.frames) / episode.rate), float(ends[c.rank] / episode.rate)]
        shown.append({
            "rank": c.rank, "start": start, "end": end, "peak": m.peak, "score": round(m.score, 1), "emotion": m.emotion,
            "viewers": m.viewers, "p": None if math.isnan(m.p_value) else round(m.p_value, 4), "order": order.get(c.rank), "film": film,
            "thumb": thumbnail(posters[c.rank], _THUMB) if c.rank in posters else None,
        })  # fmt: skip
    return shown


def thumbnail(picture: Path, width: int) -> str:
    """A copy of a picture, so many pixels wide, as a data URL."""
    import cv2

    image = cv2.imdecode(np.fromfile(picture, np.uint8), cv2.IMREAD_COLOR)
    small = cv2.resize(image, (width, max(1, round(image.shape[0] * width / image.shape[1]))), interpolation=cv2.INTER_AREA)
    return "data:image/jpeg;base64," + base64.b64encode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 72])[1]).decode()


def _curves(table: pd.DataFrame) -> dict:
    """The group's curves with at most `_POINTS` points. Of a stretch the score and the viewers' reactions are the highest, so that no peak
    is lost; all others are means, so that shares add up to one."""
    stretch = np.arange(len(table)) // math.ceil(len(table) / _POINTS)
    peaks = [c for c in table if c == "score" or c.startswith(("score ", "reaction "))]
    small = table.groupby(stretch).agg({c: "max" if c in peaks else "mean" for c in table})

    def column(name: str) -> list:
        return [None if pd.isna(v) else round(float(v), 3) for v in small[name]]

    def named(prefix: str) -> dict[str, list]:
        return {c.removeprefix(prefix): column(c) for c in small if c.startswith(prefix)}

    return {
        "t": column("t"), "score": column("score"), "attention": column("attention"), "agreement": column("agreement"),
        "valence": column("valence"), "arousal": column("arousal"), "shares": {e: column(f"share_{e}") for e in EMOTIONS},
        "people": named("reaction "), "groups": named("score "),
    }  # fmt: skip
