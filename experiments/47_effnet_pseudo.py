"""47 EfficientNet-B1 on pseudo-labels: the best single network of the competition, taught by the committee on its test pictures.

Idea          a competition gives out its test pictures; what a committee of networks says of them is right more often than any of them, and
              soft (Lee 2013, "Pseudo-Label"). 45 does it with small pictures, this with those of the competition
Descends from 28, and its committee with 29, 30 and 33
Changed       the test pictures, with the committee's predictions; classes, or votes where there are some, as shares
Command       python experiments/47_effnet_pseudo.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU
"""

from emofast.training import experiment, fine_tune_large, pseudo_labels

TEACHERS = ("28_effnet_240", "29_convnext_22k", "30_resnet50", "33_clip_vit")


@experiment(after=TEACHERS, large=True, quick={"epochs": 1, "size": 48})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 240,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 0.002,  # highest rate of the head
    ratio: float = 10.0,  # of the head's rate to the stem's
    drop: float = 0.3,  # dropout before the classifier
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    pseudo = pseudo_labels(data, TEACHERS)
    return fine_tune_large(data, "tf_efficientnet_b1.ns_jft_in1k", weights, size, bs, epochs, lr, ratio, drop, pseudo)


if __name__ == "__main__":
    train.main()
