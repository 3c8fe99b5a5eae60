"""In step by sound: where a recording starts in the episode, from what its microphone heard of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import correlate, stft

from emofast.video.audience import Recording
from emofast.video.bounds import hear
from emofast.video.listener import Listener
from emofast.video.media import Media

__all__ = ["Sync", "find_offset", "in_step", "onsets"]

_RATE = 8000
_HOP = 80  # samples: 100 values a second
_BANDS = np.geomspace(150, 3600, 17)
_BLOCK = 120.0  # seconds of sound in memory at a time
_PIECE = 60.0  # seconds of a recording that are put in step on their own, to see whether its clock drifts

SURE = 9.0
"""Robust standard deviations by which the best offset must stand above all others to be believed ..."""

CLEAR = 1.4
"""... and how many times higher than the second best it must be."""


@dataclass(frozen=True)
class Sync:
    """start: episode second at which the recording starts. rate: episode seconds per second of the recording. height: of the best
    offset, in robust standard deviations of all offsets; lead: over the second best one."""

    start: float
    rate: float
    height: float
    lead: float

    @property
    def sure(self) -> bool:
        """Whether to believe it."""
        return self.height >= SURE and self.lead >= CLEAR


def in_step(recordings: list[Recording], episode: Media, listener: Listener) -> list[Recording]:
    """Put the recordings whose start is only assumed in step by their sound; what the sound does not tell stays assumed, with a warning."""
    todo = [r for r in recordings if r.how == "assumed" and r.film.sound]
    if not todo or not episode.sound:
        return recordings
    heard = onsets(episode)
    found = {}
    for k, r in enumerate(todo):
        listener.progress("listening", k, len(todo), "recordings")
        sync = find_offset(heard, onsets(r.film))
        if sync.sure:
            found[r] = replace(r, start=sync.start, rate=sync.rate, how="sound")
            drift = f", its clock {abs(sync.rate - 1) * 1e6:.0f} millionths {'slow' if sync.rate > 1 else 'fast'}" if sync.rate != 1 else ""
            listener.note(f"{r.name} starts {sync.start:+.2f} s from the episode's start, by its sound{drift}")
        else:
            listener.warning(f"{r.name}: its sound does not tell when it starts; taken as starting with the episode (or say --offset)")
    listener.progress("listening", len(todo), len(todo), "recordings")
    return [found.get(r, r) for r in recordings]


def onsets(film: Media) -> np.ndarray:
    """How much louder each of 16 bands becomes, 100 times a second, float32 [16, T]; each about as strong at all times.

    Rises survive what rooms and microphones do to a sound; the level itself does not.
    """
    levels = np.concatenate(list(_levels(film)), axis=1)
    rise = np.maximum(levels[:, 2:] - levels[:, :-2], 0)
    mean = uniform_filter1d(rise, 500, axis=1)
    spread = np.sqrt(np.maximum(uniform_filter1d(rise * rise, 500, axis=1) - mean * mean, 1e-4))
    return ((rise - mean) / spread).astype(np.float32)


def find_offset(episode: np.ndarray, recording: np.ndarray) -> Sync:
    """The best place of a recording's `onsets` in the episode's; see `Sync`."""
    lag, height, lead = _best_lag(episode, recording)
    step = round(_PIECE * _RATE / _HOP)
    places = []
    for at in range(0, recording.shape[1] - step + 1, step):
        begin = max(0, lag + at - 200)  # a clock that is off by a thousandth
        here, clear, _ = _best_lag(episode[:, begin : lag + at + step + 200], recording[:, at : at + step])
        if clear > SURE / 2:
            places.append((at + step / 2, begin + here - at - lag))
    rate = 1.0
    if len(places) >= 3:
        t, off = np.array(places).T
        slopes = [(b - a) / (v - u) for k, (u, a) in enumerate(places) for v, b in places[k + 1 :]]
        slope = float(np.median(slopes))
        if abs(slope) * (t[-1] - t[0]) > 2:  # more than the steps of the measurement
            rate, lag = 1 + slope, lag + float(np.median(off - slope * t))
    return Sync(lag * _HOP / _RATE, rate, height, lead)


def _best_lag(a: np.ndarray, b: np.ndarray) -> tuple[int, float, float]:
    """Lag of `b` in `a` (frames) with the highest correlation; its height in robust standard deviations, and over the second best."""
    if not a.shape[1] or not b.shape[1]:
        return 0, 0.0, 0.0
    total = sum(correlate(x, y, "full", "fft") for x, y in zip(a, b))
    n, m = a.shape[1], b.shape[1]
    lags = np.arange(-m + 1, n)
    shared = np.minimum(n, lags + m) - np.maximum(0, lags)
    score = np.where(shared >= min(n, m, 1000) / 2, total / np.sqrt(shared * len(a)), 0)
    spread = 1.4826 * np.median(np.abs(score - np.median(score))) + 1e-9
    best = int(np.argmax(score))
    others = np.concatenate([score[: max(0, best - 50)], score[best + 51 :], [0]])
    return int(lags[best]), float(score[best] / spread), float(score[best] / max(others.max(), 1e-9))


def _levels(film: Media) -> Iterator[np.ndarray]:
    """Log energies of the bands, float32 [16, T], block by block."""
    for start in np.arange(0, film.duration, _BLOCK):
        sound = hear(film, float(start), min(float(start) + _BLOCK, film.duration), _RATE)
        if len(sound) < _HOP:
            continue
        f, _, spectrum = stft(sound, _RATE, nperseg=400, noverlap=400 - _HOP, boundary=None, padded=True)
        power = np.square(np.abs(spectrum))[:, : len(sound) // _HOP]
        power = np.pad(power, ((0, 0), (0, len(sound) // _HOP - power.shape[1])), mode="edge")
        bands = np.stack([power[(f >= lo) & (f < hi)].sum(0) for lo, hi in pairwise(_BANDS)])
        yield np.log(bands + 1e-9).astype(np.float32)
