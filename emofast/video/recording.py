"""Pictures of a film at a steady pace, by presentation time: any frame rate, steady or not, any rotation, damage skipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from emofast.video.media import open_film

__all__ = ["HZ", "WORKING_SIDE", "Sampler"]

HZ = 10.0
"""Pictures a second that are looked at: expressions last half a second and more."""

WORKING_SIDE = 960
"""Longer sides are shrunk to this many pixels: a face in the picture is then still larger than any network's input."""

_SEEK_ERROR = 1.0  # seconds by which a seek may land late before the film is decoded from its beginning instead


@dataclass
class Sampler:
    """Pictures of the film at `path` between two instants.

    Iterating yields (t, picture, scale): seconds on the film's own clock, uint8 BGR [h, w, 3] upright, and how many film pixels
    one of its pixels is. `damaged` counts packets that could not be decoded so far. Memory does not grow with the film.
    """

    path: Path
    start: float = 0.0
    end: float = float("inf")
    hz: float = HZ
    threads: int = 1
    damaged: int = 0

    def __iter__(self) -> Iterator[tuple[float, np.ndarray, float]]:
        tick, convert = self.start, VideoReformatter()  # one for all pictures: setting it up costs three conversions
        for t, frame in self._from(self.start):
            if t >= self.end:
                return
            if t < tick - 1e-6:
                continue
            tick = (np.floor(t * self.hz + 1e-6) + 1) / self.hz
            yield t, *_upright(frame, convert)

    def _from(self, start: float) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames in order of presentation, from the last key frame before `start`."""
        late = False
        for t, frame in self._decode(start):
            if start > 0 and t > start + _SEEK_ERROR:
                late = True
                break
            yield t, frame
            start = 0.0
        if late:  # an index that lies: read everything before, which is slow and right
            yield from self._decode(0.0)

    def _decode(self, start: float) -> Iterator[tuple[float, av.VideoFrame]]:
        with open_film(self.path) as film:
            stream = film.streams.video[0]
            stream.thread_type = "AUTO" if self.threads > 1 else "NONE"
            stream.codec_context.thread_count = self.threads
            zero = (film.start_time or 0) / av.time_base
            if start > 0:
                film.seek(int((start + zero) / stream.time_base), stream=stream)
            packets = film.demux(stream)
            while True:
                try:
                    packet = next(packets)
                    frames = packet.decode()
                except StopIteration:
                    return
                except av.error.EOFError:
                    return
                except av.error.FFmpegError:
                    self.damaged += 1
                    if self.damaged > 10_000:
                        return
                    continue
                for frame in frames:
                    if frame.pts is not None:
                        yield float(frame.pts * frame.time_base) - zero, frame


def _upright(frame: av.VideoFrame, convert: VideoReformatter) -> tuple[np.ndarray, float]:
    """The frame as BGR, at most `WORKING_SIDE` long, turned as its rotation flag asks; and the film pixels one of its pixels is."""
    scale = max(1.0, max(frame.width, frame.height) / WORKING_SIDE)
    size = round(frame.width / scale), round(frame.height / scale)
    picture = convert.reformat(frame, *size, format="bgr24", interpolation="BILINEAR").to_ndarray()
    turns = round(frame.rotation / 90) % 4
    return (np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture), scale
