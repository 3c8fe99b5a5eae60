"""10 Distilled student: one small network learns what an ensemble thinks. This is the model that ships.

Idea          the teachers' probabilities say which classes a face lies between, for every face, and less noisily than ten
              annotators do (Hinton et al. 2015, arXiv:1503.02531); a student of the size that a webcam can afford learns
              from both, long and under varied views (Beyer et al. 2022, arXiv:2106.05237)
Descends from 17
Changed       the target: votes and the teachers' opinion, mixed 2 to 3; augmentation of 60 % strength, at the end mild
Command       python experiments/10_distilled_student.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

import numpy as np

from emofast.training import (
    Run,
    WeightAverage,
    emotion_learner,
    face_augmentation,
    main,
    strong_augmentation,
    taught,
    without_single_votes,
)

TEACHERS = ("02_augmentation", "05_class_balance", "06_soft_labels", "09_class_and_va", "12_small_grey", "13_patience")


def train(run: Run):
    votes = np.eye(9, dtype=np.float32)[run.data.labels] if run.data.votes is None else without_single_votes(run.data.votes)
    votes = taught(run, votes, TEACHERS, share=0.6)
    strong, mild = (
        run.get_dls(size=48, bs=64, channels=1, target="votes", votes=votes, augment=a)
        for a in (strong_augmentation(0.6), face_augmentation())
    )
    learn = emotion_learner(strong, "small_resnet_d", weights=run.weights, drop=0.2)
    learn.unfreeze()
    last = max(1, run.epochs // 6)
    run.fit(learn, max(1, run.epochs - last), lr=4e-3, cbs=[WeightAverage()])
    learn.dls = mild  # at the end faces as they are used
    run.fit(learn, last, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=38, uses=TEACHERS)
