"""The report: one HTML file with the film of every moment inside, to be opened anywhere, without a network."""

from __future__ import annotations

import base64
import html
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.paths import atomic_write
from emofast.video.media import Media
from emofast.video.moments import SIGNIFICANT, Moment
from emofast.video.render import render
from emofast.video.selection import frames

__all__ = ["write_report"]

_TEMPLATE = Path(__file__).with_name("report.html")
_HEIGHT = 270  # of the films inside: a megabyte holds half a minute
_POINTS = 1600  # of a curve: more than a screen shows


def write_report(path: Path, episode: Media, moments: list[Moment], chosen: list[Moment], table: pd.DataFrame | None) -> None:
    """Write the report. Curves come from the group's `table`; without one (moments made by hand) they are left out."""
    with tempfile.TemporaryDirectory() as tmp:
        reel = Path(tmp) / "reel.mp4"
        inside = sorted(moments, key=lambda m: m.start)
        render(episode, [frames(m, episode) for m in inside], reel, height=min(_HEIGHT, episode.height), crf=30, fade=False)
        film = base64.b64encode(reel.read_bytes()).decode()
    data = {
        "episode": episode.path.name,
        "duration": episode.duration,
        "significant": SIGNIFICANT,
        "emotions": {e: "#{:02x}{:02x}{:02x}".format(*BY_NAME[e].colour) for e in EMOTIONS},
        "moments": _moments(episode, moments, chosen, inside),
        "curves": None if table is None else _curves(table),
    }
    # "</" would end the script element early if a file name held it
    text = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("</", "<\\/")
    page = _TEMPLATE.read_text(encoding="utf-8")
    for mark, value in (("{{TITLE}}", html.escape(episode.path.stem)), ("{{DATA}}", text), ("{{FILM}}", film)):
        page = page.replace(mark, value)
    with atomic_write(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _moments(episode: Media, moments: list[Moment], chosen: list[Moment], inside: list[Moment]) -> list[dict]:
    """What the page shows of each moment; `film` is its place in the film inside, in seconds."""
    taken = {id(m) for m in chosen}
    lengths = [float((b - a) / episode.rate) for a, b in (frames(m, episode) for m in inside)]
    at = {id(m): (end - length, end) for m, length, end in zip(inside, lengths, np.cumsum(lengths).tolist())}
    return [
        {
            "rank": rank, "start": m.start, "end": m.end, "peak": m.peak, "score": round(m.score, 1), "emotion": m.emotion,
            "viewers": m.viewers, "p": None if math.isnan(m.p_value) else round(m.p_value, 4), "chosen": id(m) in taken, "film": at[id(m)],
        }
        for rank, m in enumerate(moments, start=1)
    ]  # fmt: skip


def _curves(table: pd.DataFrame) -> dict:
    """The group's curves with at most `_POINTS` points, each the highest of its stretch, so that no peak is lost."""
    group = np.arange(len(table)) // math.ceil(len(table) / _POINTS)
    small = table.groupby(group).max()

    def column(name: str) -> list:
        return [None if pd.isna(v) else round(float(v), 3) for v in small[name]]

    return {
        "t": column("t"), "score": column("score"), "seen": column("viewers"), "agreement": column("agreement"),
        "valence": column("valence"), "arousal": column("arousal"),
        "shares": {e: column(f"share_{e}") for e in EMOTIONS},
        "people": {c.removeprefix("reaction "): column(c) for c in small if c.startswith("reaction ")},
    }  # fmt: skip
