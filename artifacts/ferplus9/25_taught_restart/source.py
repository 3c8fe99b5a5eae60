"""25 Taught restart: the patient network goes on, with better targets.

Idea          a trained network that is set going again at a high rate leaves its minimum and finds another, whose errors are its own
              (Loshchilov & Hutter 2017, arXiv:1608.03983, warm restarts; Huang et al. 2017, arXiv:1704.00109, "snapshot ensembles"); and
              this time the wide networks, better than it was, are there to teach (22)
Descends from 13, from its trained network, and 22
Changed       12 more epochs at half the rate, half the augmentation, votes and teachers' opinion half each; 3 of polish
Command       python experiments/25_taught_restart.py --data DIR

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
    trained,
    without_single_votes,
)

START = "13_patience"
TEACHERS = ("18_polish", "19_wide", "20_wide_balanced", "22_born_again", "23_wide_mixup")


def train(run: Run):
    votes = np.eye(9, dtype=np.float32)[run.data.labels] if run.data.votes is None else without_single_votes(run.data.votes)
    votes = taught(run, votes, TEACHERS, share=0.5)
    strong, mild = (
        run.get_dls(size=48, bs=128, channels=1, target="votes", votes=votes, augment=augment)
        for augment in (strong_augmentation(0.5), face_augmentation())
    )
    learn = emotion_learner(strong, "medium_resnet_d", weights=run.weights, drop=0.3)
    learn.unfreeze()
    before = trained(run, START)
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    polish = run.epochs // 5
    run.fit(learn, run.epochs - polish, lr=2e-3, cbs=[WeightAverage()])
    learn.dls = mild
    run.fit(learn, polish, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=15, uses=(START, *TEACHERS))
