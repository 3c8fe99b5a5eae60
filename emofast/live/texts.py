"""Every word the live view shows, in English and Russian."""

from __future__ import annotations

from dataclasses import dataclass

from emofast.emotions import BY_NAME
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED


@dataclass(frozen=True)
class Texts:
    """One language."""

    code: str
    no_face: str
    no_face_hint: dict[str, str]
    """What to do about it, by detector."""
    reasons: dict[str, str]
    """Why a face has no label (`FaceView.reason`)."""
    lost: str
    lost_hint: str
    paused: str
    over: str
    recording: str
    saved: str
    nothing_saved: str
    valence: tuple[str, str]
    arousal: tuple[str, str]
    keys: tuple[tuple[str, str], ...]

    def emotion(self, name: str) -> str:
        """The name of a class in this language."""
        return BY_NAME[name].russian if self.code == "ru" else name


ENGLISH = Texts(
    code="en",
    no_face="no face",
    no_face_hint={
        "dlib": "come closer and look into the camera, or start with --detector centerface",
        "centerface": "come closer, or start with --upsample 1",
    },
    reasons={MIXED: "mixed expression", BAD_PICTURE: "bad picture", AWAY: "turned away"},
    lost="camera lost",
    lost_hint="waiting for it to come back",
    paused="paused",
    over="end (q closes)",
    recording="rec",
    saved="saved",
    nothing_saved="nothing was recorded",
    valence=("unpleasant", "pleasant"),
    arousal=("calm", "excited"),
    keys=(
        ("q, Esc", "quit"),
        ("space", "pause"),
        ("m", "mirror"),
        ("s", "snapshot"),
        ("r", "record"),
        ("l", "language"),
        ("h", "help"),
    ),
)

RUSSIAN = Texts(
    code="ru",
    no_face="лица не видно",
    no_face_hint={
        "dlib": "сядьте ближе и посмотрите в камеру; или запустите с --detector centerface",
        "centerface": "сядьте ближе; или запустите с --upsample 1",
    },
    reasons={MIXED: "смешанное выражение", BAD_PICTURE: "плохо видно", AWAY: "лицо отвёрнуто"},
    lost="камера пропала",
    lost_hint="жду, пока она вернётся",
    paused="пауза",
    over="конец (q — выход)",
    recording="запись",
    saved="сохранено",
    nothing_saved="ничего не записано",
    valence=("неприятно", "приятно"),
    arousal=("спокойно", "бурно"),
    keys=(
        ("q, Esc", "выход"),
        ("пробел", "пауза"),
        ("m", "зеркало"),
        ("s", "снимок"),
        ("r", "запись"),
        ("l", "язык"),
        ("h", "подсказка"),
    ),
)

LANGUAGES: dict[str, Texts] = {"en": ENGLISH, "ru": RUSSIAN}
