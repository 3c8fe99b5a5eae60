"""27 EfficientNet-Lite0 from ImageNet: the whole network fine-tuned, with weights that need no hub.

Idea          a million photographs of things teach edges, textures and shapes that faces have too; all layers move, the stem a tenth as
              fast as the head, which learns alone first (Howard & Ruder 2018, arXiv:1801.06146). Its weights come as a package
Descends from 04
Changed       the network and its weights, 96 px, votes as the target, moving average of the weights
Command       python experiments/27_lite0_imagenet.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured on photographs. On a few hundred drawn faces it learns: a check, not a result
"""

from emofast.training import EMA, emotion_learner, experiment, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 6, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 2e-3,  # highest rate of the head; the stem has a tenth of it
    drop: float = 0.2,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs, "votes", votes=vote_shares(data), augment=strong_augmentation(strength))
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages", drop=drop)
    if weights != "none":
        learn.freeze()
        learn.fit_one_cycle(1, lr)
        learn.unfreeze()
    learn.fit_one_cycle(epochs, slice(lr / 10, lr), cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
