"""Films of drawn people: an episode with planted events and its viewers, whose moments are known, and clips to measure with."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from emofast.emotions import EMOTIONS
from emofast.film.writer import SAMPLES, write_film
from emofast.sample.action_units import action_units
from emofast.sample.audience import Bump, DrawnViewer, plan_events, plan_viewers
from emofast.sample.drawing import draw_into
from emofast.sample.identity import Identity, Pose

RATE = 25
VIEWER_RATE = 8  # pictures a second: drawing them is the slow part
LATE = 4.0
"""Seconds by which the last viewer's camera was started after the episode."""


@dataclass(frozen=True)
class DrawnEpisode:
    """The files and the truth. starts: episode second at which each viewer's recording begins, by file stem."""

    episode: Path
    viewers: tuple[Path, ...]
    events: tuple[Bump, ...]
    starts: dict[str, float]


def draw_episode(folder: Path, seed: int = 7, duration: float = 80.0, events: int = 6, viewers: int = 5) -> DrawnEpisode:
    """Write `episode.mp4` (640x360, sound) and `viewer-N.mp4` (320x240) into `folder`; the same seed draws the same pictures."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    planted = plan_events(rng, duration, events, margin=9.0)
    audience = plan_viewers(rng, planted, duration, viewers, missing=0.1)
    starts = {v.name: LATE * (k == viewers - 1) for k, v in enumerate(audience)}
    films = [folder / f"{v.name}.mp4" for v in audience]
    episode = folder / "episode.mp4"
    work = [(_write_episode, episode, planted, duration, seed)]
    work += [(_write_viewer, film, v, starts[v.name], duration, seed + 1 + k) for k, (film, v) in enumerate(zip(films, audience))]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(work)), mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(*task) for task in work]:
            future.result()
    return DrawnEpisode(episode, tuple(films), planted, starts)


def _write_viewer(path: Path, viewer: DrawnViewer, start: float, duration: float, seed: int) -> None:
    write_film(path, _viewer_pictures(viewer, start, duration, seed), VIEWER_RATE)


def _viewer_pictures(viewer: DrawnViewer, start: float, duration: float, seed: int) -> Iterator[np.ndarray]:
    """A viewer before their own wall, who sways, reacts, and leans out of the picture now and then."""
    rng = np.random.default_rng(seed)
    person = Identity.random(rng)
    low, high = rng.uniform(60, 130, 3), rng.uniform(120, 190, 3)
    wall = np.linspace(low, high, 240).astype(np.uint8)[:, None].repeat(320, 1)
    grain = rng.normal(0, 2, (4, *wall.shape)).astype(np.int16)
    size, phase = rng.uniform(105, 125), rng.uniform(0, 6)
    t = start + np.arange(round((duration - start) * VIEWER_RATE)) / VIEWER_RATE
    expression = viewer.expression(t)
    gone = np.convolve(np.pad(viewer.looks_away(t), 2, mode="edge"), np.full(5, 0.2), mode="valid")
    for now, shown, away in zip(t, expression, gone):
        x = 160 + 8 * np.sin(0.7 * now + phase) + 330 * away
        y = 118 + 4 * np.sin(1.1 * now + phase)
        pose = Pose(yaw=6 * np.sin(0.5 * now + phase), pitch=3 * np.sin(0.6 * now), roll=3 * np.sin(0.4 * now + phase))
        yield cv2.add(draw_into(wall.copy(), person, _units(shown), (x, y), size, pose), grain[rng.integers(len(grain))], dtype=cv2.CV_8U)


def _write_episode(path: Path, events: tuple[Bump, ...], duration: float, seed: int) -> None:
    write_film(path, _scenes(events, duration, seed), RATE, _soundtrack(duration, seed))


def _scenes(events: tuple[Bump, ...], duration: float, seed: int) -> Iterator[np.ndarray]:
    """Shots of two actors in changing rooms; an event is a close-up of one of them that starts and ends with a cut."""
    rng = np.random.default_rng(seed)
    actors = [Identity.random(rng) for _ in range(2)]
    shots = [*_shots(rng, events, duration)]
    for (start, event), (end, _) in zip(shots, [*shots[1:], (duration, None)]):
        low = rng.uniform(30, 120) + rng.uniform(-25, 25, 3)
        high = low + rng.uniform(30, 90)
        room = np.linspace(low, high, 640).astype(np.uint8)[None].repeat(360, 0)
        actor, size, x = actors[rng.integers(2)], 150 if event else rng.uniform(70, 110), rng.uniform(220, 420)
        first, last = round(start * RATE), round(end * RATE)
        for k in range(first, last, 2):  # drawn on twos, as animators do
            t = k / RATE
            units = action_units(event.emotion, float(event.at(np.array([t]))[0])) if event else {}
            pose = Pose(yaw=10 * np.sin(0.8 * t), roll=3 * np.cos(0.9 * t))
            picture = draw_into(room.copy(), actor, units, (x + 12 * np.sin(t), 185 + 4 * np.cos(1.3 * t)), size, pose)
            yield from [picture] * min(2, last - k)


def _shots(rng: np.random.Generator, events: tuple[Bump, ...], duration: float) -> Iterator[tuple[float, Bump | None]]:
    """(start, event or None) of each shot: close-ups around the events, other shots of 3 to 6 seconds between them."""
    t = 0.0
    for event in events:
        begin, end = event.peak - event.width / 2 - 1.2, event.peak + event.width / 2 + 1.0
        while t < begin - 1:
            yield t, None
            t = min(begin, t + rng.uniform(3, 6)) if begin - t > 6 else begin
        yield begin, event
        t = end
    while t < duration - 1:
        yield t, None
        t += rng.uniform(3, 6)


def _soundtrack(duration: float, seed: int) -> np.ndarray:
    """Murmured syllables in phrases with pauses between."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(duration * SAMPLES)) / SAMPLES
    voice, at = np.zeros(len(t)), 0.5
    while at < duration - 2:
        for _ in range(rng.integers(4, 10)):
            syllable = rng.uniform(0.09, 0.2)
            a, b = round(at * SAMPLES), min(len(t), round((at + syllable) * SAMPLES))
            voice[a:b] += np.sin(2 * np.pi * rng.uniform(140, 260) * t[a:b]) * np.hanning(b - a)
            at += syllable + rng.uniform(0.01, 0.05)
        at += rng.uniform(0.35, 0.9)
    return (0.18 * voice + 0.002 * rng.normal(size=len(t))).astype(np.float32)


def _units(shown: np.ndarray) -> dict:
    return action_units({EMOTIONS[k]: float(shown[k]) for k in np.flatnonzero(shown > 0.02) if EMOTIONS[k] not in ("neutral", "uncertain")})


def drawn_frames(n: int, faces: int = 1, face_size: int = 130, seed: int = 0) -> Iterator[np.ndarray]:
    """`n` frames, uint8 BGR [480, 640, 3], of `faces` people side by side who sway, nod and go from one emotion to the next."""
    width, height = 640, 480
    rng = np.random.default_rng(seed)
    people = [Identity.random(rng) for _ in range(faces)]
    wall = np.linspace((96, 104, 112), (150, 156, 160), height).astype(np.uint8)[:, None].repeat(width, 1)
    for i in range(n):
        frame = wall.copy()
        for k, person in enumerate(people):
            phase = i / 25 + 2 * k
            intensity = 0.5 - 0.5 * np.cos(2 * np.pi * (i % 45) / 45)
            aus = action_units(EMOTIONS[(i // 45 + 2 * k + 4) % len(EMOTIONS)], intensity)
            centre = (width * (k + 0.5) / faces + 0.12 * face_size * np.sin(phase), height * 0.47 + 0.06 * face_size * np.cos(1.7 * phase))
            draw_into(frame, person, aus, centre, face_size, Pose(yaw=8 * np.sin(phase), roll=4 * np.cos(phase)))
        yield frame
