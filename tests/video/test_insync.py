"""In step by sound: made-up recordings of a made-up episode, in a room, late, noisy, at another rate; and wrong ones."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from scipy.signal import fftconvolve, resample_poly

from emofast.video.insync import find_offset, onsets
from emofast.video.media import Media

RATE = 16000


def episode_sound(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Voiced syllables with formants, and music: chords with an attack twice a second."""
    out = np.zeros(round(seconds * RATE))
    at = 0.3
    while at < seconds - 1:
        n = round(rng.uniform(0.08, 0.25) * RATE)
        t = np.arange(n) / RATE
        pitch, formant = rng.uniform(90, 250), rng.uniform(400, 2800)
        syllable = sum(np.exp(-((h * pitch - formant) / 500) ** 2) * np.sin(2 * np.pi * h * pitch * t) for h in range(1, 20))
        a = round(at * RATE)
        piece = out[a : a + n]
        piece += (syllable * np.hanning(n))[: len(piece)]
        at += n / RATE + (rng.uniform(0.01, 0.08) if rng.random() < 0.85 else rng.uniform(0.3, 1.5))
    for beat in np.arange(0, seconds, 0.5):
        a = round(beat * RATE)
        t = np.arange(min(RATE // 2, len(out) - a)) / RATE
        out[a : a + len(t)] += 0.15 * sum(np.sin(2 * np.pi * 220 * 2 ** (rng.integers(12) / 12) * t) for _ in range(3)) * np.exp(-6 * t)
    return out / np.sqrt(np.mean(out**2))


def recorded(rng: np.random.Generator, sound: np.ndarray, start: float, noise_db: float, drift: float = 0.0) -> np.ndarray:
    """What a microphone in a room hears of it from `start` on: echo, somebody else's talk and hiss `noise_db` above it."""
    a = round(start * RATE)
    heard = sound[a:] if a >= 0 else np.concatenate([np.zeros(-a), sound])
    if drift:
        heard = np.interp(np.arange(0, len(heard) - 1, 1 + drift), np.arange(len(heard)), heard)
    room = rng.normal(size=RATE // 2) * np.exp(-np.arange(RATE // 2) / (0.15 * RATE))
    room[0] = 4
    heard = fftconvolve(heard, room)[: len(heard)]
    talk = episode_sound(rng, len(heard) / RATE + 1)[: len(heard)] + rng.normal(size=len(heard))
    level = np.sqrt(np.mean(heard**2) / np.mean(talk**2))
    return heard + talk * level * 10 ** (noise_db / 20)


def written(path, sound: np.ndarray, rate: int = RATE) -> Media:
    """As a film's sound track, resampled to `rate`."""
    sound = resample_poly(sound, rate, RATE) if rate != RATE else sound
    with av.open(str(path), "w") as film:
        stream = film.add_stream("aac", rate=rate, layout="mono")
        quiet = (0.1 * sound / np.abs(sound).max()).astype(np.float32)
        for at in range(0, len(quiet), 1024):
            frame = av.AudioFrame.from_ndarray(quiet[None, at : at + 1024], "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return Media(path, 0, 0, Fraction(25), len(sound) / rate, 0.0, None, True, channels=1)


@pytest.fixture(scope="module")
def episode(tmp_path_factory):
    """Seven minutes of sound, and what is heard of it."""
    sound = episode_sound(np.random.default_rng(0), 420)
    return sound, onsets(written(tmp_path_factory.mktemp("sound") / "e.m4a", sound, 48000))


@pytest.mark.parametrize(("start", "noise", "rate"), [(300.0, 10, 44100), (-7.3, 10, 16000), (0.0, 0, 48000), (61.24, 10, 32000)])
def test_recordings_are_put_in_step_to_a_tenth_of_a_second(episode, tmp_path, start, noise, rate):
    rng = np.random.default_rng(round(abs(start)))
    sync = find_offset(episode[1], onsets(written(tmp_path / "r.m4a", recorded(rng, episode[0], start, noise), rate)))
    assert sync.sure and sync.start == pytest.approx(start, abs=0.1) and sync.rate == pytest.approx(1, abs=1e-4)


def test_a_clock_that_drifts_is_measured(episode, tmp_path):
    rng = np.random.default_rng(5)
    sync = find_offset(episode[1], onsets(written(tmp_path / "r.m4a", recorded(rng, episode[0], 12.0, 5, drift=4e-4))))
    assert sync.sure and sync.start == pytest.approx(12.0, abs=0.1) and sync.rate == pytest.approx(1 + 4e-4, abs=8e-5)


def test_a_recording_of_something_else_is_refused(episode, tmp_path):
    for seed in range(3):
        rng = np.random.default_rng(100 + seed)
        other = onsets(written(tmp_path / f"{seed}.m4a", episode_sound(rng, 150)))
        assert not find_offset(episode[1], other).sure
    silence = onsets(written(tmp_path / "s.m4a", 1e-6 * np.random.default_rng(0).normal(size=60 * RATE)))
    assert not find_offset(episode[1], silence).sure
