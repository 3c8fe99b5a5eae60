"""Faces followed from frame to frame: found by the detector now and then, carried by correlation trackers between."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import cv2
import numpy as np

from emofast.recognition.boxes import Box
from emofast.recognition.detector import FaceDetector

__all__ = ["FaceTracker", "TrackedFace"]

Square = tuple[float, float, float]
"""x, y, side in pixels of the working picture."""

REGION_FACE = 105  # px: a region is scaled so that its face has this side; one of the steps of dlib's boxes (73, 88, 105, 127)
REGION = 2.0  # side of the scanned region over the side of the face
LENIENCY = 0.3  # within a region where a face just was, dlib may be less sure than elsewhere
PEAK_LOST = 5.0  # peak to side-lobe ratio below which a correlation tracker holds nothing
TILTS = (0.0, 25.0, -25.0)  # degrees: dlib finds upright faces only, so a face it no longer finds is looked for tilted
SAME = 0.3  # overlap from which two boxes are one face
GROWTH = 0.2  # share of a measured change of size that is believed: the follower's sizes tremble by a tenth
SMALLEST = 20  # px: a correlation tracker that has shrunk to this holds nothing
REACH = 1.0  # sides of its face within which a lost identity is taken up again


@dataclass(frozen=True)
class TrackedFace:
    """One face of one frame. `id` stays with a person, `box` is in the frame's pixels."""

    id: int
    box: Box
    confidence: float
    """1 when the detector has just confirmed the face, falling to 0 when it is about to be given up."""


@dataclass
class _Track:
    """A face being followed, in pixels of the working picture."""

    id: int
    square: Square
    follower: object  # dlib.correlation_tracker
    unseen: int = 0  # frames since the detector confirmed it
    unchecked: int = 0  # frames since the detector last looked at it
    tilt: int = 0  # index of the tilt in TILTS at which it was last found, or is tried next

    def put(self, grey: np.ndarray, square: Square) -> None:
        """Start following anew from `square`, where the detector has just seen the face."""
        import dlib

        self.follower.start_track(grey, dlib.drectangle(*_corners(square)))
        self.square, self.unseen, self.unchecked = square, 0, 0

    def follow(self, grey: np.ndarray) -> bool:
        """Move to where the face is in `grey`; False when it is nowhere."""
        import dlib

        peak = self.follower.update(grey, dlib.drectangle(*_corners(self.square)))
        r = self.follower.get_position()
        cx, cy = r.left() + r.width() / 2, r.top() + r.height() / 2
        s = self.square[2] + GROWTH * (r.width() - self.square[2])
        self.square = (cx - s / 2, cy - s / 2, s)
        self.unseen += 1
        self.unchecked += 1
        height, width = grey.shape
        return peak >= PEAK_LOST and 0 <= cx < width and 0 <= cy < height and s >= SMALLEST


@dataclass
class _Lost:
    """A face that went; its id waits for it."""

    id: int
    square: Square
    age: int = 0

    def distance(self, square: Square) -> float:
        """How far `square` is from where the face went, in sides of it; infinite where the sizes do not fit."""
        (ax, ay, a), (bx, by, b) = self.square, square
        if not 0.6 < a / b < 1.7:
            return np.inf
        return float(np.hypot(ax + a / 2 - bx - b / 2, ay + a / 2 - by - b / 2) / max(a, b))


class FaceTracker:
    """Faces with identities, frame after frame.

    In every frame each known face is carried by its correlation tracker, and at most one of them is looked at by the detector, in its
    surroundings only and at the size where it is 105 px wide: a frame's cost hardly varies. The whole frame is searched for new faces
    while none is known, and every `search` frames. With `background=True` that search runs in a thread of its own: no frame waits for
    it, but what comes out depends on timing. Without it the same frames always give the same faces.

    A face leaves when the detector has not confirmed it for `patience` frames (turned away, covered) or its tracker loses it. It gets
    its id back if a face of like size appears near its last place within `memory` frames. A frame of another size starts anew.

    `timed("track")` and `timed("detect")` are entered around the two kinds of work, for who wants to measure them.
    """

    def __init__(self, detector: FaceDetector | None = None, check: int = 8, search: int = 30, patience: int = 45, memory: int = 90,
                 background: bool = False, timed: Callable[[str], AbstractContextManager] = nullcontext):  # fmt: skip
        self.detector = detector or FaceDetector()
        self.check, self.search, self.patience, self.memory = check, search, patience, memory
        self._timed = timed
        # a dlib detector serves one thread at a time, so the background search has its own
        self._searcher = copy.deepcopy(self.detector) if background else None
        self._pool = ThreadPoolExecutor(1, "face-search") if background else None
        self.reset()

    def reset(self) -> None:
        """Forget every face; ids start at 1 again."""
        self._tracks: list[_Track] = []
        self._lost: list[_Lost] = []
        self._shape: tuple[int, ...] | None = None
        self._next_id = 1
        self._since_search: int | None = None  # frames; None before the first search
        self._searching: Future | None = None

    def close(self) -> None:
        """End the background search, if there is one."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def track(self, frame: np.ndarray) -> list[TrackedFace]:
        """The faces of the next frame, oldest identity first. `frame` as in `FaceDetector.detect`."""
        grey, scale = self.detector.working(frame)
        if grey.shape != self._shape:
            first = self._next_id
            self.reset()
            self._shape, self._next_id = grey.shape, first
        with self._timed("track"):
            for track in [t for t in self._tracks if not t.follow(grey)]:
                self._lose(track)
        with self._timed("detect"):
            self._search_frame(grey)
            self._check_one(grey)
        self._settle()
        height, width = frame.shape[:2]
        return [
            TrackedFace(t.id, _box(tuple(v / scale for v in t.square)).inside(width, height), 1 - t.unseen / self.patience)
            for t in self._tracks
        ]

    def _search_frame(self, grey: np.ndarray) -> None:
        """Look for new faces in the whole frame when it is time; in the background, take up what an earlier search found."""
        if self._searching and self._searching.done():
            self._merge(grey, [s for s in (self._look(grey, s) for s in self._searching.result()) if s])
            self._searching = None
        first = self._since_search is None  # nothing is on screen yet: worth waiting for
        self._since_search = 0 if first else self._since_search + 1
        due = first or not self._tracks or self._since_search >= self.search
        if not due or self._searching:
            return
        self._since_search = 0
        if self._pool and not first:
            self._searching = self._pool.submit(lambda: [f[:3] for f in self._searcher.scan(grey)])
        else:
            self._merge(grey, [f[:3] for f in self.detector.scan(grey)])

    def _merge(self, grey: np.ndarray, found: list[Square]) -> None:
        """Give each found face to the track that overlaps it most, to a lost identity near it, or to a new one."""
        free = list(self._tracks)
        for square in found:
            track = max(free, key=lambda t: _overlap(t.square, square), default=None)
            if track and _overlap(track.square, square) >= SAME:
                free.remove(track)
                track.put(grey, _blend(track.square, square))
            elif all(_overlap(t.square, square) < SAME for t in self._tracks):
                self._start(grey, square)

    def _start(self, grey: np.ndarray, square: Square) -> None:
        """A new track, with the identity of a face that was lost near here if there is one."""
        import dlib

        lost = min(self._lost, key=lambda old: old.distance(square), default=None)
        if lost and lost.distance(square) < REACH:
            self._lost.remove(lost)
            identity = lost.id
        else:
            identity, self._next_id = self._next_id, self._next_id + 1
        track = _Track(identity, square, dlib.correlation_tracker())
        track.put(grey, square)
        self._tracks.append(track)

    def _check_one(self, grey: np.ndarray) -> None:
        """Let the detector look at the track it has not looked at for longest, if that is `check` frames or more."""
        track = max(self._tracks, key=lambda t: t.unchecked, default=None)
        if not track or track.unchecked < self.check:
            return
        track.unchecked = 0
        square = self._look(grey, track.square, TILTS[track.tilt])
        if square:
            track.put(grey, _blend(track.square, square))
        else:
            track.tilt = (track.tilt + 1) % len(TILTS)

    def _look(self, grey: np.ndarray, square: Square, tilt: float = 0.0) -> Square | None:
        """Scan the surroundings of `square` for a face that overlaps it, at the size where that face is `REGION_FACE` pixels wide.

        A head tilted by `tilt` degrees to its own left stands upright in what is scanned.
        """
        x, y, s = square
        side = round(REGION * REGION_FACE)
        to_region = cv2.getRotationMatrix2D((x + s / 2, y + s / 2), tilt, REGION_FACE / s)
        to_region[:, 2] += side / 2 - x - s / 2, side / 2 - y - s / 2
        region = cv2.warpAffine(grey, to_region, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back, faces = cv2.invertAffineTransform(to_region), []
        for fx, fy, fs, _ in self.detector.scan(region, LENIENCY):
            cx, cy = back @ (fx + fs / 2, fy + fs / 2, 1)
            fs *= s / REGION_FACE
            faces.append((cx - fs / 2, cy - fs / 2, fs))
        best = max(faces, key=lambda f: _overlap(f, square), default=None)
        return best if best and _overlap(best, square) >= SAME else None

    def _lose(self, track: _Track) -> None:
        self._tracks.remove(track)
        self._lost.append(_Lost(track.id, track.square))

    def _settle(self) -> None:
        """Let go of tracks that nobody confirms and of twins on one face; forget identities that stayed away."""
        for track in [t for t in self._tracks if t.unseen >= self.patience]:
            self._lose(track)
        kept: list[_Track] = []
        for track in sorted(self._tracks, key=lambda t: t.id):
            if all(_overlap(track.square, other.square) < 0.5 for other in kept):
                kept.append(track)
        self._tracks = kept
        for lost in self._lost:
            lost.age += 1
        self._lost = [old for old in self._lost if old.age <= self.memory]


def _box(square: Square) -> Box:
    x, y, s = square
    return Box(round(x), round(y), round(s), round(s))


def _corners(square: Square) -> tuple[float, float, float, float]:
    x, y, s = square
    return x, y, x + s, y + s


def _overlap(a: Square, b: Square) -> float:
    """Intersection over union."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[2], b[1] + b[2]) - max(a[1], b[1])
    return w * h / (a[2] ** 2 + b[2] ** 2 - w * h) if w > 0 and h > 0 else 0.0


def _blend(carried: Square, found: Square) -> Square:
    """Where a confirmed face is: mostly where it was carried to (dlib's boxes come in steps of a fifth), unless that is far off."""
    if _overlap(carried, found) < 0.5:
        return found
    return tuple(c + (f - c) / 3 for c, f in zip(carried, found))
