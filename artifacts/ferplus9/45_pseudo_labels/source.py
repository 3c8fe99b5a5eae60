"""45 Pseudo-labels: learn from the test pictures too, without their truth.

Idea          the competition gives out the test pictures, and what eleven networks say of them together is right in nine cases of ten: soft
              targets for a quarter more pictures (Lee 2013, "Pseudo-Label"; Xie et al. 2020, arXiv:1911.04252, "noisy student"). It is the
              step that most winners of competitions take last. Validation's pictures stay outside
Descends from 26, and 11 without it
Changed       the test pictures with the predictions of the networks below; the shipped student that teaches is 43; 22 epochs instead of 30
Command       python experiments/45_pseudo_labels.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       -
"""

from emofast.training import (
    EMA,
    distill_shipped,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    pseudo_labels,
    strong_augmentation,
    vote_shares,
)

TEACHERS = (
    "10_distilled_student",
    "18_polish",
    "19_wide",
    "20_wide_balanced",
    "21_balanced_polish",
    "22_born_again",
    "23_wide_mixup",
    "24_born_again_balanced",
    "25_taught_restart",
    "26_dlib_face",
    "27_lite0_imagenet",
)


@experiment(after=TEACHERS, quick={"epochs": 8, "small_size": 64, "size": 80})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 22,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    share: float = 0.5,  # of the student in the target of the training pictures
    weights: str = "dlib",  # where the network starts: dlib, none, or a state-dict file
    small_size: int = 96,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 128,  # and of this many after it
):
    votes, pseudo = distill_shipped(data, vote_shares(data), share), pseudo_labels(data, TEACHERS)
    small, large, mild = (
        get_dls(data, s, bs, "votes", channels=1, votes=votes, pseudo=pseudo, augment=augment)
        for s, augment in ((small_size, strong_augmentation(strength)), (size, strong_augmentation(strength)), (size, face_augmentation()))
    )
    learn = emotion_learner(large, "dlib_face_resnet", weights, split="stages", drop=drop)  # it is used at the large size
    last = epochs // 8
    first = (epochs - last) * 4 // 7
    learn.dls = small
    learn.fit_one_cycle(first, lr, div_final=4, cbs=EMA())
    learn.dls = large
    learn.fit_one_cycle(epochs - last - first, lr, div=4, pct_start=0.1, cbs=EMA(), reset_opt=True)
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 7.5, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
