"""Films as files: what is in one, its pictures, and a new one. The only reader and the only writer of film for every room."""

from emofast.film.media import Media, probe
from emofast.film.reader import Reader
from emofast.film.writer import Writer, write_film

__all__ = ["Media", "Reader", "Writer", "probe", "write_film"]
