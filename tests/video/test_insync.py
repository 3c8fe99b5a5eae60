"""In step by sound: made-up recordings of a made-up episode, in a room, late, noisy, at another rate; and wrong ones."""

import warnings
import wave
from collections import namedtuple
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.signal import fftconvolve, resample_poly

from emofast.film.media import Media
from emofast.video import insync
from emofast.video.audience import Recording
from emofast.video.insync import Sync, find_offset, in_step, onsets
from emofast.video.listener import Listener

RATE = 16000


def episode_sound(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Voiced syllables with formants, and music: chords with an attack twice a second."""
    out = np.zeros(round(seconds * RATE))
    at = 0.3
    while at < seconds - 1:
        n = round(rng.uniform(0.08, 0.25) * RATE)
        t = np.arange(n) / RATE
        pitch, formant = rng.uniform(90, 250), rng.uniform(400, 2800)
        syllable = sum(np.exp(-(((h * pitch - formant) / 500) ** 2)) * np.sin(2 * np.pi * h * pitch * t) for h in range(1, 20))
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
    with wave.open(str(path), "wb") as film:
        film.setnchannels(1)
        film.setsampwidth(2)
        film.setframerate(rate)
        film.writeframes((5000 * sound / np.abs(sound).max()).astype("<i2").tobytes())
    return Media(path, 0, 0, Fraction(25), len(sound) / rate, 0.0, None, True, channels=1)


@pytest.fixture(scope="module")
def episode(tmp_path_factory):
    """Seven minutes of sound, and what is heard of it."""
    sound = episode_sound(np.random.default_rng(0), 420)
    return sound, onsets(written(tmp_path_factory.mktemp("sound") / "e.wav", sound, 48000))


def test_a_camera_that_was_switched_off_at_once_votes_for_nothing(episode, tmp_path):
    assert not find_offset(episode[1], onsets(written(tmp_path / "off.wav", episode[0][: RATE // 50]))).sure


def synced(episode, folder, seed: int, start: float, noise: float, rate: int, seconds: float, drift: float = 0.0):
    rng = np.random.default_rng(seed)
    sound = recorded(rng, episode[0], start, noise, drift)[: round(seconds * RATE)]
    return find_offset(episode[1], onsets(written(folder / f"{seed}.wav", sound, rate)))


@pytest.mark.parametrize(("start", "noise", "rate"), [(300.0, 10, 44100), (-7.3, 10, 16000), (61.24, 0, 32000)])
def test_recordings_are_put_in_step_to_a_tenth_of_a_second(episode, tmp_path, start, noise, rate):
    sync = synced(episode, tmp_path, round(abs(start)), start, noise, rate, 120)
    assert sync.sure and sync.start == pytest.approx(start, abs=0.1) and sync.rate == 1


def test_a_clock_that_drifts_is_measured_and_something_else_is_refused(episode, tmp_path):
    sync = synced(episode, tmp_path, 5, 12.0, 5, RATE, 400, drift=4e-4)
    assert sync.sure and sync.start == pytest.approx(12.0, abs=0.1) and sync.rate == pytest.approx(1 + 4e-4, abs=8e-5)
    other = onsets(written(tmp_path / "other.wav", episode_sound(np.random.default_rng(100), 150)))
    silence = onsets(written(tmp_path / "silence.wav", 1e-6 * np.random.default_rng(0).normal(size=60 * RATE)))
    short = other[:, :500]
    assert not any(find_offset(episode[1], heard).sure for heard in (other, silence, short))


@pytest.mark.parametrize("rest", [0.01, 0.02, 0.03, 0.04, 0.06])
def test_a_last_block_shorter_than_a_window_is_heard_too(tmp_path, rest):
    film = written(tmp_path / "film.wav", np.random.default_rng(0).normal(size=round((120 + rest) * RATE)))
    assert onsets(film).shape == (16, round((120 + rest) * 100) - 2)


def test_a_muted_microphone_tells_nothing(episode):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not find_offset(episode[1], np.zeros((16, 12000), np.float32)).sure


@pytest.mark.parametrize(("first", "second", "why"), [(True, False, "they have no sound"), (False, True, "the episode has no sound")])
def test_a_start_that_no_sound_can_tell_is_said(first, second, why):
    class Warned(Listener):
        def warning(self, text):
            said.append(text)

    said, episode, film = [], SimpleNamespace(sound=first), SimpleNamespace(sound=second)
    viewers = [Recording(name, film) for name in ("anna", "boris")]
    assert in_step(viewers, episode, Warned(), None) == viewers
    assert said == [f"anna, boris: {why} to tell when they start; taken as starting with the episode (or say --offset)"]


def test_nothing_is_listened_to_twice(tmp_path, monkeypatch):
    def listened(film):
        heard.append(film.path.name)
        return film.path.name

    answers = {"anna.wav": Sync(1.5, 1.0, True), "boris.wav": Sync()}
    monkeypatch.setattr(insync, "onsets", listened)
    monkeypatch.setattr(insync, "find_offset", lambda _, recording: answers[recording])
    film = namedtuple("film", "path sound")
    films = {name: film(tmp_path / name, True) for name in ("e.wav", "anna.wav", "boris.wav")}
    for name in films:
        (tmp_path / name).write_text(name)
    viewers = [Recording(name, films[f"{name}.wav"]) for name in ("anna", "boris")]
    heard, starts = [], []
    for _ in range(2):
        starts.append([(r.start, r.how) for r in in_step(viewers, films["e.wav"], Listener(), tmp_path / "starts.json")])
    assert starts == 2 * [[(1.5, "sound"), (0.0, "assumed")]] and heard == ["e.wav", "anna.wav", "boris.wav"]
    (tmp_path / "boris.wav").write_text("another")
    in_step(viewers, films["e.wav"], Listener(), tmp_path / "starts.json")
    assert heard[3:] == ["e.wav", "boris.wav"]


@pytest.mark.slow
def test_twenty_recordings_are_put_in_step_and_twenty_wrong_ones_refused(episode, tmp_path):
    """The bar: 100 ms in 20 of 20, with an echoing room, noise 10 dB above the episode, other sample rates, drift, starts minutes off."""
    rng = np.random.default_rng(42)
    off, believed = [], 0
    for k in range(20):
        start, seconds = float(rng.uniform(-20, 300)), float(rng.uniform(100, 400))
        sync = synced(episode, tmp_path, 1000 + k, start, 10, (16000, 22050, 32000, 44100)[k % 4], seconds, (0, 5e-5, -1e-4, 4e-4)[k // 5])
        off.append(abs(sync.start - start) if sync.sure else np.inf)
        wrong = written(tmp_path / f"wrong {k}.wav", episode_sound(rng, float(rng.uniform(60, 400))))
        believed += find_offset(episode[1], onsets(wrong)).sure
    print(f"off by at most {1000 * max(off):.0f} ms, {1000 * np.median(off):.0f} at the median")
    assert max(off) <= 0.1 and believed == 0
