"""22 Born again: the wide network once more from nothing, taught by its predecessors.

Idea          a network learns more from another of its own size than from labels alone, and comes out better than its teacher (Furlanello
              et al. 2018, arXiv:1805.04770, "born-again networks"): the teachers' opinion carries less noise than ten annotators' votes
Descends from 19 and 10
Changed       the target: votes and the teachers' opinion, half each
Command       python experiments/22_born_again.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not run yet
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

TEACHERS = ("12_small_grey", "13_patience", "14_oversampling", "17_patient_small", "18_polish", "19_wide", "20_wide_balanced")


def train(run: Run):
    votes = np.eye(9, dtype=np.float32)[run.data.labels] if run.data.votes is None else without_single_votes(run.data.votes)
    votes = taught(run, votes, TEACHERS, share=0.5)
    small, large, mild = (
        run.get_dls(size=size, bs=128, channels=1, target="votes", votes=votes, augment=augment)
        for size, augment in ((36, strong_augmentation(0.5)), (48, strong_augmentation(0.5)), (48, face_augmentation()))
    )
    learn = emotion_learner(large, "wide_resnet_d", weights=run.weights, drop=0.3)  # it is used at the large size
    learn.unfreeze()
    polish = run.epochs // 8
    start = (run.epochs - polish) // 2
    learn.dls = small
    run.fit(learn, start, lr=4e-3, div_final=4, cbs=[WeightAverage()])
    learn.dls = large
    run.fit(learn, run.epochs - polish - start, lr=4e-3, div=4, pct_start=0.1, cbs=[WeightAverage()])
    learn.dls = mild
    run.fit(learn, polish, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=44, uses=TEACHERS)
