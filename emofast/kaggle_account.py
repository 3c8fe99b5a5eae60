"""The user's Kaggle account: the kaggle package, with one sentence for each refusal that people really meet."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from emofast.errors import EmofastError

COMPETITION = "skillbox-computer-vision-project"
PAGE = f"https://www.kaggle.com/competitions/{COMPETITION}"
DAILY_LIMIT = 5
"""Submissions that the competition takes from one team a day; the day is UTC's."""

_TOKEN = (
    "make a token at https://www.kaggle.com/settings/api and save it as ~/.kaggle/access_token or set KAGGLE_API_TOKEN to it "
    "(an old one in either place is used before ~/.kaggle/kaggle.json, KAGGLE_USERNAME and KAGGLE_KEY: replace or remove it)"
)
_WAYS_OUT = {
    401: f"it does not take your token or key; {_TOKEN}",
    403: f"accept the competition's rules once at {PAGE}/rules, signed in as the account of your token",
    404: f"it does not know it; look whether {PAGE} is still there",
    429: "too many requests; wait a few minutes",
}


@contextmanager
def kaggle(what: str) -> Iterator:
    """The signed-in client of the kaggle package, for one step called `what`; nothing it prints is shown.

    Raises `EmofastError` for missing credentials, everything that Kaggle refuses, and a network that fails.
    """
    from requests import HTTPError, RequestException

    try:
        with redirect_stdout(io.StringIO()):  # pages of advice, and with $VERBOSE whole requests, keys and all
            from kaggle.api.kaggle_api_extended import KaggleApi

            api = KaggleApi()
            api.authenticate()
            yield api
    except (SystemExit, TypeError, KeyError):  # the package's ways to say that it found no credentials, or some that are not valid
        raise EmofastError(f"Kaggle does not know who you are: {_TOKEN}.") from None
    except HTTPError as e:
        status = None if e.response is None else e.response.status_code  # a refusal is falsy
        way_out = _WAYS_OUT.get(status, f"it says {' '.join(str(e).split(' for url')[0].split()).rstrip('.')}; see {PAGE}")
        raise EmofastError(f"Kaggle refuses {what} ({status}): {way_out}, then start the same command again.") from None
    except (RequestException, ValueError) as e:
        raise EmofastError(
            f"Kaggle cannot be reached for {what} ({type(e).__name__}); look at your network and start the same command again."
        ) from None
