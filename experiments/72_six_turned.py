"""72 Six streams, turned: 71 asked about every face three times, straight and six degrees to either side.

Idea          as 57, 60, 63 and 67: what the answers to a face and to the same face turned share is the face
Descends from 71, its network, and 67
Changed       the network: 71's for 66's; nothing is trained
Command       python experiments/72_six_turned.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "71_six_streams"


@experiment(after=(PART,), quick={"size": 72})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 208,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"72 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
