"""34 EfficientNet-Lite0 from nothing: the foot of the ladder of fine-tuning.

Idea          what three epochs make of a network that knows nothing; every step above it (35 to 40, 27) starts from ImageNet instead,
              as 96-px colour pictures with one label each, which is what the competition has
Descends from 01
Changed       the network; 96 px; 3 epochs
Command       python experiments/34_lite0_from_nothing.py --data DIR

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
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", split="stages")
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
