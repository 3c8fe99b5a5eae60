"""The picture the person sees: boxes, labels, bars, circumplex and states, drawn over a frame."""

from dataclasses import dataclass

import cv2
import numpy as np

from emofast.emotions import BY_NAME, CENTRES, EMOTIONS, TABLE
from emofast.live.canvas import Canvas, Colour
from emofast.live.smoothing import AWAY, BAD_PICTURE, FaceView
from emofast.live.texts import CLOSER, HINTS, KEYS, REASONS, Texts
from emofast.recognition import MARGIN, crop_square

INK: Colour = (18, 21, 28)  # panels
COLUMN: Colour = (30, 33, 41)  # behind the panels beside the picture
PAPER: Colour = (244, 246, 250)  # text
FAINT: Colour = (150, 158, 172)  # secondary text
AXIS: Colour = (104, 111, 126)  # axes
RAIL: Colour = (47, 52, 64)  # what is empty of a bar
GREY: Colour = (120, 128, 140)  # a face without a label
RED: Colour = (235, 64, 64)
BLUE: Colour = (52, 104, 192)
PANEL = 0.72  # opacity: white text stays readable on a white wall
LONGEST, SHORTEST = 1280, 640  # px between which the longer side of a picture for a window lies
SIDE = 206  # units: width of the column beside the picture, where nothing lies over a face
SMALL_FACE = 0.18  # of the picture's width: smaller faces have smaller labels


@dataclass(frozen=True)
class Status:
    """What the view shows beside the faces."""

    fps: float | None = None
    paused: bool = False
    over: bool = False
    recording: float | None = None
    """Seconds recorded so far; None when nothing is."""
    lost: bool = False
    help: bool = False
    message: str | None = None
    margin: float = MARGIN
    """How far beyond a face the network sees, of the face's side."""
    detector: str = "dlib"
    """Whose way out is named where there is no face."""


def drawing_scale(width: int, height: int, shrink: bool = True) -> float:
    """By how much a frame is enlarged before it is drawn on, so that text is readable, or (`shrink`) made smaller, so that a window
    does not make a 4K camera slow."""
    longer = max(width, height)
    return max(SHORTEST / longer, min(1.0, LONGEST / longer if shrink else 1.0))


def draw(image: np.ndarray, views: list[FaceView], texts: Texts, status: Status = Status()) -> np.ndarray:
    """A new picture, uint8 BGR [h, w + side, 3]: the frame `image` with its faces marked, and a column with the numbers of the largest.

    The frame is left as it is.
    """
    unit = Canvas(image).unit
    c = Canvas(cv2.copyMakeBorder(image, 0, 0, 0, round(SIDE * unit), cv2.BORDER_CONSTANT, value=COLUMN[::-1]), image.shape[1])
    main = max(views, key=lambda v: v.box.w, default=None)
    for view in sorted(views, key=lambda v: v.box.w):
        _box_and_label(c, view, texts, view is main, status.margin)
    top = _chips(c, texts, status)
    if main and main.reason not in (BAD_PICTURE, AWAY):
        _circumplex(c, main, texts, _bars(c, main, texts, top))
    if status.lost:
        _notice(c, texts("camera lost"), texts("waiting for it to come back"), RED)
    elif not views and not status.help:
        _notice(c, texts("no face"), texts(HINTS.get(status.detector, CLOSER)), GREY)
    if status.help:
        _help(c, texts)
    if status.message:
        _chip(c, status.message, c.px(12), c.px(12), INK, opacity=PANEL)
    return c.image


def _colour(emotion: str | None) -> Colour:
    return BY_NAME[emotion].colour if emotion else GREY


def _on(colour: Colour) -> Colour:
    """Ink or paper, whichever is easier to read on `colour` (Rec. 709 luma)."""
    return INK if 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] > 150 else PAPER


def _box_and_label(c: Canvas, view: FaceView, texts: Texts, main: bool, margin: float) -> None:
    """The square that the network sees, and what it says: above it, else below, else in it; small faces have small labels."""
    colour, bold = _colour(view.emotion), min(max(view.box.w / (SMALL_FACE * c.width), 0.6), 1.0)
    b, thickness = crop_square(view.box, margin), c.px(2.5 * bold if main else 1.5 * bold)
    c.frame(b.x, b.y, b.w, b.h, c.px(12 * bold), INK, thickness + c.px(1.5))
    c.frame(b.x, b.y, b.w, b.h, c.px(12 * bold), colour, thickness)
    name, share = texts(view.emotion or REASONS[view.reason]), f"{view.confidence:.0%}"
    size, pad, height, gap = c.px(16 * bold), c.px(9 * bold), c.px(25 * bold), c.px(7 * bold)
    width = pad + c.text_width(name, size, 600) + pad
    if view.emotion:
        width += gap + c.text_width(share, size, 400)
    x = min(max(b.x, 0), max(c.width - width, 0))
    y = next((y for y in (b.y - height - c.px(5), b.y + b.h + c.px(5)) if 0 <= y <= c.height - height), max(b.y, 0) + c.px(5))
    c.panel(x, y, width, height, c.px(8 * bold), colour, 0.94)
    ink = _on(colour)
    end = x + pad + c.text(name, x + pad, y + height / 2, size, ink, 600)
    if view.emotion:
        c.text(share, end + gap, y + height / 2, size, ink, 400)


def _bars(c: Canvas, view: FaceView, texts: Texts, y: int) -> int:
    """All nine probabilities of the main face, from height `y` on; returns the height below."""
    size, row, pad = c.px(11), c.px(16), c.px(10)
    x, w, h = c.width + c.px(8), c.side - 2 * c.px(8), row * len(EMOTIONS) + 2 * pad
    c.panel(x, y, w, h, c.px(12), INK)
    names, share = (max(c.text_width(t, size, 600) for t in column) for column in (map(texts, EMOTIONS), ("100%",)))
    left, thick = x + pad + names + c.px(8), c.px(5)
    length = w - 2 * pad - names - share - 2 * c.px(8)
    for i, emotion in enumerate(TABLE):
        mid, p = y + pad + row * (i + 0.5), float(view.probabilities[i])
        shown = emotion.name == view.emotion
        c.text(texts(emotion.name), x + pad + names, mid, size, PAPER if shown else FAINT, 600 if shown else 400, "right")
        c.line(left + thick / 2, mid, left + length - thick / 2, mid, RAIL, thick)
        if p >= 0.01:
            c.line(left + thick / 2, mid, left + thick / 2 + (length - thick) * p, mid, emotion.colour, thick)
        c.text(f"{p:.0%}", x + w - pad, mid, size, PAPER if shown else FAINT, 500 if shown else 400, "right")
    return y + h + c.px(8)


def _circumplex(c: Canvas, view: FaceView, texts: Texts, y: int) -> None:
    """Valence to the right, arousal upwards, with the class centres and a trail, from height `y` on."""
    r, size, pad = c.px(58), c.px(10), c.px(10)
    x, w, h = c.width + c.px(8), c.side - 2 * c.px(8), 2 * r + 2 * pad + c.px(12)
    c.panel(x, y, w, h, c.px(12), INK)
    cx, cy = x + w / 2, y + pad + r
    c.disc(cx, cy, r, AXIS, 1)
    c.line(cx - r, cy, cx + r, cy, AXIS)
    c.line(cx, cy - r, cx, cy + r, AXIS)
    c.text(texts("excited"), cx, cy - r + size, size, FAINT, align="centre")
    c.text(texts("calm"), cx, cy + r - size, size, FAINT, align="centre")
    c.text(texts("unpleasant"), x + pad, y + h - pad / 2 - size / 2, size, FAINT)
    c.text(texts("pleasant"), x + w - pad, y + h - pad / 2 - size / 2, size, FAINT, align="right")
    for emotion, (valence, arousal) in zip(TABLE, CENTRES):
        c.disc(cx + valence * r, cy - arousal * r, c.px(2), emotion.colour)
    points = np.array([cx, cy]) + np.array(view.trail) * (r, -r)
    colour, fade = _colour(view.emotion), np.linspace(0, 1, len(points) + 1)[1:, None]
    c.path(points, colour * fade + INK * (1 - fade), c.px(3) * fade[:, 0])
    c.disc(*points[-1], c.px(5.5), PAPER)
    c.disc(*points[-1], c.px(4), colour)


def _chips(c: Canvas, texts: Texts, status: Status) -> int:
    """Small signs along the top of the column; returns the height below."""
    x, y = c.width + c.px(8), c.px(10)
    if status.over or status.paused:
        x = _chip(c, texts("end (q closes)") if status.over else texts("paused"), x, y, BLUE)
    if status.recording is not None:
        x = _chip(c, f"{texts('rec')} {int(status.recording) // 60}:{int(status.recording) % 60:02d}", x, y, INK, RED)
    if status.fps is not None and not status.over:
        _chip(c, f"{status.fps:.0f} fps", x, y, INK)
    return y + c.px(22) + c.px(8)


def _chip(c: Canvas, text: str, x: int, y: int, colour: Colour, dot: Colour | None = None, opacity: float = 1.0) -> int:
    """One sign; returns where the next one begins."""
    size, height, pad = c.px(12), c.px(22), c.px(8)
    w = 2 * pad + c.text_width(text, size, 500) + (c.px(11) if dot else 0)
    c.panel(x, y, w, height, height // 2, colour, opacity)
    if dot:
        c.disc(x + pad + c.px(3), y + height / 2, c.px(3.5), dot)
    c.text(text, x + w - pad, y + height / 2, size, PAPER, 500, "right")
    return x + w + c.px(5)


def _notice(c: Canvas, title: str, hint: str, colour: Colour) -> None:
    """A state of its own, in the lower middle."""
    big, small, pad = c.px(18), c.px(12), c.px(16)
    while c.text_width(hint, small) > c.width - 2 * pad and small > 8:
        small -= 1
    w = 2 * pad + max(c.text_width(title, big, 600), c.text_width(hint, small))
    h = c.px(58)
    x, y = (c.width - w) // 2, c.height - h - c.px(24)
    c.panel(x, y, w, h, c.px(14), INK, PANEL)
    c.line(x + w / 2 - c.px(12), y + c.px(9), x + w / 2 + c.px(12), y + c.px(9), colour, c.px(3))
    c.text(title, c.width / 2, y + c.px(25), big, PAPER, 600, "centre")
    c.text(hint, c.width / 2, y + c.px(44), small, FAINT, 400, "centre")


def _help(c: Canvas, texts: Texts) -> None:
    size, row, pad = c.px(14), c.px(24), c.px(20)
    words = [(texts(key), texts(what)) for key, what in KEYS.items()]
    keys = max(c.text_width(key, size, 600) for key, _ in words)
    w = 2 * pad + keys + c.px(18) + max(c.text_width(what, size) for _, what in words)
    h = 2 * pad + row * len(words)
    x, y = (c.width - w) // 2, (c.height - h) // 2
    c.panel(x, y, w, h, c.px(16), INK, 0.84)
    for i, (key, what) in enumerate(words):
        mid = y + pad + row * (i + 0.5)
        c.text(key, x + pad + keys, mid, size, PAPER, 600, "right")
        c.text(what, x + pad + keys + c.px(18), mid, size, FAINT)
