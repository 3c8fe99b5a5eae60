"""Faces followed from frame to frame: scanned for by a detector, known again by place and size, carried on between two scans."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import cv2
import numpy as np

from emofast.faces import check_picture, to_channels
from emofast.recognition.boxes import Box
from emofast.recognition.detectors import Detector, Face

REACH = 1.0  # sides of its face within which a person is taken to be the same, where clothes are not seen
FAR = 5.0  # and where they are, and are alike
OTHER_CLOTHES = 25.0  # difference in CIE Lab from which a person next to the place of another is somebody else
JUST_NOW = 10  # frames since a scan found a face within which its place alone says that it is the same
MEMORY_OF_CLOTHES = 0.1  # share of a new look that is taken over: for a moment somebody else may stand before them
GROWTH = 1.7  # ratio of two sides up to which they can be one person's
PATIENCE = 5  # scans in a row that may miss a face before nothing carries it on
IDLE = 3  # frames from scan to scan while nobody is there
FLOW_SIDE = 320  # px: longer side of the picture in which optical flow carries faces on
FLOW_ERROR = 20.0  # grey levels by which a point's surroundings may change from frame to frame
GRID = np.stack(np.meshgrid(*[np.linspace(0.2, 0.8, 6)] * 2), axis=-1).reshape(-1, 2)  # points of a face, in shares of its box


@dataclass(frozen=True)
class TrackedFace:
    """One face of one frame. `id` stays with a person; `box` and `landmarks` are a `Face`'s."""

    id: int
    box: Box
    landmarks: np.ndarray | None = field(default=None, compare=False)


@dataclass
class _Track:
    """A person who is, or was, in the picture."""

    id: int
    face: Face
    unseen: int = 0  # frames since a scan found the face
    shown: bool = True
    clothes: np.ndarray | None = None

    def distance(self, face: Face) -> float:
        """How far `face` lies from this one, in sides; infinite where the sizes do not fit."""
        a, b = self.face.box, face.box
        if not 1 / GROWTH < a.w / b.w < GROWTH:
            return np.inf
        return float(np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]) / max(a.w, b.w))

    def unlikeness(self, face: Face, clothes: np.ndarray | None) -> float:
        """From 0 for surely the same person; 1 and more for another. Where clothes are seen, they count for more than the place."""
        distance = self.distance(face)
        if self.clothes is None or clothes is None:
            return distance / REACH
        look = float(np.linalg.norm(self.clothes - clothes)) / OTHER_CLOTHES
        if self.unseen <= JUST_NOW and distance < REACH / 2:  # here a moment ago: whatever else has changed is the light
            return (distance / REACH + min(look, 1.0)) / 2
        return distance / FAR + look


class FaceTracker:
    """Faces with identities, frame after frame; the same frames always give the same faces.

    The frame is scanned every `every` frames (the detector's own pace; 1: always), while nobody is there every third one at least. Between
    scans optical flow carries each face on, for at most `PATIENCE` scans that do not confirm it. Who is found near the place of somebody
    seen within the last `memory` frames, at a like size, is that person; else somebody new. A frame of another size starts anew.
    `timed("track")` and `timed("detect")` are entered around the two kinds of work.
    """

    def __init__(self, detector: Detector, every: int | None = None, memory: int = 300,
                 timed: Callable[[str], AbstractContextManager] = nullcontext):  # fmt: skip
        self.detector, self.every = detector, every or detector.pace
        self.memory, self._timed = memory, timed
        self._patience = PATIENCE * self.every if self.every > 1 else 0  # nothing carries a face where every frame is scanned
        self._tracks: list[_Track] = []
        self._shape: tuple[int, ...] | None = None
        self._picture: np.ndarray | None = None  # of the frame before, small and grey
        self._next_id = 1
        self._wait = 0  # frames to the next scan

    def track(self, frame: np.ndarray) -> list[TrackedFace]:
        """The faces of the next frame, oldest identity first. `frame` as in `Detector.detect`."""
        check_picture(frame)
        if frame.shape[:2] != self._shape:
            self._tracks, self._shape, self._wait, self._picture = [], frame.shape[:2], 0, None
        for track in self._tracks:
            track.unseen += 1
        with self._timed("track"):
            if self.every > 1:
                self._carry(frame)
        if self._wait == 0:
            with self._timed("detect"):
                found = self.detector.detect(frame)
            self._match([(face, _clothes(frame, face.box)) for face in found])
            self._wait = self.every if any(t.shown for t in self._tracks) else min(self.every, IDLE)
        self._wait -= 1
        self._tracks = [t for t in self._tracks if t.unseen <= self.memory]
        return [TrackedFace(t.id, t.face.box, t.face.landmarks) for t in self._tracks if t.shown]

    def _match(self, found: list[tuple[Face, np.ndarray | None]]) -> None:
        """Give each found face to the likeliest person, the surest pairs first, or to somebody new."""
        pairs = sorted((t.unlikeness(*f), k, j) for k, t in enumerate(self._tracks) for j, f in enumerate(found))
        free = set(range(len(found)))
        for unlike, k, j in pairs:
            track, (face, clothes) = self._tracks[k], found[j]
            if unlike < 1 and track.unseen and j in free:
                free.remove(j)
                track.face, track.unseen, track.shown = face, 0, True
                if clothes is not None:
                    before = clothes if track.clothes is None else track.clothes
                    track.clothes = before + MEMORY_OF_CLOTHES * (clothes - before)
        for j in sorted(free):
            self._tracks.append(_Track(self._next_id, found[j][0], clothes=found[j][1]))
            self._next_id += 1
        for track in self._tracks:
            # a face that no scan confirmed may have been carried onto one that was found
            twin = track.unseen and any(t.unseen == 0 and t.distance(track.face) < REACH / 2 for t in self._tracks)
            track.shown = track.shown and track.unseen <= self._patience and not twin

    def _carry(self, frame: np.ndarray) -> None:
        """Move every shown face as the picture within it has moved since the frame before."""
        height, width = self._shape
        scale = min(1.0, FLOW_SIDE / max(height, width))
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        before, self._picture = self._picture, cv2.resize(to_channels(frame, channels=1), size, interpolation=cv2.INTER_AREA)
        for track in self._tracks if before is not None else ():
            if not track.shown:
                continue
            b = track.face.box
            old = (np.array([b.x, b.y]) + GRID * b.w).astype(np.float32) * np.float32(scale)
            new, ok, error = cv2.calcOpticalFlowPyrLK(before, self._picture, old, None, winSize=(15, 15), maxLevel=2)
            good = (ok.ravel() == 1) & (error.ravel() < FLOW_ERROR)
            track.shown = bool(good.mean() > 0.5)
            if not track.shown:
                self._wait = 0  # a scan says whether the face is gone or only the light has changed
                continue
            x, y = np.array([b.x, b.y]) + np.median((new - old)[good], axis=0) / scale
            marks = track.face.landmarks
            marks = None if marks is None else marks + np.float32([x - b.x, y - b.y])
            track.face = Face(Box(round(x), round(y), b.w, b.h), marks)
            track.shown = bool(-b.w / 2 < x < width - b.w / 2 and -b.h / 2 < y < height - b.h / 2)


def _clothes(frame: np.ndarray, box: Box) -> np.ndarray | None:
    """Mean colour, float32 [3] in CIE Lab, of what is below a face; None where too little of it is in the frame, or all is grey."""
    height, width = frame.shape[:2]
    top, bottom = box.y + round(1.4 * box.h), box.y + round(2.2 * box.h)
    patch = frame[top : min(bottom, height), max(box.x, 0) : min(box.x + box.w, width)]
    if frame.ndim == 2 or frame.shape[2] < 3 or frame.dtype != np.uint8 or patch.shape[0] < 0.4 * box.h or not patch.size:
        return None
    mean = np.float32(cv2.mean(patch)[:3]).reshape(1, 1, 3) / 255
    return cv2.cvtColor(mean, cv2.COLOR_BGR2Lab)[0, 0]
