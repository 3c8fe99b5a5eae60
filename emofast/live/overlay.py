"""The picture the person sees: boxes, labels, bars, circumplex and states, drawn over a frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from emofast.emotions import BY_NAME, CENTRES, EMOTIONS, TABLE
from emofast.live.canvas import Canvas, Colour
from emofast.live.smoothing import FaceView
from emofast.live.texts import Texts
from emofast.recognition import MARGIN, crop_square

__all__ = ["Status", "draw"]

INK: Colour = (18, 21, 28)  # panels
PAPER: Colour = (244, 246, 250)  # text
FAINT: Colour = (150, 158, 172)  # secondary text
AXIS: Colour = (104, 111, 126)  # axes, empty bars
GREY: Colour = (120, 128, 140)  # the colour of "not sure"
RED: Colour = (235, 64, 64)
PANEL = 0.72  # opacity: white text stays readable on a white wall


@dataclass(frozen=True)
class Status:
    """What the view shows beside the faces."""

    fps: float | None = None
    paused: bool = False
    recording: float | None = None
    """Seconds recorded so far; None when nothing is."""
    lost: bool = False
    help: bool = False
    message: str | None = None
    margin: float = MARGIN
    """How far beyond a face the network sees, of the face's side."""


def draw(image: np.ndarray, views: list[FaceView], texts: Texts, status: Status = Status()) -> np.ndarray:
    """Draw everything into `image`, uint8 BGR [h, w, 3], in place; returns it. The largest face is the main one."""
    c = Canvas(image)
    main = max(views, key=lambda v: v.box.w, default=None)
    for view in sorted(views, key=lambda v: v.box.w):
        _box_and_label(c, view, texts, c.px(2.5 if view is main else 1.5), status.margin)
    if main:
        _bars(c, main, texts)
        _circumplex(c, main, texts)
    _chips(c, texts, status)
    if status.lost:
        _notice(c, texts.lost, texts.lost_hint, RED)
    elif not views and not status.help:
        _notice(c, texts.no_face, texts.no_face_hint, GREY)
    if status.help:
        _help(c, texts)
    if status.message:
        _toast(c, status.message)
    return image


def _colour(emotion: str | None) -> Colour:
    return BY_NAME[emotion].colour if emotion else GREY


def _on(colour: Colour) -> Colour:
    """Ink or paper, whichever is easier to read on `colour` (Rec. 709 luma)."""
    return INK if 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] > 150 else PAPER


def _box_and_label(c: Canvas, view: FaceView, texts: Texts, thickness: int, margin: float) -> None:
    """The square that the network sees, and what it says."""
    colour = _colour(view.emotion)
    b = crop_square(view.box, margin)
    c.frame(b.x, b.y, b.w, b.h, c.px(12), INK, thickness + c.px(1.5))
    c.frame(b.x, b.y, b.w, b.h, c.px(12), colour, thickness)
    name, share = texts.emotion(view.emotion), f"{view.confidence:.0%}"
    size, pad, height = c.px(16), c.px(9), c.px(25)
    width = pad + c.text_width(name, size, 600) + c.px(7) + c.text_width(share, size, 400) + pad
    x = min(max(b.x, 0), max(c.width - width, 0))
    y = b.y - height - c.px(5)
    if y < 0:  # no room above: inside the box
        y = min(max(b.y, 0) + c.px(5), c.height - height)
        x = min(x + c.px(5), max(c.width - width, 0))
    c.panel(x, y, width, height, c.px(8), colour, 0.94)
    ink = _on(colour)
    end = x + pad + c.text(name, x + pad, y + height / 2, size, ink, 600)
    c.text(share, end + c.px(7), y + height / 2, size, ink, 400)


def _bars(c: Canvas, view: FaceView, texts: Texts) -> None:
    """All nine probabilities of the main face, lower left."""
    size, row, pad = c.px(11), c.px(16), c.px(10)
    names = max(c.text_width(texts.emotion(e), size) for e in EMOTIONS)
    length, share = c.px(70), c.px(28)
    w = pad + names + c.px(8) + length + share + pad
    h = pad + row * len(EMOTIONS) + pad
    x, y = c.px(12), c.height - h - c.px(12)
    c.panel(x, y, w, h, c.px(12), INK, PANEL)
    left, thick = x + pad + names + c.px(8), c.px(5)
    for i, emotion in enumerate(TABLE):
        mid, p = y + pad + row * (i + 0.5), float(view.probabilities[i])
        shown = emotion.name == view.emotion
        c.text(texts.emotion(emotion.name), x + pad + names, mid, size, PAPER if shown else FAINT, 600 if shown else 400, "right")
        c.line(left + thick / 2, mid, left + length - thick / 2, mid, AXIS, thick)
        if p >= 0.01:
            c.line(left + thick / 2, mid, left + thick / 2 + (length - thick) * p, mid, emotion.colour, thick)
        c.text(f"{p:.0%}", x + w - pad, mid, size, PAPER if shown else FAINT, 500 if shown else 400, "right")


def _circumplex(c: Canvas, view: FaceView, texts: Texts) -> None:
    """Valence to the right, arousal upwards, with the class centres and a trail; lower right."""
    r, size, pad = c.px(54), c.px(10), c.px(10)
    w, h = 2 * r + 2 * pad, 2 * r + 2 * pad + c.px(12)
    x, y = c.width - w - c.px(12), c.height - h - c.px(12)
    c.panel(x, y, w, h, c.px(12), INK, PANEL)
    cx, cy = x + w / 2, y + pad + r
    c.disc(cx, cy, r, AXIS, 1)
    c.line(cx - r, cy, cx + r, cy, AXIS)
    c.line(cx, cy - r, cx, cy + r, AXIS)
    c.text(texts.arousal[1], cx, cy - r + size, size, FAINT, align="centre")
    c.text(texts.arousal[0], cx, cy + r - size, size, FAINT, align="centre")
    c.text(texts.valence[0], x + pad, y + h - pad / 2 - size / 2, size, FAINT)
    c.text(texts.valence[1], x + w - pad, y + h - pad / 2 - size / 2, size, FAINT, align="right")
    for emotion, (valence, arousal) in zip(TABLE, CENTRES):
        c.disc(cx + valence * r, cy - arousal * r, c.px(2), emotion.colour)
    points = [(cx + v * r, cy - a * r) for v, a in view.trail]
    colour = np.array(_colour(view.emotion))
    for i, (a, b) in enumerate(pairwise(points)):
        fade = (i + 1) / len(points)
        c.line(*a, *b, tuple(int(v) for v in colour * fade + np.array(INK) * (1 - fade)), max(round(c.px(3) * fade), 1))
    c.disc(*points[-1], c.px(5.5), PAPER)
    c.disc(*points[-1], c.px(4), tuple(int(v) for v in colour))


def _chips(c: Canvas, texts: Texts, status: Status) -> None:
    """Small signs along the top right."""
    size, height, pad, gap = c.px(12), c.px(22), c.px(9), c.px(6)
    right = c.width - c.px(12)

    def chip(text: str, colour: Colour, opacity: float, dot: Colour | None = None) -> None:
        nonlocal right
        w = 2 * pad + c.text_width(text, size, 500) + (c.px(11) if dot else 0)
        c.panel(right - w, c.px(12), w, height, height // 2, colour, opacity)
        if dot:
            c.disc(right - w + pad + c.px(3), c.px(12) + height / 2, c.px(3.5), dot)
        c.text(text, right - pad, c.px(12) + height / 2, size, PAPER, 500, "right")
        right -= w + gap

    if status.fps is not None:
        chip(f"{status.fps:.0f} fps", INK, PANEL)
    if status.recording is not None:
        chip(f"{texts.recording} {int(status.recording) // 60}:{int(status.recording) % 60:02d}", INK, 0.62, RED)
    if status.paused:
        chip(texts.paused, (52, 104, 192), 0.9)


def _notice(c: Canvas, title: str, hint: str, colour: Colour) -> None:
    """A state of its own, in the lower middle."""
    big, small, pad = c.px(18), c.px(12), c.px(16)
    w = 2 * pad + max(c.text_width(title, big, 600), c.text_width(hint, small))
    h = c.px(58)
    x, y = (c.width - w) // 2, c.height - h - c.px(24)
    c.panel(x, y, w, h, c.px(14), INK, 0.72)
    c.line(x + w / 2 - c.px(12), y + c.px(9), x + w / 2 + c.px(12), y + c.px(9), colour, c.px(3))
    c.text(title, c.width / 2, y + c.px(25), big, PAPER, 600, "centre")
    c.text(hint, c.width / 2, y + c.px(44), small, FAINT, 400, "centre")


def _help(c: Canvas, texts: Texts) -> None:
    size, row, pad = c.px(14), c.px(24), c.px(20)
    keys = max(c.text_width(k, size, 600) for k, _ in texts.keys)
    w = 2 * pad + keys + c.px(18) + max(c.text_width(t, size) for _, t in texts.keys)
    h = 2 * pad + row * len(texts.keys)
    x, y = (c.width - w) // 2, (c.height - h) // 2
    c.panel(x, y, w, h, c.px(16), INK, 0.84)
    for i, (key, text) in enumerate(texts.keys):
        mid = y + pad + row * (i + 0.5)
        c.text(key, x + pad + keys, mid, size, PAPER, 600, "right")
        c.text(text, x + pad + keys + c.px(18), mid, size, FAINT)


def _toast(c: Canvas, message: str) -> None:
    size, pad, height = c.px(12), c.px(11), c.px(24)
    w = 2 * pad + c.text_width(message, size, 500)
    x = c.px(12)
    c.panel(x, c.px(12), w, height, height // 2, INK, 0.72)
    c.text(message, x + pad, c.px(12) + height / 2, size, PAPER, 500)
