"""54 Grown mean: half way between the network that 51 began with and the one it became. This is the model that ships.

Idea          43 lies between the weights before and after an adaptation and has the better of both (Wortsman et al. 2022,
              arXiv:2109.01903, "WiSE-FT"). 51 began as 43 with idle channels: on the line between the two the new channels come in by half.
              Nothing is trained
Descends from 51 and 43
Changed       the weights: the mean of 51's start and end. The start is drawn again: the same seed and the same calls give the same channels
Command       python experiments/54_grown_mean.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       (running)
"""

from emofast.errors import EmofastError
from emofast.training import (
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

START, END = "43_robust_mean", "51_grown_student"


def grow(large, small):
    """Copy a network into one with more channels. What the new channels compute goes nowhere at first, so both compute the same."""
    for name, value in small.state_dict().items():
        new = large.state_dict()[name]
        if value.ndim > 1:
            new[: value.shape[0], value.shape[1] :] = 0  # what old channels see of new ones
        new[tuple(slice(n) for n in value.shape)] = value


@experiment(after=(START, END))
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    share: float = 0.5,  # of 51's end in the weights
):
    # as 51 begins, call by call: each of them draws random numbers
    votes = distill(data, vote_shares(data), (START,), 0.5)
    dls, _ = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=[*augment, PoorCamera(0.3)])
        for augment in (strong_augmentation(0.6), face_augmentation())
    )
    learn = emotion_learner(dls, "small_resnet_d", drop=0.2, widths=(32, 80, 176))
    before, after = (load_trained(data, name) for name in (START, END))
    if before is None or after is None:
        raise EmofastError(f"54 is made of the trained networks of {START} and {END}; run them on {data.name} first.")
    grow(learn.model, before.model)
    mean = {name: value.lerp(after.model.state_dict()[name], share) if value.is_floating_point() else value
            for name, value in learn.model.state_dict().items()}  # fmt: skip
    learn.model.load_state_dict(mean)
    return learn


if __name__ == "__main__":
    train.main()
