"""Films as files: what is in one, its pictures, and a new one. The only reader and the only writer of film for every room."""

from emofast.lazy import lazily

_WHERE = {
    "Media": "emofast.film.media",
    "Reader": "emofast.film.reader",
    "Writer": "emofast.film.writer",
    "open_film": "emofast.film.media",
    "probe": "emofast.film.media",
    "write_film": "emofast.film.writer",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
