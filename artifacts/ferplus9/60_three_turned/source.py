"""60 Three streams, turned: the network of 59 asked three times about every face, straight and turned to either side.

Idea          as 57 with 53's network: what the answers to a face and to the same face turned share is the face
Descends from 59, its network, and 57
Changed       the network: 59's for 53's; nothing is trained
Command       python experiments/60_three_turned.py --data DIR
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "59_three_streams"


@experiment(after=(PART,))
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"60 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
