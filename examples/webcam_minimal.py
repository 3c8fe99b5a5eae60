"""A live view in forty lines. Two tricks make it pleasant:

1. Faces are looked for in every third frame only; between, the boxes stay where they are. Looking costs more than reading.
2. Probabilities are averaged over half a second: an expression lasts longer than a frame, the network's doubts do not.

    python examples/webcam_minimal.py [FILM]
"""

import sys

import cv2
import numpy as np

from emofast import EMOTIONS, EmotionRecognizer
from emofast.recognition import crop_face, make_detector

recognizer = EmotionRecognizer("artifacts/emofast.onnx")
detector = make_detector("centerface")
camera = cv2.VideoCapture(sys.argv[1] if len(sys.argv) > 1 else 0)
if not camera.isOpened():
    sys.exit("no picture from there: name a film, or look at the camera's cable")
rate = camera.get(cv2.CAP_PROP_FPS) or 30
keep = np.exp(-2 / rate)  # of the average, from frame to frame: half a second
faces, average, count = [], None, 0

while True:
    ok, frame = camera.read()
    if not ok or cv2.waitKey(1) == ord("q"):
        break
    if count % 3 == 0:  # trick 1
        faces = detector.detect(frame)[:1]
    count += 1
    if faces:
        box = faces[0].box
        now = recognizer.probabilities([crop_face(frame, box, recognizer.margin)])[0]
        average = now if average is None else keep * average + (1 - keep) * now  # trick 2
        label = f"{EMOTIONS[average.argmax()]} {average.max():.0%}"
        cv2.rectangle(frame, (box.x, box.y), (box.x + box.w, box.y + box.h), (0, 200, 0), 2)
        cv2.putText(frame, label, (box.x, box.y - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 200, 0), 2)
    cv2.imshow("emofast", frame)
