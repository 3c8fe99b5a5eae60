"""A data set of drawn faces in the competition's exact layout, with the truth beside it: same seed, same bytes."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import cv2
import numpy as np
from rich.progress import track

from emofast.console import console
from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.layout import VOTES, add_picture, new_folder, write_table, write_tables
from emofast.sample.action_units import action_units, uncertain_mixture, valence_arousal
from emofast.sample.drawing import draw_face
from emofast.sample.identity import Identity, Pose

SHARES: dict[str, int] = {
    "anger": 7022, "contempt": 3085, "disgust": 3155, "fear": 5044, "happy": 5955, "neutral": 6795, "sad": 6740, "surprise": 6323,
    "uncertain": 5927,
}  # fmt: skip
"""Rows per class of the competition's `train.csv`; the sample has its classes in these proportions."""

_SMALLEST, _LARGEST = 2 * len(EMOTIONS), 1_000_000
_PICTURES_PER_PERSON = 6

_CONFUSED = {  # what annotators take an expression for when they miss it
    "anger": ("disgust", "contempt", "sad"), "contempt": ("happy", "disgust", "uncertain"), "disgust": ("anger", "contempt", "sad"),
    "fear": ("surprise", "sad", "uncertain"), "happy": ("surprise", "contempt"), "neutral": ("sad", "uncertain", "contempt"),
    "sad": ("uncertain", "fear", "disgust"), "surprise": ("fear", "happy"), "uncertain": ("sad", "contempt", "fear"),
}  # fmt: skip


def drawing_code() -> str:
    """Names the code that draws, so that newer code never meets older drawings, nor a network that learned from them."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()[:12]


@dataclass(frozen=True)
class Photograph:
    """Everything that decides a picture; equal photographs give equal bytes."""

    emotion: str
    mixture: tuple[tuple[str, float], ...]  # shown emotions with their intensities
    intensity: float
    person: str
    person_seed: tuple[int, ...]
    seed: tuple[int, ...]
    pose: Pose

    @classmethod
    def plan(cls, emotion: str, seed: Sequence[int], person: str, person_seed: Sequence[int]) -> "Photograph":
        """Draw intensity, mixture and pose. `seed` is that of this picture, `person_seed` that of the one it shows."""
        rng = np.random.default_rng(seed)
        intensity = 0.0 if emotion == "neutral" else float(rng.uniform(0.3, 1.0))
        mixture = uncertain_mixture(intensity, rng) if emotion == "uncertain" else {emotion: intensity}
        pose = Pose.random(rng)
        return cls(emotion, tuple(mixture.items()), intensity, person, tuple(person_seed), tuple(seed), pose)

    def truth(self) -> tuple:
        """Emotion shown, valence, arousal, intensity, identity, yaw, pitch, roll."""
        valence, arousal = valence_arousal(dict(self.mixture))
        return self.emotion, valence, arousal, self.intensity, self.person, self.pose.yaw, self.pose.pitch, self.pose.roll


class _Row(NamedTuple):
    """One line of `train.csv` or one test picture: what it is called, and which picture it shows."""

    name: str  # in the zip
    emotion: str  # as labelled
    photograph: Photograph


def write_sample(folder: Path, seed: int = 42, train: int = 5500, test: int = 300) -> Path:
    """Draw a data set of `train` and `test` pictures into the new `folder`; returns it.

    Files: `train.csv`, `sample_submission.csv`, `train.zip`, `test_kaggle.zip` as the competition has them, with its oddities:
    duplicates, some of them under a second class, one anger file that no row names, pictures that are not square or grey.
    Beside them `train_votes.csv` (ten simulated annotators) and `truth.csv` (what was really drawn, test pictures too).
    People in the test pictures are none of those in the training pictures.

    The folder appears when it is complete and not before. Raises `EmofastError` if it holds files already.
    """
    folder = Path(folder).absolute()
    if not (_SMALLEST <= train <= _LARGEST and 1 <= test <= _LARGEST and seed >= 0):
        raise EmofastError(
            f"a sample of {train} training and {test} test pictures with a seed of {seed} cannot be drawn: "
            f"at least {_SMALLEST}, 1 and 0 are needed, and at most {_LARGEST:,} pictures of each kind"
        )
    with new_folder(folder) as partial:
        train_rows, extra = _plan_train(seed, train)
        test_rows = _plan_test(seed, test)
        jpegs = _draw(row.photograph for row in (*train_rows, extra, *test_rows))
        for name, rows in (("train.zip", [*train_rows, extra]), ("test_kaggle.zip", test_rows)):
            with ZipFile(partial / name, "w") as archive:
                for row in rows:
                    add_picture(archive, row.name, jpegs[row.photograph])
        ids = [row.name.removeprefix("test_kaggle/") for row in test_rows]
        write_tables(partial, [(row.name, row.emotion, vote(row.photograph, VOTES)) for row in train_rows], ids)
        paths = [*(f"./{row.name}" for row in train_rows), *ids]
        truth = ((path, *row.photograph.truth()) for path, row in zip(paths, train_rows + test_rows))
        write_table(partial / "truth.csv", "image_path,emotion,valence,arousal,intensity,identity,yaw,pitch,roll", truth)
    return folder


def _counts(total: int) -> dict[str, int]:
    """`total` shared out in the competition's proportions (largest remainders)."""
    exact = {e: total * n / sum(SHARES.values()) for e, n in SHARES.items()}
    counts = {e: int(x) for e, x in exact.items()}
    for e in sorted(exact, key=lambda e: counts[e] - exact[e])[: total - sum(counts.values())]:
        counts[e] += 1
    return counts


def _plan_train(seed: int, n: int) -> tuple[list[_Row], _Row]:
    """Rows in the order of `train.csv` (class, then name as text), and the file that no row names."""
    rng = np.random.default_rng([seed, 0])
    counts = _counts(n)
    people = max(1, n // _PICTURES_PER_PERSON)

    def row(emotion: str, number: int, k: int) -> _Row:
        person = int(rng.integers(people))
        return _Row(f"train/{emotion}/{number}.jpg", emotion, Photograph.plan(emotion, [seed, 1, k], f"train-{person}", [seed, 2, person]))

    slots = [(e, i) for e, count in counts.items() for i in sorted(range(count), key=lambda i: f"{i}.jpg")]
    rows = [row(e, i, k) for k, (e, i) in enumerate(slots)]
    extra = row("anger", counts["anger"], n)
    copies = rng.choice(n, size=max(2, round(0.015 * n)), replace=False).tolist()
    doubled = set(copies)
    originals = [row for j, row in enumerate(rows) if j not in doubled]
    for k, copy in enumerate(copies):  # most duplicates stay in their class, as in the competition
        alike = [row for row in originals if (row.emotion == rows[copy].emotion) == bool(k % 3)] or originals
        rows[copy] = rows[copy]._replace(photograph=alike[rng.integers(len(alike))].photograph)
    return rows, extra


def _plan_test(seed: int, n: int) -> list[_Row]:
    """Test pictures in numeric order, of other people."""
    rng = np.random.default_rng([seed, 3])
    emotions = [e for e, count in _counts(n).items() for _ in range(count)]
    rng.shuffle(emotions)
    people = rng.integers(max(1, n // _PICTURES_PER_PERSON), size=n).tolist()
    return [
        _Row(f"test_kaggle/{i}.jpg", emotion, Photograph.plan(emotion, [seed, 4, i], f"test-{person}", [seed, 5, person]))
        for i, (emotion, person) in enumerate(zip(emotions, people))
    ]


def _draw(photographs: Iterable[Photograph]) -> dict[Photograph, bytes]:
    """JPEG of each photograph, drawn on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        different = list(dict.fromkeys(photographs))
        try:
            jpegs = pool.map(take, different)
            shown = track(jpegs, "Drawing faces", len(different), console=console, transient=True, disable=not console.is_terminal)
            return dict(zip(different, shown))
        finally:
            pool.shutdown(cancel_futures=True)


def take(photograph: Photograph) -> bytes:
    """Draw the picture: JPEG bytes, 100 to 240 px, one in a hundred not square, one in forty grey."""
    rng = np.random.default_rng((*photograph.seed, 1))
    identity = Identity.random(np.random.default_rng(photograph.person_seed))
    aus = action_units(dict(photograph.mixture), 1.0, rng)
    for unit in (1, 4, 7, 12, 14, 15, 25):  # a face is never quite at rest
        aus[unit] = min(1.0, aus.get(unit, 0.0) + float(rng.exponential(0.025)))
    size = int(rng.integers(100, 241))
    light, base = float(rng.uniform(-1, 1)), rng.uniform(40, 210)
    blots = rng.normal(base, 34, (4, 4, 1)) + rng.normal(0, 9, (4, 4, 3))  # a room out of focus
    room = np.clip(cv2.resize(blots.astype(np.float32), (96, 96), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    image = draw_face(identity, aus, size, photograph.pose, light, room, float(rng.uniform(0.0, 0.16)))
    if rng.random() < 0.01:
        image = image[: round(size * rng.uniform(0.8, 0.95))]
    # focus, the noise of a sensor, contrast and exposure
    blur = float(rng.uniform(0, 0.006)) * image.shape[1]
    if blur > 0.4:
        image = cv2.GaussianBlur(image, (0, 0), blur)
    noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0.5, 6))
    gain, offset = np.float32(rng.uniform(0.85, 1.15)), np.float32(rng.uniform(-12, 12))
    image = np.clip(image * gain + offset + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.025:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(82, 96))])[1].tobytes()


def vote(photograph: Photograph, classes: Sequence[str]) -> tuple[int, ...]:
    """Ten simulated annotators, counts in the order of `classes`: the stronger the expression, the more of them agree.

    The shown emotion always has the most votes; a weak one is often taken for neutral.
    """
    rng = np.random.default_rng((*photograph.seed, 2))
    clear = float(rng.uniform(0.5, 1.0)) if photograph.emotion == "neutral" else photograph.intensity
    odds = dict.fromkeys(classes, 0.01)
    odds[photograph.emotion] += 0.35 + 0.6 * clear
    odds["neutral"] += 0.25 * (1 - clear)
    for other in _CONFUSED[photograph.emotion]:
        odds[other] += 0.12 * (1.2 - clear)
    weights = np.array(list(odds.values()))
    counts = rng.multinomial(10, weights / weights.sum())
    shown = list(classes).index(photograph.emotion)
    while (others := np.where(np.arange(len(classes)) == shown, -1, counts)).max() >= counts[shown]:
        counts[others.argmax()] -= 1
        counts[shown] += 1
    return tuple(int(c) for c in counts)
