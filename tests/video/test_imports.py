"""The wall: watching films loads little."""

import subprocess
import sys


def loaded(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_process_that_watches_is_light():
    assert not loaded("import emofast.video.analysis") & {"scipy", "matplotlib", "opentimelineio", "torch"}
