"""The user's Kaggle account behind one small seam: tables down, submissions up, every refusal one sentence without a key in it."""

from __future__ import annotations

import base64
import io
import queue
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emofast.errors import EmofastError

__all__ = ["COMPETITION", "DAILY_LIMIT", "PAGE", "KaggleAccount", "Submission"]

COMPETITION = "skillbox-computer-vision-project"
PAGE = f"https://www.kaggle.com/competitions/{COMPETITION}"
DAILY_LIMIT = 5
"""Submissions that the competition takes from one team a day; the day is UTC's."""

_TOKENS = "https://www.kaggle.com/settings/api"
_NO_CREDENTIALS = (
    f"no Kaggle credentials: make a token at {_TOKENS} and save it as ~/.kaggle/access_token or set KAGGLE_API_TOKEN to it, or run "
    "`kaggle auth login`, or put an older kaggle.json into ~/.kaggle, or set KAGGLE_USERNAME and KAGGLE_KEY."
)
_TOKEN_PLACES = {
    "KAGGLE_API_TOKEN": "the token in $KAGGLE_API_TOKEN",
    "KAGGLE_API_V1_TOKEN": "the token of this Kaggle notebook",
    "access_token": "the token in ~/.kaggle/access_token",
}
_ANSWER_SECONDS, _TRANSFER_SECONDS = 60, 600


@dataclass(frozen=True)
class Submission:
    """One submission as Kaggle lists it. `state`: pending, complete or error; scores are None until Kaggle tells them."""

    ref: int
    sent: datetime
    message: str
    state: str
    public: float | None
    private: float | None
    error: str


class KaggleAccount:
    """The account whose credentials the kaggle package finds. Every method raises `EmofastError` with the way out.

    Opening it imports kaggle, which asks Kaggle at import about a token it finds.
    """

    def __init__(self) -> None:
        self._api = self._ask("the sign-in", _new_api)
        try:
            self._ask("the sign-in", self._api.authenticate)
        except SystemExit:  # kaggle's own way to say that nothing it found is good
            raise EmofastError(_stale(self._api) or _NO_CREDENTIALS) from None

    def download(self, name: str, folder: Path) -> Path:
        """Fetch one file of the competition into the empty `folder`; returns it as Kaggle serves it, often `name`.zip."""
        self._ask(f"{name}", self._api.competition_download_file, COMPETITION, name, str(folder), True, True, seconds=_TRANSFER_SECONDS)
        return next(folder.iterdir())

    def submissions(self) -> list[Submission]:
        """The team's submissions, newest first (at most 100)."""
        listed = self._ask("the list of submissions", lambda: self._api.competition_submissions(COMPETITION, page_size=100))
        return [_submission(s) for s in listed or []]

    def submit(self, path: Path, message: str) -> int:
        """Send a file; returns Kaggle's number for the submission."""
        answer = self._ask("the submission", self._api.competition_submit, str(path), message, COMPETITION, True, seconds=_TRANSFER_SECONDS)
        if answer.message == self._api.COMPETITION_SUBMIT_UPLOAD_FAILED_MESSAGE:  # returned, not raised
            raise EmofastError(f"the upload of {path} failed on the way to Kaggle and nothing was submitted; start the same command again.")
        return answer.ref

    def _ask(self, what: str, call: Callable, *args, seconds: float | None = None) -> Any:
        from requests import HTTPError, RequestException

        seconds = seconds or _ANSWER_SECONDS
        try:
            # kaggle prints pages of advice, and reasons that come back as answers anyway.
            with redirect_stdout(io.StringIO()):
                return _within(seconds, call, *args)
        except HTTPError as e:
            raise EmofastError(self._without_keys(self._refusal(what, e))) from None
        except (RequestException, TimeoutError, ValueError) as e:
            why = f"no answer within {seconds:.0f} s" if isinstance(e, TimeoutError) else type(e).__name__
            raise EmofastError(
                f"Kaggle cannot be reached for {what} ({why}); look at your network and start the same command again."
            ) from None

    def _refusal(self, what: str, error) -> str:
        # `error.response` of a refusal is falsy: only `is None` tells that there is none.
        status = None if error.response is None else error.response.status_code
        said = str(error).split(" for url")[0].rstrip(".")
        if status == 401:
            return _stale(self._api) or (
                f"Kaggle refuses your username and key (401); make a new token at {_TOKENS} and save it as ~/.kaggle/access_token."
            )
        if status == 403:
            return (
                f"Kaggle refuses {what} (403, {said}): accept the competition's rules once at {PAGE}/rules, "
                "signed in as the account of your key, then start the same command again."
            )
        if status == 404:
            return f"Kaggle does not know {what} of the competition {COMPETITION} (404); look whether {PAGE} is still there."
        if status == 429:
            wait = error.response.headers.get("Retry-After", "")
            wait = f"{wait} seconds" if wait.isdigit() else "a few minutes"
            return f"Kaggle got too many requests from you (429); wait {wait} and start the same command again."
        if status is not None and status >= 500:
            return f"Kaggle has trouble of its own ({status}) with {what}; start the same command again in a few minutes."
        return f"Kaggle refuses {what} ({status}): {said}; see {PAGE}."

    def _without_keys(self, text: str) -> str:
        """One line, and should a server's answer echo a credential, not that."""
        values = self._api.config_values
        secrets = [values.get(k) for k in ("key", "token", "api_token")]
        secrets.append(base64.b64encode(f"{values.get('username')}:{values.get('key')}".encode()).decode())
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return " ".join(text.split())


def _new_api():
    from kaggle.api.kaggle_api_extended import KaggleApi

    api = KaggleApi()
    api.args = [a for a in api.args if a != "--verbose"]  # set by $VERBOSE; it prints whole requests, keys and all
    return api


def _within(seconds: float, call: Callable, *args) -> Any:
    """What `call` returns or raises; `TimeoutError` after `seconds`: kaggle's client waits for ever for a silent server."""
    outcome: queue.Queue = queue.Queue()

    def work() -> None:
        try:
            outcome.put((call(*args), None))
        except BaseException as e:
            outcome.put((None, e))

    threading.Thread(target=work, daemon=True).start()
    try:
        value, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return value


def _stale(api) -> str | None:
    """The sentence about a refused token, or None where no token is in play. Kaggle's client prefers any token, good or bad, to keys."""
    from kagglesdk.kaggle_env import get_access_token_from_env

    _, source = get_access_token_from_env()
    if source is None:
        return None
    place = _TOKEN_PLACES.get(source, "your token")
    keys = "key" in api.config_values and "username" in api.config_values
    instead = "and is used before your username and key: remove it" if keys else "(expired or revoked): remove it"
    return f"Kaggle refuses {place} {instead}, or put a new one from {_TOKENS} in its place."


def _submission(s) -> Submission:
    return Submission(
        ref=s.ref,
        sent=s.date.replace(tzinfo=UTC),
        message=s.description,
        state=s.status.name.lower(),
        public=_score(s.public_score),
        private=_score(s.private_score),
        error=s.error_description,
    )


def _score(text: str) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
