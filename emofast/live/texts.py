"""Every word the live view shows, in English and Russian."""

from __future__ import annotations

from dataclasses import dataclass

from emofast.emotions import BY_NAME

__all__ = ["ENGLISH", "LANGUAGES", "RUSSIAN", "Texts"]


@dataclass(frozen=True)
class Texts:
    """One language."""

    code: str
    no_face: str
    no_face_hint: str
    not_sure: str
    lost: str
    lost_hint: str
    paused: str
    recording: str
    saved: str
    valence: tuple[str, str]
    arousal: tuple[str, str]
    keys: tuple[tuple[str, str], ...]

    def emotion(self, name: str | None) -> str:
        """The name of a class in this language; None is "not sure"."""
        if name is None:
            return self.not_sure
        return BY_NAME[name].russian if self.code == "ru" else name


ENGLISH = Texts(
    code="en",
    no_face="no face",
    no_face_hint="look into the camera",
    not_sure="not sure",
    lost="camera lost",
    lost_hint="waiting for it to come back",
    paused="paused",
    recording="rec",
    saved="saved",
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
    no_face_hint="посмотрите в камеру",
    not_sure="не уверен",
    lost="камера пропала",
    lost_hint="жду, пока она вернётся",
    paused="пауза",
    recording="запись",
    saved="сохранено",
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
