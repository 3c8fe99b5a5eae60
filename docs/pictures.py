"""The pictures of the README.

python docs/pictures.py                    both: seconds, but for the trailer's, which films its demo first (90 s)
python docs/pictures.py live               one of them
"""

import argparse
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from emofast.demo import demo_films, demo_model, demo_out
from emofast.emotions import BY_NAME
from emofast.live import Pipeline, Stages, draw
from emofast.live.overlay import Status
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.paths import artifacts, atomic_write
from emofast.recognition import EmotionRecognizer, make_detector
from emofast.sample.episode import DrawnEpisode
from emofast.video.pipeline import Order, make_trailer
from emofast.video.selection import Cut

HERE = Path(__file__).resolve().parent
INK, FAINT = "#22262e", "#8a919c"
WIDTH, DPI = 10.5, 110  # inches, pixels per inch
FPS = 25
PANELS = 4  # moments of the trailer that are shown


def live() -> Path:
    """The live view of a photograph that matplotlib carries: Grace Hopper (U.S. Navy, public domain)."""
    image = cv2.imread(str(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    pipeline = Pipeline(EmotionRecognizer(artifacts() / "emofast.onnx"), Stages(), make_detector("centerface"))
    for i in range(FPS):
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


def _save(figure: Figure, name: str) -> Path:
    path = HERE / name
    with atomic_write(path) as partial:
        figure.savefig(partial, dpi=DPI, metadata={"Software": None})
    return path


PICTURES = {"live": live, "promo": promo}


def main() -> None:
    p = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: python docs/pictures.py live",
    )
    p.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(PICTURES)} (default: all)")
    names = p.parse_args().names or list(PICTURES)
    unknown = [name for name in names if name not in PICTURES]
    if unknown:
        p.error(f"no picture is called {unknown[0]!r}; there are {', '.join(PICTURES)}")
    for name in names:
        print(PICTURES[name]())


if __name__ == "__main__":
    main()
