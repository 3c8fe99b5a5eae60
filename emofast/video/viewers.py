"""Who is watching: the tracks of a recording gathered into the people who sat there."""

from __future__ import annotations

import numpy as np
import pandas as pd

PRESENT = 0.4
"""Somebody seen for less than this share of the time of the most present viewer is a passer-by, not a viewer."""

_NEAR = 1.5  # face widths between the places where one person leaves and comes back


def viewers(timeline: pd.DataFrame) -> list[pd.DataFrame]:
    """One timeline per person in a recording, the most present first; none where no face was seen.

    A person's tracks do not overlap in time and lie near each other; people who only pass by are left out.
    """
    seats: list[list[pd.DataFrame]] = []
    for _, track in sorted(timeline.dropna(subset=["face"]).groupby("face"), key=lambda item: item[1]["t"].iloc[0]):
        seat = min((s for s in seats if s[-1]["t"].iloc[-1] < track["t"].iloc[0]), key=lambda s: _distance(s[-1], track), default=None)
        if seat and _distance(seat[-1], track) < _NEAR:
            seat.append(track)
        else:
            seats.append([track])
    people = sorted((pd.concat(s, ignore_index=True) for s in seats), key=len, reverse=True)
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
