"""Files in, DataLoaders out: the competition's files, the frozen split, the decoded-picture cache, `get_dls`."""

from emofast.data.check import check_data
from emofast.data.competition import Competition, find_data, open_data, read_competition, vote_shares
from emofast.data.split import frozen_split
from emofast.lazy import lazily

_NEED_FASTAI = ("get_dls", "get_test_dl")  # checking or downloading a data set does not

__all__ = ["Competition", "check_data", "find_data", "frozen_split", "open_data", "read_competition", "vote_shares", *_NEED_FASTAI]
__getattr__ = lazily(__name__, dict.fromkeys(_NEED_FASTAI, "emofast.data.loaders"))
