"""A cut: the frames of the episode that show one moment."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from emofast.video.moments import Moment


@dataclass(frozen=True)
class Cut:
    """Frames [first, last) of the episode at `Media.rate`: `last` is the frame after the last one shown. rank: 1 is best. label: an
    editor's own name for it, or ""."""

    first: int
    last: int
    moment: Moment
    rank: int
    label: str = ""

    @property
    def frames(self) -> int:
        """How many are shown."""
        return self.last - self.first

    @property
    def name(self) -> str:
        """What cutting programs call it."""
        return self.label or f"MOMENT {self.rank} {self.moment.emotion.upper()}"

    def seconds(self, rate: Fraction) -> tuple[float, float]:
        """Start and end in episode seconds."""
        return float(self.first / rate), float(self.last / rate)

    def overlaps(self, other: Cut) -> bool:
        """Whether both show a frame."""
        return self.first < other.last and other.first < self.last
