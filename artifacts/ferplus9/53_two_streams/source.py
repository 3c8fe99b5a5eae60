"""53 Two streams: the body that knows faces and a network of our own, joined and trained on together.

Idea          a face of 128 px through filters that have seen three million faces, and the same face at 48 px through filters that have
              seen nothing but expressions: the two err differently, and together they are better than either (Simonyan and Zisserman
              2014, arXiv:1406.2199, join two streams so)
Descends from 52, and 54
Changed       the network: those of 52 and 54 side by side, their logits weighed by one more layer that begins as their mean; a few epochs
              at a low rate for all of it
Command       python experiments/53_two_streams.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       (running)
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

PARTS = ("52_dlib_longer", "54_grown_mean")


@experiment(after=PARTS)
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels; the second network sees them at 48
    bs: int = 64,  # batch size
    epochs: int = 6,  # over all fits
    lr: float = 3e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"53 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
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
