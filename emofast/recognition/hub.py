"""A model on the Hugging Face Hub, by its name `hf:ORG/NAME`: fetched once, then read from Hugging Face's own cache."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emofast.console import console
from emofast.errors import EmofastError, first_line

PREFIX = "hf:"
FILES = ("emofast.onnx", "emofast.json")
"""What is read of a repository: the network, and the card that holds its SHA-256."""


def fetch(name: str) -> Path:
    """The .onnx file of `hf:ORG/NAME`, its card beside it: the Hub's newest, or what was fetched before where there is no network.

    Raises `EmofastError` for a name that is none, a repository that is not there or holds no model, and a first fetch that fails.
    """
    repository = name.removeprefix(PREFIX)
    with hub(repository) as client, console.status(f"looking for {name} on the Hugging Face Hub"):
        folder = Path(client.snapshot_download(repository, allow_patterns=FILES))
    onnx, card = (folder / file for file in FILES)
    if not onnx.is_file() or not card.is_file():
        raise EmofastError(f"{name} holds no {' and '.join(FILES)}; give a repository made by: python -m emofast publish --to ORG/NAME")
    return onnx


@contextmanager
def hub(repository: str) -> Iterator:
    """The module huggingface_hub, for one step with `ORG/NAME`. Raises `EmofastError` for all that goes wrong in the block."""
    try:
        import huggingface_hub
        from huggingface_hub import errors
        from huggingface_hub.utils import disable_progress_bars, logging
    except ImportError:
        raise EmofastError("models on the Hugging Face Hub need huggingface_hub: pip install '.[hub]' in emofast's folder") from None
    logging.set_verbosity_error()  # one sentence of ours in place of its warnings
    disable_progress_bars()
    try:
        if repository.count("/") != 1:
            raise errors.HFValidationError(f"{repository!r} is not ORG/NAME")
        yield huggingface_hub
    except errors.HFValidationError as e:
        raise EmofastError(f"hf:{repository} is no name on the Hub ({first_line(e)}); give hf:ORG/NAME") from None
    except errors.RepositoryNotFoundError:
        raise EmofastError(
            f"the Hub has no model {repository}, or it is private and this account may not see it; "
            f"look at https://huggingface.co/{repository}, and sign in with: hf auth login"
        ) from None
    except errors.HfHubHTTPError as e:
        refused = e.response.status_code in (401, 403)
        way = "sign in with a token that may write there: hf auth login" if refused else "try again later"
        raise EmofastError(f"the Hub refuses {repository} ({first_line(e)}); {way}") from None
    except EmofastError:
        raise
    except Exception as e:  # network, proxy, certificate and cache errors share no base class
        raise EmofastError(f"the Hub cannot be reached for {repository} ({first_line(e)}); look at your network and try again") from None
