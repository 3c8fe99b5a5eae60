"""59 Three streams: the two of 53 and SFace's body, joined and trained on together.

Idea          two recognisers that learnt faces from different pictures, in different architectures and at different sizes, and a small
              network that has seen nothing but expressions: each errs in its own way
Descends from 53, and 58
Changed       the network: those of 53 and 58 side by side, their logits weighed by one more layer that begins as their mean; four epochs
              instead of six
Command       python experiments/59_three_streams.py --data DIR
"""

from emofast.errors import EmofastError
from emofast.training import (
    EMA,
    distill_shipped,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    strong_augmentation,
    two_streams,
    vote_shares,
)

PARTS = ("53_two_streams", "58_sface")


@experiment(after=PARTS)
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels; SFace sees them at 80, the smallest stream at 48
    bs: int = 64,  # batch size
    epochs: int = 4,  # over all fits
    lr: float = 3e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"59 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
    votes = distill_shipped(data, vote_shares(data), share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=augment)
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = two_streams(strong, first, second)
    last = epochs // 3
    learn.fit_one_cycle(epochs - last, lr, cbs=EMA())
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 3, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
