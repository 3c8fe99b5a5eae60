"""27 EfficientNet-Lite0 from ImageNet: what the ladder of fine-tuning (34 to 40) leaves standing, for longer.

Idea          a million photographs of things teach edges, textures and shapes that faces have too, and all layers may leave them at one
              rate; votes as the target, and the moving average of the weights, since no step is small. Its weights come as a package
Descends from 40
Changed       five epochs, moving average of the weights
Command       python experiments/27_lite0_imagenet.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured yet
"""

from emofast.training import EMA, emotion_learner, experiment, get_dls, vote_shares


@experiment(quick={"epochs": 6, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 5,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    drop: float = 0.2,  # dropout before the classifier
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs, "votes", votes=vote_shares(data))
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages", drop=drop)
    learn.fit_one_cycle(epochs, lr, cbs=EMA())
    return learn


if __name__ == "__main__":
    train.main()
