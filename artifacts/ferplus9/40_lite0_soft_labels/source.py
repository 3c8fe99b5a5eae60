"""40 The annotators' votes instead of one label, on a pretrained network.

Idea          ten people disagreed, and how they did says more than whom most of them followed (Barsoum et al. 2016, arXiv:1608.01041).
              Where a data set has no votes, as the competition, the label remains
Descends from 36
Changed       votes as the target
Command       python experiments/40_lite0_soft_labels.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import emotion_learner, experiment, get_dls, vote_shares


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs, "votes", votes=vote_shares(data))
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
