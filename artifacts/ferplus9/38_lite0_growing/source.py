"""38 Progressive resizing of a pretrained network.

Idea          small pictures are quick and regularise; the last epoch sees them in full (Howard 2018; Tan & Le 2021, arXiv:2104.00298)
Descends from 36
Changed       64 px until the last third of the steps, which costs a third less
Command       python experiments/38_lite0_growing.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import GrowingPictures, emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    small: int = 64,  # pictures of all epochs but the last third
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls, smaller = (get_dls(data, s, bs) for s in (size, small))
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.fit_one_cycle(epochs, lr, cbs=GrowingPictures(smaller, epochs * 2 // 3))
    return learn


if __name__ == "__main__":
    train.main()
