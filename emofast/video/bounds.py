"""Where to cut: at shot changes and in pauses of the sound, near the place the viewers' faces ask for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np

from emofast.video.media import Media, open_film

__all__ = ["cut_points", "pauses", "shot_changes", "snap"]

Span = tuple[float, float]

REACH = 1.2
"""Seconds a cut may move to a better place."""

PAUSE = 0.15
"""Seconds of quiet between two words that can take a cut."""

QUIET = 12.0
"""Decibels below the loud parts around that count as a pause: speech falls by 20 between words, music does not."""

_RATE = 16000
_HOP = 0.02


def snap(wanted: float, shots: Iterable[float], quiet: Iterable[Span]) -> float:
    """The best cut near `wanted` (seconds): a shot change in a pause, a shot change, a pause, or `wanted` itself."""
    quiet = list(quiet)

    def silent(t: float) -> bool:
        return any(a <= t <= b for a, b in quiet)

    candidates = [(wanted, 1.0 if not silent(wanted) else 0.7)]
    candidates += [(t, 0.0 if silent(t) else 0.3) for t in shots]
    candidates += [(min(max(wanted, a + PAUSE / 3), b - PAUSE / 3), 0.4) for a, b in quiet]
    near = [(cost + abs(t - wanted) / REACH * 0.5, t) for t, cost in candidates if abs(t - wanted) <= REACH]
    return min(near)[1]


def cut_points(episode: Media, wanted: list[float]) -> tuple[list[float], list[Span]]:
    """Shot changes and pauses of the episode around the `wanted` seconds; only those stretches are decoded."""
    windows = _windows(wanted, episode.duration)
    shots = [t for a, b in windows for t in shot_changes(episode.path, a, b)]
    quiet = [span for a, b in windows for span in pauses(episode.path, a, b)] if episode.sound else []
    return shots, quiet


def shot_changes(path: Path, start: float, end: float) -> list[float]:
    """Seconds at which a new shot begins, between `start` and `end`, by PySceneDetect's content detector."""
    from scenedetect import ContentDetector, SceneManager, open_video

    video = open_video(str(path), backend="pyav", suppress_output=True)
    if start > 0:
        video.seek(float(start))  # to PySceneDetect a whole number is a frame, a float is seconds
    manager = SceneManager()
    manager.add_detector(ContentDetector(min_scene_len=5))
    manager.detect_scenes(video, end_time=float(end))
    return [shot.seconds for shot, _ in manager.get_scene_list()[1:]]


def pauses(path: Path, start: float, end: float) -> list[Span]:
    """Stretches of at least `PAUSE` seconds that are `QUIET` dB below the loud parts between `start` and `end`."""
    sound = _mono(path, start, end)
    hop = round(_HOP * _RATE)
    if len(sound) < 10 * hop:
        return []
    power = np.square(sound[: len(sound) // hop * hop].reshape(-1, hop)).mean(1)
    level = 10 * np.log10(power + 1e-10)
    quiet = np.concatenate([[False], level < max(np.percentile(level, 90) - QUIET, -60), [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(int)))
    spans = [(start + a * _HOP, start + b * _HOP) for a, b in edges.reshape(-1, 2).tolist()]
    return [(a, b) for a, b in spans if b - a >= PAUSE]


def _mono(path: Path, start: float, end: float) -> np.ndarray:
    """Sound between two instants as float32 mono; starts exactly at `start`, silence where the stream has none."""
    out = np.zeros(max(0, round((end - start) * _RATE)), np.float32)
    with open_film(path) as film:
        stream = film.streams.audio[0]
        zero = (film.start_time or 0) / av.time_base
        film.seek(int((start + zero) * av.time_base), backward=True)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        try:
            for frame in film.decode(stream):
                if frame.pts is None:
                    continue
                at = float(frame.pts * frame.time_base) - zero
                if at > end:
                    break
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray().ravel()
                    here = round((at - start) * _RATE)
                    lo, hi = max(here, 0), min(here + len(samples), len(out))
                    if lo < hi:
                        out[lo:hi] = samples[lo - here : hi - here]
                    at += len(samples) / _RATE
        except av.error.FFmpegError:
            pass  # damaged sound only means fewer pauses to cut in
    return out


def _windows(wanted: list[float], duration: float) -> list[Span]:
    """Stretches around the wanted cuts, joined where they overlap."""
    windows: list[list[float]] = []
    for t in sorted(wanted):
        a, b = max(0.0, t - REACH - 1), min(duration, t + REACH + 1)
        if windows and a <= windows[-1][1]:
            windows[-1][1] = max(windows[-1][1], b)
        else:
            windows.append([a, b])
    return [(a, b) for a, b in windows if b > a]
