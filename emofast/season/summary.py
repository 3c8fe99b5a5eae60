"""The season on one page: how the episodes compare, their strongest moments, what failed and why."""

import math
import sqlite3
import string
from collections.abc import Mapping
from fractions import Fraction
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.errors import EmofastError
from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.folder import read_record
from emofast.video.listing import read_moments
from emofast.video.moments import SIGNIFICANT
from emofast.video.report import thumbnail
from emofast.video.words import clock

_TEMPLATE = Path(__file__).with_name("summary.html")
_BEST = 3  # moments of each episode that are listed
_POINTS = 240  # of a curve: as many as it has pixels
_SHOWN = [e for e in EMOTIONS if e not in ("neutral", "uncertain")]


def write_summary(out: Path, title: str, recordings: list[sqlite3.Row], trailers: list[sqlite3.Row]) -> tuple[Path, list[Mapping]]:
    """Write `season.html` from the trailer folders in `out` and the manifest's rows; it needs no network and no file beside it. Returns
    its path, and what failed: with the rows that did, each trailer folder that cannot be read (edited or damaged since)."""
    failed: list[Mapping] = [row for row in [*recordings, *trailers] if row["state"] == "failed"]
    made = []
    for row in trailers:
        if row["state"] in ("kept", "done"):
            try:
                made.append(_Episode(row["name"], out / row["name"]))
            except EmofastError as e:
                failed.append({"name": row["name"], "kind": "page", "error": f"not on the page: {e}"})
    counts = (len(trailers), "episode"), (len(recordings), "recording"), (len(failed), "failure")
    page = string.Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(title),
        facts=", ".join(f"{n} {what}{'s' * (n != 1)}" for n, what in counts),
        episodes="".join(_rows(made)),
        moments="".join(row for episode in made for row in episode.moments()),
        legend="".join(f"<span>{_dot(e)}{e}</span>" for e in _SHOWN),
        hidden=" hidden" * (not failed),
        failures="".join(f'<tr><td class="name">{escape(r["name"])}<td>{r["kind"]}<td class="why">{escape(r["error"])}' for r in failed),
    )
    with atomic_write(out / "season.html") as partial:
        partial.write_text(page, encoding="utf-8")
    return out / "season.html", failed


class _Episode:
    """What a trailer folder says of its episode."""

    def __init__(self, name: str, folder: Path):
        self.name = f'<td class="name"><a href="{escape(quote(f"{folder.name}/report.html"))}">{escape(name)}</a></td>'
        try:
            self.table = pd.read_parquet(folder / "group.parquet")
            record = read_record(folder)
            facts = record["episode"]
            rate = Fraction(facts["rate"])
            film = Media(Path(facts["file"]), 0, 0, rate, float(facts["frames"] / rate), 0.0, None, False)
        except Exception as e:  # pyarrow raises whatever the damage makes it stumble over
            path = folder / "group.parquet"
            raise EmofastError(f"{path} cannot be read ({type(e).__name__}); move it away, and start the same command again") from None
        self._best = read_moments(folder / "moments.csv", film, self.table)[:_BEST]
        self.viewers = sum(column.startswith("reaction ") for column in self.table)
        self.length = film.duration
        posters = [folder / name for name in record["made"] if "/" in name]
        self._stills = {p.stem.partition(" ")[0]: f'<img width="160" alt="" src="{thumbnail(p, 160)}">' for p in posters if p.is_file()}
        self.shown = {e: float(self.table[f"share_{e}"].mean()) for e in _SHOWN}
        # what is compared, each the higher the better
        self.figures = {
            "peak": max(c.moment.score for c in self._best),
            "moved": 100 * float((self.table["moved"] / self.viewers).mean()),
            "attention": 100 * float(self.table["attention"].mean()),
        }

    def moments(self) -> list[str]:
        """Rows of the strongest moments, the name once beside them."""
        return [
            f'<tr{" class=chance" * (c.moment.p_value >= SIGNIFICANT)}>'
            + self.name.replace("<td", f"<td rowspan={len(self._best)}", 1) * (k == 0)
            + f"<td>{self._stills.get(f'{c.rank:02d}', '')}<td>{clock(c.moment.start)}<td>{_dot(c.moment.emotion)}{c.moment.emotion}"
            + f"<td>{c.moment.score:.0f}<td>{c.moment.viewers} of {self.viewers}"
            + f"<td>{'–' if math.isnan(c.moment.p_value) else f'{c.moment.p_value:.3f}'}</tr>"
            for k, c in enumerate(self._best)
        ]

    def mix(self, most: float) -> str:
        """Mean shares of the emotions as a bar, `most` of them its whole width."""
        shares = [(100 * v / most, BY_NAME[e].colour) for e, v in self.shown.items()]
        parts = "".join(f'<span style="width:{share:.1f}%;background:rgb{colour}"></span>' for share, colour in shares)
        return f'<div class="mix" title="{", ".join(f"{e} {100 * v:.0f} %" for e, v in self.shown.items() if v >= 0.005)}">{parts}</div>'

    def curve(self) -> str:
        """The score as a line before the attention as an area."""
        bins = np.arange(len(self.table)) * min(_POINTS, len(self.table)) // len(self.table)
        score, seen = self.table["score"].groupby(bins).max(), self.table["attention"].fillna(0).groupby(bins).mean()
        x = np.linspace(0, 240, len(score))
        line = " ".join(f"{a:.0f},{42 - 0.4 * b:.1f}" for a, b in zip(x, score))
        area = " ".join(f"{a:.0f},{44 - 44 * b:.1f}" for a, b in zip(x, seen))
        return (
            f'<svg viewBox="0 0 240 44" preserveAspectRatio="none" role="img" aria-label="score and attention">'
            f'<polygon points="0,44 {area} 240,44"/><polyline points="{line}"/></svg>'
        )


def _rows(episodes: list[_Episode]) -> list[str]:
    """One row an episode; the best of each figure stands out where there are several."""
    rows = []
    most = max((sum(episode.shown.values()) for episode in episodes), default=0) or 1
    for episode in episodes:
        cells = [episode.name, f"<td>{clock(episode.length)}", f"<td>{episode.viewers}", f"<td>{episode.curve()}"]
        for key, value in episode.figures.items():
            best = len(episodes) > 1 and value == max(e.figures[key] for e in episodes)
            cells.append(f"<td{' class=best' * best}>{value:.0f}{' %' * (key != 'peak')}")
        rows.append(f"<tr>{''.join(cells)}<td>{episode.mix(most)}</tr>")
    return rows


def _dot(emotion: str) -> str:
    return f'<span class="dot" style="background:rgb{BY_NAME[emotion].colour}"></span>'
