"""The emotion of every picture in a folder, as a table: python examples/predict_folder.py FOLDER > emotions.csv

The largest face of each picture is read; where no face is found, the whole picture is taken as one.
"""

import csv
import sys
from pathlib import Path

import cv2

from emofast import EMOTIONS, EmotionRecognizer
from emofast.recognition import crop_face, make_detector
from emofast.recognition.quality import roll

if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
    sys.exit(__doc__)
recognizer = EmotionRecognizer("artifacts/emofast.onnx")
detector = make_detector("centerface")
table = csv.writer(sys.stdout)
table.writerow(["file", "face", "emotion", *EMOTIONS, "valence", "arousal"])
for path in sorted(Path(sys.argv[1]).rglob("*")):
    image = cv2.imread(str(path)) if path.is_file() else None
    if image is None:
        continue
    faces = detector.detect(image)
    crop = crop_face(image, faces[0].box, recognizer.margin, roll(faces[0].landmarks)) if faces else image
    p = recognizer.predict(crop)
    name = path.relative_to(sys.argv[1])
    table.writerow([name, bool(faces), p.emotion, *(f"{v:.4f}" for v in p.probabilities), f"{p.valence:.3f}", f"{p.arousal:.3f}"])
