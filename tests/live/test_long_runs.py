"""What takes minutes: memory over many frames, and the measuring commands themselves."""


import psutil
import pytest
from processes import run_python

from emofast.live import Pipeline, Stages, VideoFile, draw
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.recognition import EmotionRecognizer

pytestmark = pytest.mark.slow


def test_memory_is_constant(model, film):
    stages = Stages()
    pipeline = Pipeline(EmotionRecognizer(model), stages)
    before = None
    for turn in range(60):  # 2,400 frames; what leaks a frame, a crop or a row of numbers per frame shows
        source = VideoFile(film)
        while frame := source.read():
            draw(frame.image, pipeline(Frame(frame.image, turn * 1.6 + frame.t)).views, ENGLISH)
        source.close()
        if turn == 15:
            before = psutil.Process().memory_info().rss
    assert psutil.Process().memory_info().rss - before < 8 * 2**20


@pytest.mark.parametrize("what", ["inference", "live"])
def test_bench_measures_and_says_what(project, film, what):
    clip = ["--clip", film] if what == "live" else []
    done = run_python("-m", "emofast", "bench", what, "--frames", 60, "--model", project / "artifacts" / "emofast.onnx", *clip)
    assert done.returncode == 0, done.stderr
    assert "cores" in done.stdout
    for word in {
        "inference": ("emofast.onnx", "emofast.pkl", "330 ms"),
        "live": ("4 drawn faces, centerface", "film.mp4", "first labelled"),
    }[what]:
        assert word in done.stdout
