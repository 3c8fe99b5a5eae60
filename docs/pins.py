"""Write the versions of uv.lock into requirements.txt: python docs/pins.py (after `uv lock`)."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pinned(requirements: str, lock: str) -> str:
    """`requirements` with every `name==version` at the version that `lock` has; KeyError for a name that it lacks."""
    versions = {p["name"]: p["version"] for p in tomllib.loads(lock)["package"]}

    def pin(line: re.Match) -> str:
        return f"{line[1]}=={versions[re.sub('[-_.]+', '-', line[1]).lower()]}"

    return re.sub(r"(?m)^([\w.-]+)==\S+", pin, requirements)


if __name__ == "__main__":
    path = ROOT / "requirements.txt"
    path.write_text(pinned(path.read_text(encoding="utf-8"), (ROOT / "uv.lock").read_text(encoding="utf-8")), encoding="utf-8")
