"""48 dlib's body goes on: one more cycle from 45's network, taught by itself and by the student.

Idea          what a second cycle did for the shipped student (42 to 44) it may do for the body that knows faces: a new one-cycle schedule
              from trained weights ends in another minimum on the same plain, whose weights can be averaged with the first (Izmailov et
              al. 2018, arXiv:1803.05407, "SWA"; 49), and the network teaches itself (Furlanello et al. 2018, arXiv:1805.04770)
Descends from 45, from its network
Changed       where it starts; 128 px all the time; 16 epochs; 70 % of the augmentation's strength; half of the target is 45 and 43 as
              they are mixed on validation
Command       python experiments/48_dlib_again.py --data DIR
"""

from emofast.training import (
    EMA,
    distill,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    pseudo_labels,
    strong_augmentation,
    vote_shares,
)

START = "45_pseudo_labels"
TEACHERS = (START, "43_robust_mean")


@experiment(after=TEACHERS, quick={"epochs": 8, "size": 80})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 16,  # over all fits
    lr: float = 1e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.7,  # of the augmentation
    share: float = 0.5,  # of the teachers in the target of the training pictures
    weights: str = "dlib",  # where the network starts without 45: dlib, none, or a state-dict file
    size: int = 128,  # pictures become squares of this many pixels
):
    votes, pseudo = distill(data, vote_shares(data), TEACHERS, share), pseudo_labels(data, TEACHERS)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, pseudo=pseudo, augment=augment)
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = emotion_learner(strong, "dlib_face_resnet", weights, split="stages", drop=drop)
    before = load_trained(data, START)
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    last = epochs // 8
    learn.fit_one_cycle(epochs - last, lr, cbs=EMA())
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 5, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
