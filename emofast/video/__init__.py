"""An episode and its viewers' recordings into a trailer. Names load on first use: a process that watches a film needs no statistics."""

from emofast.lazy import lazily

_WHERE = {
    "Listener": "emofast.video.listener",
    "Order": "emofast.video.pipeline",
    "Trailer": "emofast.video.pipeline",
    "Wish": "emofast.video.selection",
    "make_trailer": "emofast.video.pipeline",
    "read_moments": "emofast.video.listing",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
