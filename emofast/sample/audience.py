"""A drawn audience: planted events in an episode and viewers who react late, not at all, look away, or move for reasons of their own."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import lfilter
from scipy.special import softmax

from emofast.emotions import CENTRES, EMOTIONS
from emofast.sample.action_units import MOVING

DELAY = (0.5, 2.0)
"""Seconds between what happens on the screen and the viewer's face, drawn anew for each reaction."""


@dataclass(frozen=True)
class Bump:
    """One passing expression or event: rises and falls around `peak` (seconds); `width` is its length at half height."""

    peak: float
    emotion: str
    width: float
    intensity: float = 1.0

    def at(self, t: np.ndarray) -> np.ndarray:
        """Its strength at times `t`, 0 to `intensity`: flat top, smooth flanks."""
        return self.intensity * np.exp(-np.log(2) * (2 * (t - self.peak) / self.width) ** 4)


@dataclass(frozen=True)
class DrawnViewer:
    """What one viewer's face does, on the episode's clock; rendered as a film and as a timeline from the same plan."""

    name: str
    bumps: tuple[Bump, ...]
    away: tuple[tuple[float, float], ...]
    rest: Bump
    bias: tuple[float, float]
    noise_seed: int

    def expression(self, t: np.ndarray) -> np.ndarray:
        """Intensity of each emotion, float [len(t), 9] in the order of `EMOTIONS`, the resting face included."""
        out = np.zeros((len(t), len(EMOTIONS)))
        out[:, EMOTIONS.index(self.rest.emotion)] = self.rest.intensity
        for bump in self.bumps:
            column = out[:, EMOTIONS.index(bump.emotion)]
            np.maximum(column, bump.at(t), out=column)
        return out

    def looks_away(self, t: np.ndarray) -> np.ndarray:
        """True where no face is to be seen."""
        return np.any([(t >= a) & (t < b) for a, b in self.away], axis=0) if self.away else np.zeros(len(t), bool)

    def timeline(self, duration: float, hz: float = 10.0, noise: float = 1.0) -> pd.DataFrame:
        """What a classifier would read off the film: the timeline contract's columns, `noise` times a usual reader's errors.

        Errors: white noise per frame, a drift of some seconds (pose, light), and a constant bias for this face.
        """
        rng = np.random.default_rng(self.noise_seed)
        t = np.arange(0, duration, 1 / hz)
        expression = self.expression(t)
        logits = 4.0 * expression + noise * (0.6 * rng.normal(size=expression.shape) + 0.4 * _drift(rng, expression.shape, hz))
        logits[:, EMOTIONS.index("neutral")] += 1.5
        p = softmax(logits, axis=1)
        va = expression @ np.array(CENTRES) + self.bias
        va += noise * (0.15 * rng.normal(size=va.shape) + 0.08 * _drift(rng, va.shape, hz))
        va = np.clip(va, -1, 1)
        table = {"t": t, "face": np.ones(len(t)), "x": 200.0, "y": 120.0, "w": 200.0, "h": 200.0, "facing": 1.0}
        table |= {f"p_{e}": p[:, k] for k, e in enumerate(EMOTIONS)} | {"valence": va[:, 0], "arousal": va[:, 1]}
        frame = pd.DataFrame(table)
        frame.loc[self.looks_away(t), frame.columns != "t"] = np.nan
        return frame


def _drift(rng: np.random.Generator, shape: tuple[int, int], hz: float) -> np.ndarray:
    """A slow random walk that returns to zero within some 6 seconds (first-order autoregression), unit variance."""
    keep = np.exp(-1 / (hz * 6.0))
    return lfilter([np.sqrt(1 - keep**2)], [1, -keep], rng.normal(size=shape), axis=0)


def plan_events(rng: np.random.Generator, duration: float, count: int, margin: float = 8.0) -> tuple[Bump, ...]:
    """`count` events at random times, at least `margin` seconds apart and from both ends, each of one emotion."""
    at = np.sort(rng.uniform(0, duration - margin * (count + 1), count)) + margin * np.arange(1, count + 1)
    return tuple(Bump(float(t), str(rng.choice(MOVING)), float(rng.uniform(1.5, 3.0))) for t in at)


def plan_viewers(
    rng: np.random.Generator,
    events: tuple[Bump, ...],
    duration: float,
    count: int,
    *,
    missing: float = 0.2,
    own_per_minute: float = 0.5,
    away_per_minute: float = 0.5,
) -> list[DrawnViewer]:
    """`count` viewers of an episode with these `events`; with no events they never react to it.

    Each misses an event with probability `missing`, reacts with a random delay and strength, has expressions of their
    own that nobody shares, and looks away for 1 to 5 seconds now and then.
    """
    viewers = []
    for k in range(count):
        bumps = [
            Bump(e.peak + rng.uniform(*DELAY), e.emotion, e.width * rng.uniform(0.8, 1.4), rng.uniform(0.5, 1.0))
            for e in events
            if rng.random() > missing
        ]
        bumps += [
            Bump(rng.uniform(0, duration), str(rng.choice(MOVING)), rng.uniform(1.0, 3.0), rng.uniform(0.4, 1.0))
            for _ in range(rng.poisson(own_per_minute * duration / 60))
        ]
        starts = rng.uniform(0, duration, rng.poisson(away_per_minute * duration / 60))
        viewers.append(
            DrawnViewer(
                name=f"viewer-{k + 1}",
                bumps=tuple(bumps),
                away=tuple((float(a), float(a + rng.uniform(1, 5))) for a in starts),
                rest=Bump(0, str(rng.choice(["neutral", "sad", "anger", "uncertain"])), 1, float(rng.uniform(0, 0.35))),
                bias=(float(rng.normal(0, 0.12)), float(rng.normal(0, 0.12))),
                noise_seed=int(rng.integers(2**32)),
            )
        )
    return viewers
