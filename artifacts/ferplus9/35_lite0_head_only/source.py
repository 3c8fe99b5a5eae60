"""35 Head only: what ImageNet's features know of faces, without learning more.

Idea          the body stays as it is (its batch norms follow the faces); a linear reading of its features costs a third of training it all
Descends from 34
Changed       ImageNet's weights (Deng et al. 2009), of which the head alone is trained
Command       python experiments/35_lite0_head_only.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.freeze()
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
