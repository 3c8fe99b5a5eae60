"""The wall: watching films and cutting trailers loads neither torch nor fastai nor the training room."""

import subprocess
import sys


def loaded(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_trailer_needs_no_torch():
    modules = loaded("import emofast.video.command; from emofast.video import make_trailer")
    assert not modules & {"torch", "fastai", "emofast.training", "emofast.data"}


def test_a_process_that_watches_is_light():
    assert not loaded("import emofast.video.analysis") & {"scipy", "matplotlib", "opentimelineio", "torch"}
