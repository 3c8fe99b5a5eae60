"""Files in, DataLoaders out: the competition's files, the frozen split, the decoded-picture cache, `get_dls`."""

from emofast.data.check import check_data
from emofast.data.competition import Competition, find_data, read_competition
from emofast.data.split import frozen_split

__all__ = ["Competition", "check_data", "find_data", "frozen_split", "get_dls", "get_test_dl", "read_competition"]


def __getattr__(name: str):
    # `get_dls` needs fastai; checking or downloading a data set does not.
    if name in ("get_dls", "get_test_dl"):
        from emofast.data import loaders

        return getattr(loaders, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
