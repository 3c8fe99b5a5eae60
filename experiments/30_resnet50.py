"""30 ResNet50: the network that every table has.

Idea          a ResNet50 (He et al. 2016, arXiv:1512.03385) with the weights of a modern training (Wightman et al. 2021,
              arXiv:2110.00476), for the committee: it errs differently from 28 and 29
Descends from 27
Changed       the network, 224 px
Command       python experiments/30_resnet50.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU. Pretrained on faces
              (VGGFace2) it reached .5648 in the competition; these weights have seen things only
"""

from emofast.training import experiment, fine_tune_large


@experiment(large=True, quick={"epochs": 1, "size": 48})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 224,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 0.002,  # highest rate of the head
    ratio: float = 10.0,  # of the head's rate to the stem's
    drop: float = 0.2,  # dropout before the classifier
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    return fine_tune_large(data, "resnet50.a1_in1k", weights, size, bs, epochs, lr, ratio, drop)


if __name__ == "__main__":
    train.main()
