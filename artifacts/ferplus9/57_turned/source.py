"""57 Turned: the network of two streams asked three times about every face, straight and turned to either side.

Idea          a network that has learnt from turned faces can be asked about the same face turned: what the answers share is the face, what
              differs is how it was cut out. Flip TTA does that with the mirror
Descends from 53, its network
Changed       the mean of the face as it is and turned by six degrees to either side; nothing is trained
Command       python experiments/57_turned.py --data DIR
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "53_two_streams"


@experiment(after=(PART,))
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"57 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
