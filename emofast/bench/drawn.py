"""Clips of drawn faces to measure with where no real ones are at hand."""

from collections.abc import Iterator

import numpy as np

from emofast.emotions import EMOTIONS
from emofast.sample import Identity, Pose, action_units, draw_into


def drawn_frames(n: int, faces: int = 1, size: tuple[int, int] = (640, 480), face_size: int = 130, seed: int = 0) -> Iterator[np.ndarray]:
    """`n` frames, uint8 BGR [h, w, 3], of `faces` people side by side who sway, nod and go from one emotion to the next."""
    width, height = size
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
