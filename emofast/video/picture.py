"""The timeline as one picture: score and moments, the viewers, the emotions they show, and how many attend."""

from pathlib import Path

import numpy as np
import pandas as pd

from emofast.emotions import BY_NAME, EMOTIONS
from emofast.film.media import Media
from emofast.paths import atomic_write
from emofast.video.selection import Cut
from emofast.video.words import one_line

_INK, _FAINT = "#22262e", "#8a919c"


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
    _draw_moments(axes, cuts, chosen, episode)
    if table is not None:
        _draw_curves(axes, table)
    title = f"{one_line(episode.path.name)}: {len(cuts)} moments, {len(chosen)} in the trailer"
    axes[0].set_title(title, loc="left", color=_INK, parse_math=False)
    axes[0].set_ylim(0, 112)
    axes[-1].set_xlim(0, episode.duration)
    axes[-1].xaxis.set_major_formatter(lambda s, _: f"{int(s // 60)}:{int(s % 60):02d}")
    with atomic_write(path) as partial:
        figure.savefig(partial, format="png")


def _draw_moments(axes: np.ndarray, cuts: list[Cut], chosen: list[Cut], episode: Media) -> None:
    for cut in cuts:
        m, shown = cut.moment, cut in chosen
        colour = np.array(BY_NAME[m.emotion].colour) / 255
        for ax in axes:
            ax.axvspan(*cut.seconds(episode.rate), color=colour, alpha=0.22 if shown else 0.07, lw=0)
        if shown:
            axes[0].text(m.peak, 103, f"{cut.rank} {m.emotion}", ha="center", size=8.5, color=colour * 0.75, weight="bold")


def _draw_curves(axes: np.ndarray, table: pd.DataFrame) -> None:
    t = table["t"].to_numpy()
    axes[0].plot(t, table["score"], color=_INK, lw=1.6)
    people = [c for c in table if c.startswith("reaction ")]
    axes[1].imshow(
        table[people].to_numpy().T, aspect="auto", extent=(0, t[-1], len(people), 0), cmap="Greys", vmin=0, vmax=1.1, interpolation="none"
    )
    axes[1].set_yticks(
        np.arange(len(people)) + 0.5, [c.removeprefix("reaction ") for c in people] if len(people) <= 12 else [""] * len(people), size=7
    )
    shown = [e for e in EMOTIONS if e != "neutral"]
    colours = [np.array(BY_NAME[e].colour) / 255 for e in shown]
    axes[2].stackplot(t, *(table[f"share_{e}"].fillna(0) for e in shown), colors=colours, labels=shown, lw=0)
    axes[2].set_ylim(0, 1)
    axes[2].legend(ncols=len(shown), fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(0, 1.22), handlelength=1)
    axes[3].fill_between(t, table["attention"], step="mid", color=_FAINT, alpha=0.5, lw=0)
    axes[3].set_ylim(0, 1.02)
