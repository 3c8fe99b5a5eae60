"""Pictures and sound of a film by presentation time: any frame rate, steady or not, with time stamps or without, any rotation, damage
skipped."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from emofast.film.media import Media, container_start, first_picture, open_film, picture_stream

_STEP = 2.0  # seconds by which a seek that landed late is tried again earlier
_APART = 0.05  # seconds by which time stamps of sound may wander before a gap counts as one
_ROUNDED = 0.005  # seconds above rounding (Matroska's are to 1 ms); program streams have a wrong one after a seek, in what nobody hears
_EARLY = 0.5  # seconds decoded before what is heard: a decoder's first samples are wrong
_HALF = 0.5**0.5
_FOLDS = {  # channels in mono tracks to stereo
    2: np.eye(2, dtype=np.float32),
    6: np.array([[1, 0], [0, 1], [_HALF, _HALF], [0, 0], [_HALF, 0], [0, _HALF]], np.float32),  # ITU-R BS.775: L R C LFE Ls Rs
}


@dataclass
class Reader:
    """Pictures of the film at `path` between two instants: `hz` of them a second at most, None: every one; sides longer than `side`
    are shrunk to so many pixels. `skim`: pictures that no other is made from (half of a film as x264 writes it) are not
    decoded, unless that leaves fewer than `hz` a second.

    Iterating yields (t, picture, scale): seconds from the film's first picture, uint8 BGR [h, w, 3] upright, and how many film pixels
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
            zero, last = first_picture(film, stream), None
            for frames in _packets(film, stream, start + zero if start > 0 else None):
                if frames is None:
                    self.damaged += 1
                    if self.damaged > 10_000:
                        return
                for frame in frames or ():
                    t = None if frame.pts is None else float(frame.pts * frame.time_base) - zero
                    if t is None or (last is not None and t <= last):  # raw streams have no clock; there the frame rate is one
                        t = 0.0 if last is None else last + 1 / self.rate
                    if self.skim and last is not None and t - last > 1.1 / self.hz:
                        stream.codec_context.skip_frame = "DEFAULT"
                    last = t
                    yield t, frame


def hear(film: Media, start: float, end: float, rate: int, stereo: bool = False) -> np.ndarray:
    """The film's sound between two instants at `rate`, right from `start`: float32 mono [n], or [n, 2]. Silence where there is none.
    Six mono tracks are folded as 5.1. Raises `EmofastError` as `open_film` does."""
    if len(film.tracks) == 1:
        sound = _hear(film, film.tracks[0], start, end, rate, "stereo" if stereo else "mono")
        return sound if stereo else sound[:, 0]
    sound = np.hstack([_hear(film, track, start, end, rate, "mono") for track in film.tracks]) @ _FOLDS[len(film.tracks)]
    return sound if stereo else sound.mean(1)


def _hear(film: Media, track: int, start: float, end: float, rate: int, layout: str) -> np.ndarray:
    """One sound track, float32 [n, channels], as `hear`."""
    out = np.zeros((max(0, round((end - start) * rate)), 2 if layout == "stereo" else 1), np.float32)
    with open_film(film.path) as container:
        zero, first = container_start(container) + film.begin, max(0.0, start - _EARLY)
        kind = here = None
        for frames in _packets(container, container.streams.audio[track], first + zero if first > 0 else None):
            if frames is None:  # what follows has its own place
                here = None
            for frame in frames or ():
                if frame.pts is None:
                    continue
                at = round((float(frame.pts * frame.time_base) - zero - start) * rate)
                if at > len(out) + _APART * rate:  # not before: a resampler keeps some back
                    return out
                if kind != (kind := (frame.format.name, frame.layout.name, frame.sample_rate)):  # broadcasts change it within a film
                    resampler, here = av.AudioResampler(format="flt", layout=layout, rate=rate), None
                if here is None or abs(at - here) > (_ROUNDED if at < 0 else _APART) * rate:
                    here = at
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray().reshape(-1, out.shape[1])
                    lo, hi = max(here, 0), min(here + len(samples), len(out))
                    if lo < hi:
                        out[lo:hi] = samples[lo - here : hi - here]
                    here += len(samples)
    return out


def _packets(film: av.container.InputContainer, stream: av.stream.Stream, at: float | None) -> Iterator[list | None]:
    """The frames of each packet, None for a damaged one, from the key frame at which a seek to `at` lands, a second of the container's
    clock; None: from the start of the film."""
    if at is not None:
        with suppress(av.error.FFmpegError):  # a format that cannot seek, or not so far back, is read from where it stands
            film.seek(int(at * av.time_base))
    packets, key = film.demux(stream), at is None
    while True:
        try:
            packet = next(packets)
            key = key or packet.pts is None or packet.is_keyframe
            frames = packet.decode() if key else []
        except (StopIteration, av.error.EOFError):
            return
        except av.error.FFmpegError:
            frames = None
        yield frames
