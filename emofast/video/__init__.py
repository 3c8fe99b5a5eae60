"""An episode and its viewers' recordings into a trailer. Names load on first use: a process that watches a film needs no statistics."""

from emofast.lazy import lazily

_WHERE = {
    "Group": "emofast.video.group",
    "Moment": "emofast.video.moments",
    "Order": "emofast.video.pipeline",
    "Wish": "emofast.video.selection",
    "find_moments": "emofast.video.moments",
    "make_trailer": "emofast.video.pipeline",
    "read_timeline": "emofast.video.timeline",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
