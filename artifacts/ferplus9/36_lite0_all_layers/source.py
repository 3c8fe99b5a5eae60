"""36 All layers with one rate: the plain fine-tuning that most people do.

Idea          features of things become features of faces when every layer may move
Descends from 35
Changed       all layers learn, as fast as each other
Command       python experiments/36_lite0_all_layers.py --data DIR

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
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
