"""28 EfficientNet-B1 at 240 px: what the best single network of the competition was.

Idea          all layers of an EfficientNet (Tan & Le 2019, arXiv:1905.11946) that learned from noisy students
              (Xie et al. 2020, arXiv:1911.04252), at the size it was made for; half of the epochs on smaller pictures
Descends from 27
Changed       the network, 240 px, progressive resizing, label smoothing
Command       python experiments/28_effnet_240.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU. Others reached .5736
              on the private half with this network, all layers and flip TTA
"""

from emofast.training import experiment, fine_tune_large


@experiment(large=True, quick={"epochs": 1, "size": 48})
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
    return fine_tune_large(data, "tf_efficientnet_b1.ns_jft_in1k", weights, size, bs, epochs, lr, ratio, drop)


if __name__ == "__main__":
    train.main()
