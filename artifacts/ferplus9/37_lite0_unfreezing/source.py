"""37 Gradual unfreezing and a rate for every stage.

Idea          a random head sends noise into a good body: let it learn first, then the late stages, then all of them, the early ones the
              slowest (Howard & Ruder 2018, arXiv:1801.06146)
Descends from 36
Changed       an epoch of the head alone, one of it and the last stage, the third of all with rates from a tenth up
Command       python experiments/37_lite0_unfreezing.py --data DIR

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
    epochs: int = 3,  # the last of which, at least, are of all layers
    lr: float = 2e-3,  # highest rate of the head; the stem has a tenth of it
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    for last in (-1, -2):  # the head alone, then the last stage too
        learn.freeze_to(last)
        learn.fit_one_cycle(1, lr, reset_opt=True)
    learn.unfreeze()
    learn.fit_one_cycle(max(1, epochs - 2), slice(lr / 10, lr), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
