"""Make the README's pictures again, from drawn faces and the shipped model: python docs/pictures.py"""

from pathlib import Path

import cv2

from emofast.bench.drawn import drawn_frames
from emofast.live import Pipeline, Stages, draw
from emofast.live.overlay import Status
from emofast.live.sources import Frame
from emofast.live.texts import ENGLISH
from emofast.recognition import EmotionRecognizer

HERE = Path(__file__).parent
SHOWN = 24  # the frame at which the first expression is strongest
FPS = 25
SEED = 3


def live() -> Path:
    """The live view after a second of a drawn person's changing face."""
    pipeline = Pipeline(EmotionRecognizer("artifacts/emofast.onnx"), Stages())
    for i, image in enumerate(drawn_frames(SHOWN + 1, size=(960, 540), face_size=210, seed=SEED)):
        seen = pipeline(Frame(image, i / FPS))
    path = HERE / "live.png"
    cv2.imwrite(str(path), draw(image, seen.views, ENGLISH, Status(fps=FPS)))
    return path


if __name__ == "__main__":
    print(live())
