"""Every word the live view shows, in English and Russian side by side."""

from collections.abc import Callable

from emofast.emotions import TABLE
from emofast.live.smoothing import AWAY, BAD_PICTURE, MIXED

REASONS = {MIXED: "mixed expression", BAD_PICTURE: "bad picture", AWAY: "turned away"}
"""Why a face has no label (`FaceView.reason`)."""

CLOSER = "come closer, or start with --upsample 1"
HINTS = {"dlib": "come closer and look into the camera, or start with --detector centerface"}
"""What to do where there is no face: by detector, of any other `CLOSER`."""

KEYS = {"q, Esc": "quit", "space": "pause", "m": "mirror", "s": "snapshot", "r": "record", "l": "language", "h": "help"}

_RUSSIAN = {e.name: e.russian for e in TABLE} | {
    "mixed expression": "смешанное выражение", "bad picture": "плохо видно", "turned away": "лицо отвёрнуто",
    "no face": "лица не видно",
    HINTS["dlib"]: "сядьте ближе и посмотрите в камеру; или запустите с --detector centerface",
    CLOSER: "сядьте ближе; или запустите с --upsample 1",
    "camera lost": "камера пропала", "waiting for it to come back": "жду, пока она вернётся",
    "paused": "пауза", "end (q closes)": "конец (q — выход)", "rec": "запись",
    "saved": "сохранено", "nothing was recorded": "ничего не записано",
    "unpleasant": "неприятно", "pleasant": "приятно", "calm": "спокойно", "excited": "бурно",
    "space": "пробел", "quit": "выход", "pause": "пауза", "mirror": "зеркало", "snapshot": "снимок", "record": "запись",
    "language": "язык", "help": "подсказка",
}  # fmt: skip

Texts = Callable[[str], str]
"""One language: called with a class or other English words, gives those to show; letters of keys stay."""

LANGUAGES: dict[str, Texts] = {"en": str, "ru": lambda english: _RUSSIAN.get(english, english)}
ENGLISH, RUSSIAN = LANGUAGES.values()
