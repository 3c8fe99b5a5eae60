"""The nine classes of the competition in their fixed order, with names, colours and circumplex coordinates."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Emotion:
    """One class: English and Russian name, colour (R, G, B), valence and arousal in [-1, 1]."""

    name: str
    russian: str
    colour: tuple[int, int, int]
    valence: float
    arousal: float


# Valence and arousal: mean pleasure and arousal of 151 emotion terms, Russell & Mehrabian (1977), "Evidence for a
# three-factor theory of emotions", Journal of Research in Personality 11, table 4; the row of the table beside each.
# The competition has no valence-arousal labels: these are one point per class, not truth about any single face.
TABLE: tuple[Emotion, ...] = (
    Emotion("anger", "злость", (214, 48, 49), -0.51, 0.59),  # 82 'angry'
    Emotion("contempt", "презрение", (163, 107, 45), -0.30, 0.35),  # the midpoint of 75 'disgusted' and 9 'arrogant'
    Emotion("disgust", "отвращение", (85, 139, 47), -0.60, 0.35),  # 75 'disgusted'
    Emotion("fear", "страх", (123, 63, 160), -0.64, 0.60),  # 101 'fearful'
    Emotion("happy", "радость", (247, 181, 0), 0.81, 0.51),  # 31 'happy'
    Emotion("neutral", "нейтрально", (144, 153, 162), 0.0, 0.0),  # the origin, by definition
    Emotion("sad", "грусть", (52, 104, 192), -0.63, -0.27),  # 151 'sad'
    Emotion("surprise", "удивление", (0, 168, 168), 0.40, 0.67),  # 52 'surprised'
    Emotion("uncertain", "неясно", (200, 190, 215), -0.22, 0.21),  # 91 'skeptical'
)

EMOTIONS: tuple[str, ...] = tuple(e.name for e in TABLE)
"""The class names, alphabetical as in the competition; every probability vector in this project has this order."""

N = len(EMOTIONS)
"""How many classes there are."""

BY_NAME: dict[str, Emotion] = {e.name: e for e in TABLE}

CENTRES: tuple[tuple[float, float], ...] = tuple((e.valence, e.arousal) for e in TABLE)
"""(valence, arousal) of each class in the order of `EMOTIONS`."""
