"""31 Speedrun: what is left of training when every second counts.

Idea          a third of a network, growing pictures (Howard 2018), Muon instead of Adam (Jordan 2024), one rise and fall of the learning
              rate over all of it, no validation before the end
Descends from 12
Changed       the network (one block a stage), 24-px pictures for the first epochs, 36-px ones then, the optimizer, 5 epochs
Command       python experiments/31_speedrun.py --data DIR
              python experiments/31_speedrun.py --data DIR --arch small_resnet --first 2 --epochs 8 --size 44 --strength 0.5

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import GrowingPictures, ValidateLast, emotion_learner, experiment, face_augmentation, get_dls, muon


@experiment(quick={"epochs": 10, "first": 0, "strength": 1.0}, tour=True)
def train(
    data,  # the data set: a folder, or "sample"
    arch: str = "shallow_resnet",  # small enough for seconds
    size: int = 36,  # pictures become squares of this many pixels
    small: int = 24,  # and of this many for the first epochs
    first: int = 1,  # how many those are
    epochs: int = 5,  # of all
    bs: int = 64,  # batch size
    lr: float = 0.02,  # highest rate of the one-cycle schedule
    strength: float = 0.0,  # of the augmentation; 0: the mirror alone
):
    dls, smaller = (get_dls(data, s, bs, "votes", channels=1, augment=face_augmentation(strength)) for s in (size, small))
    learn = emotion_learner(dls, arch, opt_func=muon, metrics=[])
    learn.fit_one_cycle(epochs, lr, pct_start=0.15, div=5, cbs=[GrowingPictures(smaller, first), ValidateLast()])
    return learn


if __name__ == "__main__":
    train.main()
