"""26 dlib's face recogniser: a body that has seen three million faces learns expressions.

Idea          who tells three million faces apart has filters for eyes, brows and mouths, and must only learn what they mean: 29 layers of
              Davis King's recogniser (dlib 2017, public domain) instead of a start from nothing. Its affine layers become batch norms
              again by the moments of faces; the stem keeps more of what it knows than the head (Howard & Ruder 2018, arXiv:1801.06146)
Descends from 22
Changed       the network and its weights; rates by stage; 64 then 80 px, as dlib's filters want larger faces; half of the target is the
              shipped student's opinion, with flip TTA, instead of seven teachers'
Command       python experiments/26_dlib_face.py --data DIR --weights dlib

Finding       not measured yet
"""

import numpy as np

from emofast import paths
from emofast.data.cache import cached_faces
from emofast.data.split import frozen_split
from emofast.recognition.model_files import open_onnx
from emofast.training import (
    Run,
    WeightAverage,
    emotion_learner,
    face_augmentation,
    main,
    strong_augmentation,
    without_single_votes,
)


def shipped_opinion(run: Run) -> np.ndarray:
    """What the shipped student thinks of each training picture and its mirror image, float32 [n, 9]."""
    student = open_onnx(paths.PROJECT / "artifacts" / "emofast.onnx")
    faces = cached_faces(run.data.train_pictures, run.data.train_names, student.size, student.channels, "training pictures")
    batches = [faces.rows(rows) for rows in np.array_split(np.arange(len(faces)), len(faces) // 64 + 1)]
    return np.concatenate([(student(x)[0] + student(np.ascontiguousarray(x[..., ::-1]))[0]) / 2 for x in batches])


def train(run: Run):
    votes = np.eye(9, dtype=np.float32)[run.data.labels] if run.data.votes is None else without_single_votes(run.data.votes)
    learnt = ~frozen_split(run.data)
    votes[learnt] = 0.5 * votes[learnt] + 0.5 * run.once("student", lambda: shipped_opinion(run))[learnt]
    small, large, mild = (
        run.get_dls(size=size, bs=64, channels=1, target="votes", votes=votes, augment=augment)
        for size, augment in ((64, strong_augmentation(0.6)), (80, strong_augmentation(0.6)), (80, face_augmentation()))
    )
    learn = emotion_learner(large, "dlib_face_resnet", weights=run.weights, split="stages", drop=0.3)  # it is used at the large size
    learn.unfreeze()
    polish = run.epochs // 8
    start = (run.epochs - polish) * 4 // 7
    learn.dls = small
    run.fit(learn, start, lr=slice(3e-4, 1.5e-3), div_final=4, cbs=[WeightAverage()])
    learn.dls = large
    run.fit(learn, run.epochs - polish - start, lr=slice(3e-4, 1.5e-3), div=4, pct_start=0.1, cbs=[WeightAverage()])
    learn.dls = mild
    run.fit(learn, polish, lr=slice(5e-5, 2e-4), cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=24)
