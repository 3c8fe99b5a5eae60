"""52 dlib's body, longer: forty epochs from dlib's weights, under stronger augmentation.

Idea          26's validation loss fell with every stage, and a second cycle (48) brought it from .704 to .692: it had not learned all that
              it can. One long run with more varied pictures instead, without the test pictures
Descends from 26, and 48 without pseudo-labels
Changed       40 epochs instead of 30, 60 % of the augmentation's strength instead of half; the shipped student that teaches is 43
Command       python experiments/52_dlib_longer.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       (running)
"""

from emofast.training import EMA, distill_shipped, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 64, "size": 80})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 40,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the student in the target
    weights: str = "dlib",  # where the network starts: dlib, none, or a state-dict file
    small_size: int = 96,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 128,  # and of this many after it
):
    votes = distill_shipped(data, vote_shares(data), share)
    small, large, mild = (
        get_dls(data, s, bs, "votes", channels=1, votes=votes, augment=augment)
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
