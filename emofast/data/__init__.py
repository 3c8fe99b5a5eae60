"""Files in, DataLoaders out: the competition's files, the frozen split, the decoded-picture cache, `get_dls`."""

from emofast.data.check import check_data
from emofast.data.competition import Competition, find_data, open_data, read_competition, vote_shares
from emofast.data.split import frozen_split
from emofast.lazy import lazily

__all__ = [
    "Competition",
    "check_data",
    "find_data",
    "frozen_split",
    "get_dls",
    "get_test_dl",
    "open_data",
    "read_competition",
    "vote_shares",
]

# `get_dls` needs fastai; checking or downloading a data set does not.
__getattr__ = lazily(__name__, dict.fromkeys(("get_dls", "get_test_dl"), "emofast.data.loaders"))
