"""An episode and its viewers' recordings into a trailer. Names load on first use: a process that watches a film needs no statistics."""

from importlib import import_module

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


def __getattr__(name: str):
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
