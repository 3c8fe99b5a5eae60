"""72 Six streams: the five of 66 and VGGFace's body as taught by networks with other bodies, joined and trained on together.

Idea          as 62 and 66: 70 alone knows nearly as much as all five, and errs in its own way
Descends from 66, and 70
Changed       the network: those of 66 and 70 side by side, their logits weighed by one more layer that begins as their mean
Command       python experiments/72_six_streams.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.errors import EmofastError
from emofast.training import EMA, distill_shipped, experiment, get_dls, load_trained, strong_augmentation, two_streams, vote_shares

PARTS = ("70_vggface_taught", "66_five_streams")


@experiment(after=PARTS, quick={"epochs": 1, "size": 72})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 208,  # pictures become squares of this many pixels; four of the streams see them at 160
    bs: int = 32,  # batch size
    epochs: int = 1,
    lr: float = 2e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.25,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"72 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
    votes = distill_shipped(data, vote_shares(data), share)
    dls = get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=strong_augmentation(strength))
    learn = two_streams(dls, first, second)
    learn.fit_one_cycle(epochs, lr, cbs=EMA())
    return learn


if __name__ == "__main__":
    train.main()
