"""29 ConvNeXt from ImageNet-22k: twenty-two thousand classes before nine.

Idea          a ConvNeXt (Liu et al. 2022, arXiv:2201.03545) whose weights have seen fourteen million pictures; a gentle rate for
              the body, a twentieth of the head's at the stem
Descends from 27
Changed       the network and its weights, 224 px
Command       python experiments/29_convnext_22k.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU. 07 shows what a
              ConvNeXt without pretrained weights does on small pictures
"""

from emofast.training import experiment, fine_tune_large


@experiment(large=True, quick={"epochs": 1, "size": 48})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 224,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 0.001,  # highest rate of the head
    ratio: float = 20.0,  # of the head's rate to the stem's
    drop: float = 0.2,  # dropout before the classifier
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    return fine_tune_large(data, "convnext_tiny.fb_in22k_ft_in1k", weights, size, bs, epochs, lr, ratio, drop)


if __name__ == "__main__":
    train.main()
