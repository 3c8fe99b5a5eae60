"""Upright: where a 9:16 picture looks in a wide episode, so that the face or the action stays in it."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby, pairwise

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from emofast.film import Media, Reader
from emofast.recognition import Detector, FaceTracker
from emofast.video.analysis import WORKING_SIDE

UPRIGHT = Fraction(9, 16)
"""Width of the picture over its height."""

Look = list[tuple[int, float]]
"""Knots (frame of the span, centre as a share of the episode's width). Between two knots the picture glides, from one frame to the next
it jumps."""

_HZ = 5.0
_KNOTS = 0.5  # seconds between two knots
_SMOOTH = 0.8  # seconds over which a glide is evened out
_STILL = 0.3  # share of the upright width within which a face may move before the picture follows it
_SEEN = 1 / 3  # share of a shot's pictures that must show a face for it to be what the shot is about
_SMALL = 160, 90  # pixels at which motion is looked for
_NOISE = 12  # grey levels by which a pixel changes although nothing moves


def look_at(episode: Media, span: tuple[int, int], seams: Iterable[int], detector: Detector) -> Look:
    """Where to look while frames [first, last) of the episode are shown, in which new shots begin at `seams`: in each shot at the face that
    is largest for longest, where there is none at what moves, else at the middle. Still unless the face leaves the picture's middle."""
    first, last = span
    inside = [f for f in sorted(seams) if first < f < last]
    edges, rate = [first, *inside, last], float(episode.rate)
    half = min(0.5, float(UPRIGHT * episode.height / (episode.width * episode.pixel)) / 2)
    early = 0.25 / rate  # of a frame: times of films are rounded
    samples = Reader(episode.path, max(0.0, first / rate - early), last / rate - early, _HZ, WORKING_SIDE)
    look: Look = []
    shots = groupby(samples, key=lambda sample: bisect(inside, round(sample[0] * rate)))
    seen = {shot: _centres(pictures, detector) for shot, pictures in shots}
    for shot, (a, b) in enumerate(pairwise(edges)):
        t, x = np.array(seen.get(shot) or [(0.0, 0.5)]).T
        look += [(f - first, min(max(c, half), 1 - half)) for f, c in _glide(t * rate, x, a, b, rate, half)]
    return look


def _centres(samples: Iterable[tuple[float, np.ndarray, float]], detector: Detector) -> list[tuple[float, float]]:
    """(seconds, centre as a share of the width) of what a shot is about."""
    tracker = FaceTracker(detector, every=1)
    faces: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    motion: list[tuple[float, float]] = []
    before, count = None, 0
    for t, picture, _ in samples:
        count += 1
        for face in tracker.track(picture):
            faces[face.id].append((t, face.box.centre[0] / picture.shape[1], face.box.w))
        grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), _SMALL, interpolation=cv2.INTER_AREA).astype(float)
        moved = np.maximum(np.abs(grey - before) - _NOISE, 0).sum(0) if before is not None else np.zeros(1)
        if moved.any():
            motion.append((t, float(moved @ (np.arange(_SMALL[0]) + 0.5) / moved.sum() / _SMALL[0])))
        before = grey
    best = max(faces.values(), key=lambda track: sum(w for *_, w in track), default=[])
    return [(t, x) for t, x, _ in best] if len(best) >= _SEEN * count else motion


def _glide(at: np.ndarray, x: np.ndarray, first: int, last: int, rate: float, half: float) -> Look:
    """Knots of one shot, from its first frame to its last (before `last`), from centres `x` seen at frames `at`."""
    if np.ptp(x) <= _STILL * 2 * half:
        x = np.full(len(x), np.median(x))
    knots = np.linspace(first, last - 1, max(2, round((last - first) / rate / _KNOTS)))
    mirrored = np.pad(np.interp(knots, at, x), 4, "reflect", reflect_type="odd")  # who walks on at the end of a shot does so smoothly
    smooth = gaussian_filter1d(mirrored, _SMOOTH / _KNOTS)[4:-4]
    return [(round(f), float(c)) for f, c in zip(knots, smooth)]
