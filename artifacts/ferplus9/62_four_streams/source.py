"""62 Four streams: the three of 59 and VGGFace's body, joined and trained on together.

Idea          as 59: one more recogniser, which learnt from other pictures at another size, errs in its own way
Descends from 59, and 61
Changed       the network: those of 59 and 61 side by side, their logits weighed by one more layer that begins as their mean; three epochs
              instead of four, the last of them mild; the student is a quarter of the target instead of half
Command       python experiments/62_four_streams.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not run yet
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

PARTS = ("61_vggface", "59_three_streams")


@experiment(after=PARTS, quick={"epochs": 3, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 160,  # pictures become squares of this many pixels; the three streams see them at 128
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all fits
    lr: float = 3e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.25,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"62 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
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
