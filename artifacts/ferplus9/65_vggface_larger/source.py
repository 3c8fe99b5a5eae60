"""65 VGGFace, larger: the same body on pictures nearer to the size it learnt faces at.

Idea          VGGFace2's network knows faces of 224 px, and halves a picture five times: at 160 px its last map has five fields a side, at
              208 px seven, as it learnt them. Enlarging adds no detail to 48 px, but it puts a mouth where the kernels expect one
Descends from 61
Changed       160 then 208 px instead of 128 then 160; two epochs fewer, since 61 no longer learnt in its last ones
Command       python experiments/65_vggface_larger.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not measured yet
"""

from emofast.training import EMA, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 14,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    weights: str = "vggface2",  # where the network starts: vggface2, none, or a state-dict file
    small_size: int = 160,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 208,  # and of this many after it
):
    votes = vote_shares(data)
    small, large, mild = (
        get_dls(data, s, bs, "votes", channels=1, votes=votes, augment=augment)
        for s, augment in ((small_size, strong_augmentation(strength)), (size, strong_augmentation(strength)), (size, face_augmentation()))
    )
    learn = emotion_learner(large, "vggface_mobilenet", weights, split="stages", drop=drop)  # it is used at the large size
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
