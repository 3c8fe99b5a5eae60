"""68 SFace, larger: the same body at the size it learnt faces at.

Idea          as 65: what the size did for VGGFace's body it may do for SFace's, which knows faces of 112 px and has been shown 64 and 80
Descends from 58
Changed       80 then 112 px instead of 64 then 80; 12 epochs instead of 26, since 58 had learnt all it would in its first half
Command       python experiments/68_sface_larger.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       not measured
"""

from emofast.training import EMA, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 12,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    weights: str = "sface",  # where the network starts: sface, none, or a state-dict file
    small_size: int = 80,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 112,  # and of this many after it
):
    votes = vote_shares(data)
    small, large, mild = (
        get_dls(data, s, bs, "votes", channels=1, votes=votes, augment=augment)
        for s, augment in ((small_size, strong_augmentation(strength)), (size, strong_augmentation(strength)), (size, face_augmentation()))
    )
    learn = emotion_learner(large, "sface_mobilenet", weights, split="stages", drop=drop)  # it is used at the large size
    last = epochs // 8
    first = (epochs - last) * 4 // 7
    learn.dls = small
    learn.fit_one_cycle(first, lr, div_final=4, cbs=EMA())
    learn.dls = large
    learn.fit_one_cycle(epochs - last - first, lr, div=4, pct_start=0.1, cbs=EMA(), reset_opt=True)
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 7.5, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
