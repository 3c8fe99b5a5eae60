"""Where to cut: at shot changes and in pauses of the sound, near the place the viewers' faces ask for."""

from contextlib import suppress
from pathlib import Path

import av
import numpy as np

from emofast.film.media import Media, open_film, picture_stream

Span = tuple[float, float]

REACH = 2.2
"""Seconds a cut may move to a better place: from where the faces ask to the shot that holds the event."""

PAUSE = 0.15
"""Seconds of quiet between two words that can take a cut."""

QUIET = 12.0
"""Decibels below the loud parts around that count as a pause: speech falls by 20 between words, music does not."""

_RATE = 16000
_HOP = 0.02


def seams(episode: Media, spans: list[Span]) -> list[int]:
    """Frames at which shots begin, within `spans`; only those stretches are decoded."""
    return [round(t * episode.rate) for a, b in joined(spans, episode.duration) for t in shot_changes(episode.path, a, b)]


def shot_changes(path: Path, start: float, end: float) -> list[float]:
    """Seconds at which a new shot begins, between `start` and `end`, by PySceneDetect's content detector."""
    from scenedetect import ContentDetector, SceneManager, open_video

    with open_film(path) as film:  # PySceneDetect counts from the first picture, which may come later than the sound
        stream = picture_stream(film, path)
        late = float((stream.start_time or 0) * stream.time_base) - (film.start_time or 0) / av.time_base
    if end <= late:
        return []
    video = open_video(str(path.absolute()), backend="pyav", suppress_output=True)
    if start > late:
        video.seek(float(start - late))  # to PySceneDetect a whole number is a frame, a float is seconds
    manager = SceneManager()
    manager.add_detector(ContentDetector(min_scene_len=5))
    manager.detect_scenes(video, end_time=float(end - late))
    return [late + shot.seconds for shot, _ in manager.get_scene_list()[1:]]


def pauses(episode: Media, start: float, end: float) -> list[Span]:
    """Stretches of at least `PAUSE` seconds that are `QUIET` dB below the loud parts between `start` and `end`."""
    sound = hear(episode, start, end, _RATE)
    hop = round(_HOP * _RATE)
    if len(sound) < 10 * hop:
        return []
    power = np.square(sound[: len(sound) // hop * hop].reshape(-1, hop)).mean(1)
    level = 10 * np.log10(power + 1e-10)
    quiet = np.concatenate([[False], level < max(np.percentile(level, 90) - QUIET, -60), [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(int)))
    spans = [(start + a * _HOP, start + b * _HOP) for a, b in edges.reshape(-1, 2).tolist()]
    return [(a, b) for a, b in spans if b - a >= PAUSE]


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


def joined(spans: list[Span], duration: float) -> list[Span]:
    """The spans, within the film, joined where they overlap."""
    found: list[Span] = []
    for a, b in sorted((max(0.0, a), min(duration, b)) for a, b in spans):
        if found and a <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], b)
        elif a < b:
            found.append((a, b))
    return found
