"""56 Wide, taught by two streams: 22 again, with the best single network as its one teacher.

Idea          22 was the best network from nothing because its teachers were better than it. Now one network is better than all of those
              (53), half of which has seen three million faces: what it says of each training picture is a target that holds some of that
Descends from 22 and 53
Changed       the teacher: 53 alone
Command       python experiments/56_wide_taught.py --data DIR
"""

from emofast.training import distill, experiment, three_stages, vote_shares

TEACHERS = ("53_two_streams",)


@experiment(after=TEACHERS, quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 128,  # batch size
    epochs: int = 44,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    share: float = 0.5,  # of the teacher in the target
):
    votes = distill(data, vote_shares(data), TEACHERS, share)
    return three_stages(data, "wide_resnet_d", votes, epochs, bs, lr, drop, strength)


if __name__ == "__main__":
    train.main()
