"""26 dlib's face recogniser: a body that has seen three million faces learns expressions.

Idea          who tells three million faces apart has filters for eyes, brows and mouths, and must only learn what they mean: 29 layers of
              Davis King's recogniser (dlib 2017, public domain) instead of a start from nothing. Its affine layers become batch norms
              again by the moments of faces; the stem keeps more of what it knows than the head (Howard & Ruder 2018, arXiv:1801.06146)
Descends from 22
Changed       the network and its weights; rates by stage; 64 then 80 px, as dlib's filters want larger faces; half of the target is the
              shipped student's opinion, with flip TTA, instead of seven teachers'
Command       python experiments/26_dlib_face.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       not measured yet
"""

from emofast.training import (
    EMA,
    distill_shipped,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    strong_augmentation,
    vote_shares,
)


@experiment()
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 24,  # over all fits
    lr: float = 0.0015,  # highest rate of the head; the stem's is a fifth of it
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the shipped student in the target
    weights: str = "dlib",  # where the network starts: dlib, none, or a state-dict file
):
    votes = distill_shipped(data, vote_shares(data), share)
    small, large, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=augment)
        for size, augment in ((64, strong_augmentation(strength)), (80, strong_augmentation(strength)), (80, face_augmentation()))
    )
    learn = emotion_learner(large, "dlib_face_resnet", weights, split="stages", drop=drop)  # it is used at the large size
    last = epochs // 8
    first = (epochs - last) * 4 // 7
    for dls, n, rates, schedule in (
        (small, first, slice(lr / 5, lr), {"div_final": 4}),
        (large, epochs - last - first, slice(lr / 5, lr), {"div": 4, "pct_start": 0.1}),
        (mild, last, slice(lr / 30, lr / 7.5), {}),
    ):
        if n:  # a stage that is a share of very few epochs
            learn.dls = dls
            learn.fit_one_cycle(n, rates, cbs=EMA(), reset_opt=True, **schedule)
    return learn


if __name__ == "__main__":
    train.main()
