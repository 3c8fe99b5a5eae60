"""61 VGGFace: a third recogniser's body, at its own pictures' size, from the annotators' votes alone.

Idea          a MobileNet that tells the 9,131 people of VGGFace2 apart (Savchenko 2019, HSE_FaceRec_tf; Apache-2.0), in all their poses,
              ages and moods: a linear probe on its frozen features knows far more of expressions than one on SFace's
Descends from 58
Changed       the network and its weights; 128 then 160 px, since it halves a picture five times; fewer epochs
Command       python experiments/61_vggface.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not run yet
"""

from emofast.training import EMA, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 16,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    weights: str = "vggface2",  # where the network starts: vggface2, none, or a state-dict file
    small_size: int = 128,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 160,  # and of this many after it
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
