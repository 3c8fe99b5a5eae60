"""63 Four streams, turned: the network of 62 asked three times about every face, straight and turned to either side.

Idea          as 57 and 60: what the answers to a face and to the same face turned share is the face
Descends from 62, its network, and 60
Changed       the network: 62's for 59's; nothing is trained
Command       python experiments/63_four_turned.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not run yet
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "62_four_streams"


@experiment(after=(PART,), quick={"size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 160,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"63 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
