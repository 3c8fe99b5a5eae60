"""The light install: live view and trailer run where torch, fastai and timm are not installed."""

import subprocess
import sys

import pytest

HIDDEN = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "fastai", "fastcore", "timm"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
sys.path.insert(0, sys.argv.pop(1))
"""


@pytest.mark.parametrize("flags", [("--detector", "dlib"), ("--detector", "centerface", "--save", "out.mp4")], ids=["dlib", "centerface"])
def test_the_live_view_runs_without_torch(project, model, film, tmp_path, flags):
    code = HIDDEN + "import webcam; sys.exit(webcam.main())"
    arguments = ["--source", film, "--model", model, "--headless", "--max-frames", "9", *flags]
    done = subprocess.run([sys.executable, "-c", code, project, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "9 frames" in done.stdout, done.stderr


def test_films_become_timelines_without_torch(project, model, film, tmp_path):
    code = (
        HIDDEN
        + """
from pathlib import Path
import trailer
import emofast.video.command, emofast.video.pipeline
from emofast.video.analysis import Task, analyse
from emofast.film.media import probe
model, film = map(Path, sys.argv[1:])
task = Task.of(probe(film), Path("film.parquet"), model)
print(round(sum(analyse([task], model, jobs=1)), 1), task.out.is_file())
"""
    )
    done = subprocess.run([sys.executable, "-c", code, project, model, film], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout.split() == ["1.6", "True"], done.stderr
