"""Every picture of the README, made from drawn faces and recorded results, and its tables: no photograph of anybody.

python docs/pictures.py                    all of them: seconds, but for the trailer's, which films its demo first (90 s)
python docs/pictures.py engineer           one of them
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tables import ARTIFACTS, DATA, write_tables

from emofast.bench.drawn import drawn_frames
from emofast.demo import demo_films, demo_model, demo_out
from emofast.emotions import BY_NAME, TABLE
from emofast.live import Pipeline, Stages, draw
from emofast.live.overlay import Status
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.paths import atomic_write
from emofast.recognition import EmotionRecognizer
from emofast.sample import Identity, Pose, action_units, draw_face
from emofast.sample.episode import DrawnEpisode
from emofast.video.cut import Cut
from emofast.video.pipeline import Order, make_trailer

HERE = Path(__file__).resolve().parent
INK, FAINT = "#22262e", "#8a919c"
WIDTH, DPI = 10.5, 110  # inches, pixels per inch
SHOWN = 24  # the frame of the live view at which the first expression is strongest
FPS = 25
SEED = 3
PANELS = 4  # moments of the trailer that are shown


def emotions() -> Path:
    """The nine classes, each on another drawn person."""
    figure = Figure(figsize=(WIDTH, 1.62), layout="constrained")
    for k, (ax, emotion) in enumerate(zip(figure.subplots(1, len(TABLE)), TABLE)):
        rng = np.random.default_rng(40 + k)
        face = draw_face(Identity.random(rng), action_units(emotion.name, 0.95), 220, Pose(yaw=rng.uniform(-10, 10)))
        ax.imshow(face[..., ::-1])
        ax.set_title(emotion.name, color=_colour(emotion.name) * 0.8, size=10, weight="bold")
        _bare(ax)
    return _save(figure, "emotions.png")


def engineer() -> Path:
    """The leaderboard, and where the best of it is wrong."""
    table = pd.read_csv(ARTIFACTS / DATA / "leaderboard.csv")
    figure = Figure(figsize=(WIDTH, 4.3), layout="constrained")
    bars, matrix = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _draw_leaderboard(bars, table)
    confusion = cv2.imread(str(ARTIFACTS / DATA / table.experiment[0] / "confusion.png"))
    matrix.imshow(confusion[..., ::-1], interpolation="antialiased")
    _bare(matrix)
    return _save(figure, "engineer.png", made_from=leaderboard_hash())


def live() -> Path:
    """The live view after a second of a drawn person's changing face."""
    pipeline = Pipeline(EmotionRecognizer(ARTIFACTS / "emofast.onnx"), Stages())
    for i, image in enumerate(drawn_frames(SHOWN + 1, size=(960, 540), face_size=210, seed=SEED)):
        seen = pipeline(Frame(image, i / FPS))
    path = HERE / "live.png"
    cv2.imwrite(str(path), draw(image, seen.views, ENGLISH, Status(fps=FPS)))
    return path


def promo() -> Path:
    """Moments of the demo's trailer: the episode, its viewers a second later, and the group's curve below."""
    films = demo_films()
    order = Order(films.episode, films.viewers, demo_out(), model=demo_model(), offsets=films.starts, overwrite=True)
    trailer = make_trailer(order)
    best = sorted((c.moment for c in sorted(trailer.chosen, key=lambda c: c.rank)[:PANELS]), key=lambda m: m.peak)
    figure = Figure(figsize=(WIDTH, 4.7), layout="constrained")
    grid = figure.add_gridspec(2, len(best), height_ratios=(1.35, 1))
    for k, moment in enumerate(best):
        ax = figure.add_subplot(grid[0, k])
        ax.imshow(_scene(films, moment.peak, order.lag)[..., ::-1])
        ax.set_title(f"{_clock(moment.peak)}  {moment.emotion}", color=_colour(moment.emotion) * 0.8, size=10, weight="bold")
        _bare(ax)
    _draw_curve(figure.add_subplot(grid[1, :]), trailer.table, trailer.chosen)
    return _save(figure, "promo.png")


def leaderboard_hash() -> str:
    """Which leaderboard the engineer's picture shows; the PNG carries it as its `Source`."""
    return hashlib.sha256((ARTIFACTS / DATA / "leaderboard.csv").read_bytes()).hexdigest()


def _draw_leaderboard(ax: Axes, table: pd.DataFrame) -> None:
    rows = np.arange(len(table))[::-1]
    ax.errorbar(table.accuracy_tta, rows, xerr=table.noise, fmt="o", ms=8, color="#3468c0", ecolor=FAINT, label="nine classes ±")
    ax.plot(table.ferplus_tta, rows, "D", ms=6, color="#f7b500", markeredgecolor=INK, label="FER+ protocol, eight classes")
    ax.set_yticks(rows, table.experiment, size=9)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2)
    ax.set_xlabel("accuracy on held-out photographs, flip TTA")


def _draw_curve(ax: Axes, table: pd.DataFrame, chosen: list[Cut]) -> None:
    for cut in chosen:
        ax.axvspan(cut.moment.start, cut.moment.end, color=_colour(cut.moment.emotion), alpha=0.35, lw=0)
    ax.plot(table.t, table.score, color=INK, lw=1.4)
    ax.set_xlim(0, table.t.iloc[-1])
    ax.set_ylim(0, 105)
    ax.set_ylabel("how moved the group is")
    ax.set_xlabel("episode; coloured: in the trailer")
    ax.xaxis.set_major_formatter(lambda s, _: _clock(s))
    ax.spines[["top", "right"]].set_visible(False)


def _scene(films: DrawnEpisode, t: float, lag: float) -> np.ndarray:
    """The episode's picture at `t`, its viewers' faces `lag` seconds later below it; BGR."""
    episode = _picture(films.episode, t)
    faces = [_picture(film, t + lag - films.starts[film.stem]) for film in films.viewers]
    side = episode.shape[1] // len(faces)
    faces = [cv2.resize(_square(face), (side, side), interpolation=cv2.INTER_AREA) for face in faces]
    return np.vstack([episode[:, : side * len(faces)], np.hstack(faces)])


def _picture(film: Path, t: float) -> np.ndarray:
    capture = cv2.VideoCapture(str(film))
    capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * max(t, 0.0))
    good, image = capture.read()
    capture.release()
    if not good:
        raise SystemExit(f"{film} has no picture at {t:.1f} s; delete its folder and start again")
    return image


def _square(image: np.ndarray) -> np.ndarray:
    side, left = image.shape[0], (image.shape[1] - image.shape[0]) // 2
    return image[:, left : left + side]


def _colour(emotion: str) -> np.ndarray:
    return np.array(BY_NAME[emotion].colour) / 255


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _bare(ax: Axes) -> None:
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)


def _save(figure: Figure, name: str, made_from: str | None = None) -> Path:
    path = HERE / name
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=DPI, metadata={"Software": None, "Source": made_from})
    return path


PICTURES = {"emotions": emotions, "engineer": engineer, "live": live, "promo": promo}


def main() -> None:
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: python docs/pictures.py engineer",
    )
    p.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(PICTURES)} (default: all)")
    names = p.parse_args().names or list(PICTURES)
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        p.error(f"no picture is called {unknown[0]!r}; there are {', '.join(PICTURES)}")
    for name in names:
        print(PICTURES[name]())
    for name in write_tables():
        print(f"{name}: tables brought up to date")


if __name__ == "__main__":
    main()
