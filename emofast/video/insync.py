"""In step by sound: where a recording starts in the episode, from what its microphone heard of it."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d
from scipy.signal import stft

from emofast.film.media import Media
from emofast.film.reader import hear
from emofast.paths import atomic_write
from emofast.video.audience import Recording
from emofast.video.listener import Listener
from emofast.video.timeline import digest

_HEARING = 1  # raise when the same sound would tell another start

_RATE = 8000
_HOP = 80  # samples: 100 values a second
_WINDOW = 400  # samples that one value is heard from
_HZ = _RATE / _HOP
_BANDS = np.geomspace(150, 3600, 17)
_BLOCK = 120.0  # seconds of sound in memory at a time

_WHITE = 0.7  # 1: of a sound only the phase counts (PHAT), and noise as much as sound; 0: a beat that goes on for minutes counts most

_STRETCH = 30.0, 60.0  # seconds at least and at most of the stretches that vote, else a quarter of the recording; they overlap by half
_STRETCHES = 60  # at most, then farther apart: more would not agree better
_PROPOSED = 5  # places that each stretch proposes
_DRIFT = 1e-3  # no clock is off by more
_APART = 0.05  # seconds by which a vote may lie beside the line of the others
_OTHER = 0.5  # seconds from that line from where a vote is for something else
_DRIFTS = 0.08  # seconds of drift over a recording below which its clock counts as right

SURE = 0.5
"""Share of a recording's stretches that must agree on one start to be believed, at least `LEAST` of them, and twice as many as on any
other. Films that have their tempo or their title music in common agree in two or three."""

LEAST = 3


@dataclass(frozen=True)
class Sync:
    """start: episode second at which the recording starts. rate: episode seconds per second of the recording. sure: whether to believe
    them."""

    start: float = 0.0
    rate: float = 1.0
    sure: bool = False


def in_step(recordings: list[Recording], episode: Media, listener: Listener, kept: Path) -> list[Recording]:
    """Put the recordings whose start is only assumed in step by their sound; what the sound does not tell stays assumed, with a warning.

    kept: file of what was heard before, so that nothing is listened to twice.
    """
    assumed = [r for r in recordings if r.how == "assumed"]
    todo = [r for r in assumed if r.film.sound and episode.sound]
    if silent := [r.name for r in assumed if r not in todo]:
        why = "they have no sound" if episode.sound else "the episode has no sound"
        listener.warning(f"{', '.join(silent)}: {why} to tell when they start; taken as starting with the episode (or say --offset)")
    if not todo:
        return recordings
    known, heard, found = {}, None, {}
    with suppress(OSError, ValueError, TypeError):
        known = dict(json.loads(kept.read_text(encoding="utf-8")))
    for k, r in enumerate(todo):
        listener.progress("listening", k, len(todo), "recordings")
        pair = f"{_HEARING} {digest(episode.path)} {digest(r.film.path)}"
        if pair not in known:
            heard = onsets(episode) if heard is None else heard
            known[pair] = asdict(find_offset(heard, onsets(r.film)))
            with atomic_write(kept) as partial:
                partial.write_text(json.dumps(known, indent=1), encoding="utf-8")
        sync = Sync(**known[pair])
        if sync.sure:
            found[r] = replace(r, start=sync.start, rate=sync.rate, how="sound")
            drift = f", its clock {abs(sync.rate - 1) * 1e6:.0f} millionths {'slow' if sync.rate > 1 else 'fast'}" if sync.rate != 1 else ""
            listener.note(f"{r.name} starts {sync.start:+.2f} s from the episode's start, by its sound{drift}")
        else:
            listener.warning(f"{r.name}: its sound does not tell when it starts; taken as starting with the episode (or say --offset)")
    listener.progress("listening", len(todo), len(todo), "recordings")
    return [found.get(r, r) for r in recordings]


def onsets(film: Media) -> np.ndarray:
    """How much louder each of 16 bands becomes, 100 times a second, float32 [16, T]; each about as strong at all times and tempos.

    Rises survive what rooms and microphones do to a sound; the level itself does not.
    """
    blocks = []
    for start in np.arange(0, film.duration, _BLOCK):
        sound = hear(film, float(start), min(float(start) + _BLOCK, film.duration), _RATE)
        count = len(sound) // _HOP
        if not count:
            continue
        sound = np.pad(sound, (0, max(0, _WINDOW - len(sound))))  # the last block of a film may be shorter than one window
        f, _, spectrum = stft(sound, _RATE, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, boundary=None, padded=True)
        power = np.square(np.abs(spectrum))[:, :count]
        power = np.pad(power, ((0, 0), (0, count - power.shape[1])), mode="edge")
        bands = np.stack([power[(f >= lo) & (f < hi)].sum(0) for lo, hi in pairwise(_BANDS)])
        blocks.append(np.log(bands + 1e-9).astype(np.float32))
    if sum(block.shape[1] for block in blocks) < 3:  # a camera that was switched off at once
        return np.zeros((len(_BANDS) - 1, 1), np.float32)
    levels = np.concatenate(blocks, axis=1)
    rise = np.maximum(levels[:, 2:] - levels[:, :-2], 0)
    mean = uniform_filter1d(rise, 500, axis=1)
    spread = np.sqrt(np.maximum(uniform_filter1d(rise * rise, 500, axis=1) - mean * mean, 1e-4))
    size = next_fast_len(rise.shape[1], real=True)
    spectrum = rfft((rise - mean) / spread, size, axis=1)
    spectrum /= np.abs(spectrum) ** _WHITE + 1e-6
    return irfft(spectrum, size, axis=1)[:, : rise.shape[1]].astype(np.float32)


def find_offset(episode: np.ndarray, recording: np.ndarray) -> Sync:
    """Where a recording's `onsets` lie in the episode's: the start, and the drift of the clock, on which most of its stretches agree."""
    at, lag, height, stretch = _votes(episode, recording)
    length = recording.shape[1]
    agree = _agreement(at, lag, height, length)
    if not agree.any():  # a silent track, or one too short
        return Sync()
    votes = {s: k for k, s in enumerate(stretch) if agree[k]}  # of each stretch its last, all within `_APART`
    rate, start = 1.0, float(np.median(lag[agree]))
    if len(votes) > LEAST:
        slope, beside = np.polyfit(at[list(votes.values())], lag[list(votes.values())], 1)
        if abs(slope) * length > _DRIFTS * _HZ:
            rate, start = 1 + float(slope), float(beside)
    other = np.abs(lag - start - (rate - 1) * at) > _OTHER * _HZ
    second = stretch[other][_agreement(at[other], lag[other], height[other], length)]
    return Sync(start / _HZ, rate, len(votes) >= max(LEAST, SURE * len(set(stretch)), 2 * len(set(second))))


def _votes(episode: np.ndarray, recording: np.ndarray) -> tuple[np.ndarray, ...]:
    """What the stretches of a recording propose, float [k] each: their middle (frames of the recording), the lag of the recording in the
    episode (frames), the height of the correlation there (robust standard deviations), and which stretch it is."""
    n, m = episode.shape[1], recording.shape[1]
    least, most = (round(s * _HZ) for s in _STRETCH)
    size = min(max(m // 4, least), most)
    if m < size or not n:
        return (np.zeros(0),) * 4
    padded = next_fast_len(n + size, real=True)
    spectrum = rfft(episode, padded, axis=1)
    found = []
    for k, a in enumerate(np.linspace(0, m - size, min(_STRETCHES, 2 * m // size)).round().astype(int).tolist()):
        ring = irfft((spectrum * np.conj(rfft(recording[:, a : a + size], padded, axis=1))).sum(0), padded)
        score = np.concatenate([ring[1 - size :], ring[:n]])  # lags 1 - size to n - 1 of the stretch
        score = score / (1.4826 * np.median(np.abs(score - np.median(score))) + 1e-9)
        for _ in range(_PROPOSED):
            best = int(np.argmax(score))
            found.append((a + size / 2, best + 1 - size - a, score[best], k))
            score[max(0, best - round(_OTHER * _HZ)) : best + round(_OTHER * _HZ)] = 0
    return tuple(np.array(found).T)


def _agreement(at: np.ndarray, lag: np.ndarray, height: np.ndarray, length: int) -> np.ndarray:
    """bool [k]: the votes on the line lag = start + drift * at, with `_APART` on both sides, on which the heights add up to most."""
    apart, best, chosen = _APART * _HZ, 0.0, np.zeros(len(at), bool)
    drifts = np.arange(0, _DRIFT, apart / length)
    for drift in sorted([*drifts, *-drifts[1:]], key=abs):
        start = lag - drift * at
        order = np.argsort(start)
        total = np.concatenate([[0.0], np.cumsum(height[order])])
        end = np.searchsorted(start[order], start[order] + 2 * apart, "right")
        heights = total[end] - total[:-1]
        if heights.max(initial=0.0) > best + 1e-6:
            best, k = float(heights.max()), int(np.argmax(heights))
            chosen = np.isin(np.arange(len(at)), order[k : end[k]])
    return chosen
