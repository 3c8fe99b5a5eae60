"""64 VGGFace at the competition's size: a body that has learnt faces, in colour, at the size it learnt them.

Idea          what VGGFace2's people look like is nearer to their moods than what a thousand kinds of things look like: a ResNet50 from
              VGGFace2 reached .5648 in the competition, and on ferplus9 this network is the best of one stream (61)
Descends from 30, and 61
Changed       the network and its weights; a rate that falls by three from head to stem instead of ten, since the stem knows faces already
Command       python experiments/64_large_vggface.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU
"""

from emofast.training import experiment, fine_tune_large


@experiment(large=True, quick={"epochs": 1, "size": 48})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 224,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 0.0015,  # highest rate of the head
    ratio: float = 3.0,  # of the head's rate to the stem's
    drop: float = 0.3,  # dropout before the classifier
    weights: str = "vggface2",  # where the network starts: vggface2, none, or a state-dict file
):
    return fine_tune_large(data, "vggface_mobilenet", weights, size, bs, epochs, lr, ratio, drop)


if __name__ == "__main__":
    train.main()
