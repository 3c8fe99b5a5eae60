"""What is in a film: size as displayed, frame rate, length by its packets, timecode, sound, how its picture is coded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from emofast.errors import EmofastError

RATES = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")))
"""Frame rates that every player and cutting program takes."""

_NO_INDEX = ("mpegts", "mpeg")


@dataclass(frozen=True)
class Media:
    """One film. Seconds count from its first picture, as frames do in cutting programs: the sound may begin earlier.

    rate: frames per second of the trailer and the edit list, one of `RATES`. claimed: length of the picture, else of the whole, that
    the header gives, 0 where it gives none; much more than `duration` means the file is cut short. timecode: of the first frame, as the
    file states it; drop-frame ones have a semicolon. begin: when the first picture comes, counted from the container's start.
    tracks: which of its sound tracks are heard, and their channels in all: the default one; of a master whose tracks are the channels
    all two, as stereo, or six, as 5.1. unheard: number of such tracks that are not heard, as nobody knows what is on them.
    pixel: width of a pixel by its height. colour: matrix, primaries and transfer by their numbers in ITU-T H.273.
    gap: longest time between key frames of a transport or program stream, which has no index: a seek must aim so much earlier.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    duration: float
    claimed: float
    timecode: str | None
    sound: bool
    begin: float = 0.0
    tracks: tuple[int, ...] = (0,)
    channels: int = 2
    unheard: int = 0
    pixel: Fraction = Fraction(1)
    colour: tuple[int, int, int] = (2, 2, 2)
    gap: float = 0.0

    @property
    def hdr(self) -> bool:
        """PQ (SMPTE ST 2084) or HLG (ARIB STD-B67)."""
        return self.colour[2] in (16, 18)

    @property
    def frames(self) -> int:
        """Whole frames at `rate`."""
        return int(self.duration * self.rate + Fraction(1, 2))


@contextmanager
def open_film(path: Path) -> Iterator[av.container.InputContainer]:
    """`av.open` whose failures are one clear sentence."""
    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises for names that no system takes
        raise EmofastError(f"{path} is not a file; check the path")
    if not os.access(path, os.R_OK):
        raise EmofastError(f"{path} may not be read by this account; change its permissions (chmod +r)")
    try:
        container = av.open(as_source(path))
    except (av.error.FFmpegError, OSError) as e:
        raise EmofastError(f"{path} cannot be read as a film ({e.strerror or e}), damaged or cut short: copy or export it again") from None
    with container:
        yield container


def probe(path: Path) -> Media:
    """Look into a film, decoding its first frame only. Reads all packets, since headers of phone and damaged files lie about the length.

    Raises `EmofastError` for a file that is no film, has no picture, or no readable frame.
    """
    with open_film(path) as film:
        stream = picture_stream(film, path)
        start = first_picture(film, stream)
        first, end, keys = None, 0.0, [0.0]
        with suppress(av.error.FFmpegError):  # what came before the damage counts; the shortfall shows against `claimed`
            for packet in film.demux(stream):
                if packet.pts is not None:
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base) - start)
                    if packet.is_keyframe:
                        keys.append(float(packet.pts * packet.time_base) - start)
                if first is None:  # it knows what headers do not, as the flag by which phones turn films
                    with suppress(av.error.FFmpegError):
                        first = next(iter(packet.decode()), None)
        gap = float(np.diff([*keys, end]).max()) if film.format.name in _NO_INDEX else 0.0
        if end <= 0 or not first:
            raise EmofastError(f"{path} has no readable frame; it is damaged or empty: copy or export it again")
        stated = stream.metadata.get("timecode") or film.metadata.get("timecode") or next(
            (s.metadata["timecode"] for s in film.streams if "timecode" in s.metadata), None)  # fmt: skip
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        sound = {k: s for k, s in enumerate(film.streams.audio) if s.codec_context is not None}  # others are in a codec unknown here
        track = next((k for k, s in sound.items() if s.disposition & av.stream.Disposition.default), next(iter(sound), 0))
        several = tuple(sound) if _are_channels([*sound.values()]) else (track,)
        tracks = several if len(several) in (2, 6) else (track,)
        claimed = (film.duration or 0) / av.time_base if stream.duration is None else stream.duration * stream.time_base
        colour = first.colorspace or 2, first.color_primaries, first.color_trc  # 0 is RGB; what is made of it is not
        turned = first.rotation % 180 != 0
        width, height = (stream.height, stream.width) if turned else (stream.width, stream.height)
        return Media(
            Path(path), width, height, standard_rate(rate), end, float(claimed), stated, bool(sound), start - container_start(film),
            tracks, sum(sound[k].channels for k in tracks) if sound else 0, len(several) - len(tracks),
            Fraction(stream.sample_aspect_ratio or 1), colour, gap,
        )  # fmt: skip


def container_start(film: av.container.InputContainer) -> float:
    """Second of the container's clock at which its first stream begins."""
    return (film.start_time or 0) / av.time_base


def first_picture(film: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Second of the container's clock at which the picture begins."""
    return container_start(film) if stream.start_time is None else float(stream.start_time * stream.time_base)


def _are_channels(sound: list[av.AudioStream]) -> bool:
    """Whether the tracks are the channels of one sound, as in masters: all mono, uncompressed and in one language. Compressed ones are
    versions, as a film's old mono sound and its commentary."""
    pcm = all(s.channels == 1 and s.codec_context.name.startswith("pcm_") for s in sound)
    return pcm and len(sound) > 1 == len({s.language for s in sound})


def picture_stream(film: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The film's first video stream. Raises `EmofastError` where it has none, or one that nothing here can decode."""
    if not film.streams.video:
        raise EmofastError(f"{path} has no video stream; give the recording with the picture")
    stream = film.streams.video[0]
    if stream.codec_context is None:
        raise EmofastError(f"{path} has a picture in a codec that is unknown here; export it again as H.264")
    return stream


def as_source(path: Path) -> str:
    """The path as FFmpeg must be told: a relative name with a colon (`12:30.mp4`) would be taken for a protocol."""
    return f"file:{path}"


def standard_rate(rate: Fraction) -> Fraction:
    """The rate of `RATES` that shows every frame of a film of `rate`: itself, a multiple, or the next higher one."""

    def unevenness(r: Fraction) -> float:
        return round(float(abs(r / rate - round(r / rate))), 4)

    fitting = [r for r in RATES if unevenness(r) < 0.003 and r >= rate * Fraction(99, 100)]
    return min(fitting, key=lambda r: (unevenness(r), r)) if fitting else min((r for r in RATES if r >= rate), default=RATES[-1])
