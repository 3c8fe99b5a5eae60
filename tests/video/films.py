"""Films whose frames say which they are, for the tests: a number in black and white squares, a beep at every full second."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SAMPLES = 48000
_COLOURS = [(170, 90, 60), (60, 140, 190), (190, 180, 70), (80, 60, 150), (90, 180, 90)]


def numbered(k: int, seconds: float, width: int = 320, height: int = 240, shot: float = 3.0) -> np.ndarray:
    """Frame `k`: its number in 16 squares on a colour that changes with every shot. RGB."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = _COLOURS[int(seconds / shot + 1e-6) % len(_COLOURS)]
    for bit in range(16):
        picture[:16, 20 * bit : 20 * (bit + 1)] = 235 if k >> bit & 1 else 16
    return picture


def number(grey: np.ndarray) -> int:
    """The number in a frame, however dark it was faded."""
    row = grey[8, 10:320:20].astype(int)
    return sum(1 << bit for bit, level in enumerate(row) if level > 100)


def write_film(
    path: Path,
    pictures: Iterable[np.ndarray],
    rate: Fraction | int = 25,
    *,
    sound: np.ndarray | None = None,
    times: Callable[[int], Fraction] | None = None,
    timecode: str | None = None,
) -> Path:
    """RGB pictures as H.264; `times` gives frame k's second where the rate is not steady."""
    with av.open(str(path), "w") as film:
        if timecode:
            film.metadata["timecode"] = timecode
        video = None
        for k, picture in enumerate(pictures):
            if video is None:
                video = film.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "12", "g": "48"})
                video.height, video.width, video.pix_fmt = *picture.shape[:2], "yuv420p"
                video.time_base = video.codec_context.time_base = Fraction(1, 90000) if times else 1 / Fraction(rate)
                audio = film.add_stream("aac", rate=SAMPLES, layout="mono") if sound is not None else None
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = (round(times(k) * 90000), Fraction(1, 90000)) if times else (k, 1 / Fraction(rate))
            film.mux(video.encode(frame))
        film.mux(video.encode())
        for at in range(0, len(sound) if sound is not None else 0, 1024):
            piece = av.AudioFrame.from_ndarray(sound[None, at : at + 1024].astype(np.float32), "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = SAMPLES, at, Fraction(1, SAMPLES)
            film.mux(audio.encode(piece))
        if sound is not None:
            film.mux(audio.encode())
    return path


def episode(path: Path, seconds: float = 24, rate: Fraction | int = 25, shot: float = 3.0, **kwargs) -> Path:
    """A numbered episode with a cut every `shot` seconds and a beep at every full second."""
    pictures = (numbered(k, k / rate, shot=shot) for k in range(round(seconds * rate)))
    kwargs.setdefault("sound", beeps(seconds))
    return write_film(path, pictures, rate, **kwargs)


def beeps(seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLES)) / SAMPLES
    return 0.5 * np.sin(2 * np.pi * 1000 * t) * (t % 1 < 0.1)


def read_numbers(path: Path) -> list[int]:
    with av.open(str(path)) as film:
        return [number(frame.to_ndarray(format="gray")) for frame in film.decode(video=0)]


def shows(path: Path, spans: list[tuple[int, int]]) -> bool:
    """Whether a film shows just these frames; where it may have faded, its number need not be readable."""
    found, expected = read_numbers(path), [k for a, b in spans for k in range(a, b)]
    joints = np.cumsum([b - a for a, b in spans])[:-1]
    dark = {*range(8), *range(len(expected) - 8, len(expected)), *(int(j) + d for j in joints for d in range(-4, 4))}
    return len(found) == len(expected) and all(f == e for k, (f, e) in enumerate(zip(found, expected)) if k not in dark)


def read_beeps(path: Path) -> list[float]:
    """Seconds at which a beep begins."""
    with av.open(str(path)) as film:
        frames = list(film.decode(audio=0))
        sound = np.concatenate([f.to_ndarray()[0] for f in frames])
        rate, first = frames[0].sample_rate, frames[0].time
    loud = np.flatnonzero(np.abs(sound) > 0.15)
    begins = [loud[0], *loud[1:][np.diff(loud) > rate * 0.2]] if len(loud) else []
    return [first + b / rate for b in begins]


def faces(seconds: float, happy: tuple[float, ...] = (), away: tuple[tuple[float, float], ...] = (), rate: int = 10, seed: int = 0):
    """RGB pictures 320 x 240 of one drawn face, bright for two seconds around each of `happy`, not there while `away`."""
    from emofast.sample import Identity, draw_into

    rng = np.random.default_rng(seed)
    wall = np.full((240, 320, 3), 110, np.uint8)
    face = draw_into(wall.copy(), Identity(), {}, (160, 120), 115)[..., ::-1].astype(np.int16)
    face += 115 - int(face[60:180, 100:220].mean())  # at rest as bright as `mood_model` calls neutral
    for t in np.arange(round(seconds * rate)) / rate:
        mood = 60 * max((np.exp(-(((t - h) / 1.2) ** 4)) for h in happy), default=0)
        picture = wall if any(a <= t < b for a, b in away) else face + mood
        yield np.clip(picture + rng.normal(0, 2, (1, 1, 1)), 0, 255).astype(np.uint8)
