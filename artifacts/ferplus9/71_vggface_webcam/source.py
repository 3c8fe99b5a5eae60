"""71 VGGFace for the webcam: the network of 70 goes on, on smaller pictures, half of them as webcams take them.

Idea          what ships has 2 ms a face on one thread of a processor. That is VGGFace's body at 112 px, with what 70 has learnt at 208; the
              students that shipped so far learnt faces from these pictures alone
Descends from 70, from its trained network, and 42
Changed       from 70: 112 px; poor cameras; its own answers and 59's are seven parts of ten of the target. From 42: the network
Command       python experiments/71_vggface_webcam.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.errors import EmofastError
from emofast.training import (
    EMA,
    PoorCamera,
    distill,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    strong_augmentation,
    vote_shares,
)

START = "70_vggface_taught"
TEACHERS = (START, "59_three_streams")


@experiment(after=TEACHERS, quick={"epochs": 8, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 112,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 14,  # over all fits
    lr: float = 1e-3,  # highest rate, of all layers
    drop: float = 0.2,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    poor: float = 0.4,  # share of the pictures that a poor camera takes
    share: float = 0.7,  # of the teachers in the target
):
    start = load_trained(data, START)
    if start is None:
        raise EmofastError(f"71 goes on with the trained network of {START}; run it on {data.name} first.")
    votes = distill(data, vote_shares(data), TEACHERS, share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=[*augment, PoorCamera(poor)])
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = emotion_learner(strong, "vggface_mobilenet", split="stages", drop=drop)
    learn.model.load_state_dict(start.model.state_dict())
    last = epochs // 7
    learn.fit_one_cycle(epochs - last, lr, cbs=EMA())
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 7.5, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
