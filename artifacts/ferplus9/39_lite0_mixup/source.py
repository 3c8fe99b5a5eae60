"""39 Mixup on a pretrained network.

Idea          blends of two faces and of their labels (Zhang et al. 2018, arXiv:1710.09412), where the network has few pictures for its size
Descends from 36
Changed       mixup
Command       python experiments/39_lite0_mixup.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import MixUp, emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    alpha: float = 0.2,  # of mixup's Beta distribution
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.fit_one_cycle(epochs, lr, cbs=MixUp(alpha))
    return learn


if __name__ == "__main__":
    train.main()
