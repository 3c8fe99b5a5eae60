"""32 Muon: the student once more, by an optimizer that turns every direction of a weight matrix alike, in half the epochs.

Idea          what made the speedrun quick (Jordan 2024, kellerjordan.github.io/posts/muon) may make a long training better; and a student
              may be its own teacher (Furlanello et al. 2018, arXiv:1805.04770): the shipped model, with flip TTA, stands for the
              networks that taught it
Descends from 10
Changed       the optimizer and its rate; 24 epochs instead of 46; the shipped student as the only teacher
Command       python experiments/32_muon.py --data DIR
"""

from emofast.training import distill_shipped, experiment, muon, three_stages, vote_shares


@experiment(quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 24,  # over all fits
    lr: float = 0.02,  # highest rate of the one-cycle schedule
    drop: float = 0.2,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    share: float = 0.6,  # of the shipped student in the target
):
    votes = distill_shipped(data, vote_shares(data), share)
    return three_stages(data, "small_resnet_d", votes, epochs, bs, lr, drop, strength, opt_func=muon)


if __name__ == "__main__":
    train.main()
