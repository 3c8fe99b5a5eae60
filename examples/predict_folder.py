"""The emotion of every picture in a folder, as a table: python examples/predict_folder.py FOLDER > emotions.csv

The largest face of each picture is read; where no face is found, the whole picture is taken as one.
"""

import csv
import sys
from pathlib import Path

import cv2
import numpy as np

from emofast import EMOTIONS, EmotionRecognizer
from emofast.recognition import crop_face, make_detector
from emofast.recognition.quality import roll

if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
    sys.exit(__doc__)
recognizer = EmotionRecognizer("artifacts/emofast.onnx")
detector = make_detector("centerface")
sys.stdout.reconfigure(encoding="utf-8", newline="")  # names of any language, on any console
table = csv.writer(sys.stdout)
table.writerow(["file", "face", "emotion", *EMOTIONS, "valence", "arousal"])
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if not path.is_file():
        continue
    data = np.fromfile(path, np.uint8)  # cv2.imread knows no names in Cyrillic on Windows
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        print(f"skipped, no picture: {path}", file=sys.stderr)
        continue
    faces = detector.detect(image)
    crop = crop_face(image, faces[0].box, recognizer.margin, roll(faces[0].landmarks)) if faces else image
    p = recognizer.predict(crop)
    name = path.relative_to(sys.argv[1])
    table.writerow([name, bool(faces), p.emotion, *(f"{v:.4f}" for v in p.probabilities), f"{p.valence:.3f}", f"{p.arousal:.3f}"])
