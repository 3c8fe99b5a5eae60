"""Pictures and sound of a film by presentation time: any frame rate, steady or not, with time stamps or without, any rotation, damage
skipped."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from emofast.film.media import Media, open_film, picture_stream

_STEP = 2.0  # seconds by which a seek that landed late is tried again earlier


@dataclass
class Reader:
    """Pictures of the film at `path` between two instants: `hz` of them a second at most, None: every one; sides longer than `side`
    are shrunk to so many pixels. `skim`: pictures that no other is made from (half of a film as x264 writes it) are not
    decoded, unless that leaves fewer than `hz` a second.

    Iterating yields (t, picture, scale): seconds on the film's own clock, uint8 BGR [h, w, 3] upright, and how many film pixels
    one of its pixels is. `rate` is then its frame rate; `damaged` counts packets that could not be decoded so far. Memory does not
    grow with the film. Raises `EmofastError` as `open_film` does.
    """

    path: Path
    start: float = 0.0
    end: float = float("inf")
    hz: float | None = None
    side: float = float("inf")
    skim: bool = False
    threads: int = 1
    rate: float = 25.0
    damaged: int = 0

    def __iter__(self) -> Iterator[tuple[float, np.ndarray, float]]:
        tick, convert = self.start, VideoReformatter()  # one for all pictures: setting it up costs three conversions
        for t, frame in self._decode():
            if t >= self.end:
                return
            if t < tick - 1e-6:
                continue
            if self.hz:
                tick = (np.floor(t * self.hz + 1e-6) + 1) / self.hz
            scale = max(1.0, max(frame.width, frame.height) / self.side)
            size = round(frame.width / scale), round(frame.height / scale)
            picture = convert.reformat(frame, *size, format="bgr24", interpolation="BILINEAR").to_ndarray()
            yield t, np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90))), scale

    def _decode(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames in order of presentation, the first of them no later than `start`. Transport streams have no index, other films one that
        lies: where a seek lands late, or behind the last key frame, it is tried again, twice as far back each time."""
        back, damaged = 0.0, self.damaged
        while True:
            frames = self._from(max(0.0, self.start - back))
            first = next(frames, None)
            if back >= self.start or (first and first[0] <= self.start):
                break
            back, self.damaged = 2 * back or _STEP, damaged
        if first:
            yield first
            yield from frames

    def _from(self, start: float) -> Iterator[tuple[float, av.VideoFrame]]:
        """Frames in order of presentation, from the key frame at which a seek to `start` lands."""
        with open_film(self.path) as film:
            stream = picture_stream(film, self.path)
            stream.thread_type = "AUTO" if self.threads > 1 else "NONE"
            stream.codec_context.thread_count = self.threads
            stream.codec_context.skip_frame = "NONREF" if self.skim else "DEFAULT"
            self.rate = float(stream.average_rate or stream.guessed_rate or self.rate)
            zero, last = (film.start_time or 0) / av.time_base, None
            if start > 0:
                film.seek(int((start + zero) / stream.time_base), stream=stream)
            packets = film.demux(stream)
            if start > 0:
                packets = dropwhile(lambda packet: packet.pts is not None and not packet.is_keyframe, packets)
            while True:
                try:
                    frames = next(packets).decode()
                except (StopIteration, av.error.EOFError):
                    return
                except av.error.FFmpegError:
                    self.damaged += 1
                    if self.damaged > 10_000:
                        return
                    continue
                for frame in frames:
                    t = None if frame.pts is None else float(frame.pts * frame.time_base) - zero
                    if t is None or (last is not None and t <= last):  # raw streams have no clock; there the frame rate is one
                        t = 0.0 if last is None else last + 1 / self.rate
                    if self.skim and last is not None and t - last > 1.1 / self.hz:
                        stream.codec_context.skip_frame = "DEFAULT"
                    last = t
                    yield t, frame


def hear(film: Media, start: float, end: float, rate: int) -> np.ndarray:
    """The default sound track between two instants as float32 mono at `rate`, right from `start`; silence where there is none."""
    out = np.zeros(max(0, round((end - start) * rate)), np.float32)
    with open_film(film.path) as container:
        stream = container.streams.audio[film.track]
        zero = (container.start_time or 0) / av.time_base
        container.seek(int((start + zero) * av.time_base), backward=True)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        with suppress(av.error.FFmpegError):  # damaged sound only means fewer pauses to cut in
            for frame in container.decode(stream):
                if frame.pts is None:
                    continue
                at = float(frame.pts * frame.time_base) - zero
                if at > end:
                    break
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray().ravel()
                    here = round((at - start) * rate)
                    lo, hi = max(here, 0), min(here + len(samples), len(out))
                    if lo < hi:
                        out[lo:hi] = samples[lo - here : hi - here]
                    at += len(samples) / rate
    return out
