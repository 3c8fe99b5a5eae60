"""42 Poor camera: the student that ships goes on, on pictures as webcams take them.

Idea          FER+ pictures are sharp and well lit; the assessor sits in a dim room before a webcam. The student of 10 loses 7 points on
              such pictures, 15 where they are out of focus (`emofast bench robustness`). A network that has learned on faults like those
              needs no better camera; the target stays what a teacher saw in the good picture (Xie et al. 2020, arXiv:1911.04252, "noisy
              student")
Descends from 10, from its trained network
Changed       24 more epochs, half of the pictures out of focus, shaken, too dark or too bright, in noise; 4 at a low rate
Command       python experiments/42_poor_camera.py --data DIR
"""

from emofast.training import (
    EMA,
    PoorCamera,
    distill,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    strong_augmentation,
    vote_shares,
)

START = "10_distilled_student"


@experiment(after=(START,), quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 28,  # over all fits
    lr: float = 0.002,  # highest rate of the one-cycle schedule
    drop: float = 0.1,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    poor: float = 0.5,  # share of the pictures that a poor camera takes
    share: float = 0.6,  # of the teacher, the student of 10, in the target
):
    votes = distill(data, vote_shares(data), (START,), share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=[*augment, PoorCamera(poor)])
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = emotion_learner(strong, "small_resnet_d", drop=drop)
    before = load_trained(data, START)
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    polish = epochs // 7
    learn.fit_one_cycle(epochs - polish, lr, cbs=[EMA()])
    learn.dls = mild
    learn.fit_one_cycle(polish, 0.15 * lr, cbs=[EMA()], reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
