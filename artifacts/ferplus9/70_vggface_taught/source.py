"""70 VGGFace, taught: half of the target from networks with other bodies, so that it learns fewer votes by heart.

Idea          65 learns by heart: in its last seven epochs the training loss fell by a fifth, and the validation loss did not move. What
              networks answer for a training picture is smoother than ten people's votes; 65 itself and three other bodies err differently
Descends from 65
Changed       half of the target from 59 (dlib's body, SFace's and the student that ships) and 65
Command       python experiments/70_vggface_taught.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.training import EMA, distill, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares

TEACHERS = ("59_three_streams", "65_vggface_larger")


@experiment(after=TEACHERS, quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 14,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the teachers in the target
    weights: str = "vggface2",  # where the network starts: vggface2, none, or a state-dict file
    small_size: int = 160,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 208,  # and of this many after it
):
    votes = distill(data, vote_shares(data), TEACHERS, share)
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
