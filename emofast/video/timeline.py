"""The timeline of one recording: a Parquet file with one row per face and instant, and what it was made from."""

import hashlib
from pathlib import Path

import pandas as pd

from emofast.emotions import EMOTIONS
from emofast.errors import EmofastError
from emofast.paths import atomic_write

COLUMNS = ("t", "face", "x", "y", "w", "h", *(f"p_{e}" for e in EMOTIONS), "valence", "arousal", "facing")
"""t: seconds on the recording's own clock. face: track number. x, y, w, h: pixels of the upright picture. facing: 1 turned to the camera,
0 away, empty where the detector cannot tell. All but t empty where no face is seen."""

_WHOLE = ("face", "x", "y", "w", "h", "facing")
_SAMPLE = 1 << 20  # bytes read at the start, middle and end of a recording to know it again


def write_timeline(path: Path, timeline: pd.DataFrame, origin: dict) -> None:
    """Write atomically; `origin` (plain values) travels in the file and says when it is stale."""
    kinds = {c: "Int32" if c in _WHOLE else "float64" if c == "t" else "float32" for c in COLUMNS}
    timeline = timeline[list(COLUMNS)].astype(kinds)
    timeline.attrs = {"emofast": origin}
    with atomic_write(path) as partial:
        timeline.to_parquet(partial, index=False)


def read_timeline(path: Path) -> tuple[pd.DataFrame, dict]:
    """A timeline and what it was made from. Raises `EmofastError` for a file that is none."""
    try:
        timeline = pd.read_parquet(path)[list(COLUMNS)]
    except Exception as e:  # pyarrow raises whatever the damage makes it stumble over
        raise EmofastError(f"{path} is no timeline ({e}); delete it and start again") from None
    return timeline, timeline.attrs.get("emofast", {})


def made_from(path: Path) -> dict:
    """What the timeline at `path` was made from, empty where there is none or a damaged one: it is made (again)."""
    try:
        return read_timeline(path)[1] if path.is_file() else {}
    except EmofastError:
        return {}


def digest(path: Path) -> str:
    """A fingerprint of a large file from its size and three samples: changed recordings are known, touched ones are not redone. Raises
    `EmofastError` where it cannot be read."""
    try:
        size = path.stat().st_size
        found = hashlib.sha256(str(size).encode())
        with path.open("rb") as f:
            for at in sorted({0, max(0, size // 2 - _SAMPLE // 2), max(0, size - _SAMPLE)}):
                f.seek(at)
                found.update(f.read(_SAMPLE))
    except OSError as e:
        raise EmofastError(f"{path} cannot be read ({e.strerror}); mend that, and start the same command again") from None
    return found.hexdigest()
