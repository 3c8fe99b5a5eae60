"""An episode and its viewers' recordings into a trailer. Names load on first use: a process that watches a film needs no statistics."""

from emofast.lazy import lazily

_WHERE = {
    "Cut": "emofast.video.selection",
    "Group": "emofast.video.group",
    "Listener": "emofast.video.listener",
    "Moment": "emofast.video.moments",
    "Order": "emofast.video.pipeline",
    "Trailer": "emofast.video.pipeline",
    "Wish": "emofast.video.selection",
    "find_moments": "emofast.video.moments",
    "make_trailer": "emofast.video.pipeline",
    "read_moments": "emofast.video.listing",
    "read_timeline": "emofast.video.timeline",
    "rows_to_cuts": "emofast.video.listing",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
