"""51 Grown student: the shipped network with more channels in its two later stages, which eight bits make as cheap as it was.

Idea          the small student has learned what it can hold; a wider one that begins by computing the same need not learn it again
              (Chen et al. 2015, arXiv:1511.05641, "Net2Net"). In eight bits it costs less than the small one in float32
Descends from 43, from its network, and 50
Changed       from 50: 80 and 176 channels instead of 64 and 128; the teacher is 43 alone, half of the target; a rate and dropout that suit
              channels that begin at random
Command       python experiments/51_grown_student.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       (running)
"""

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

START = "43_robust_mean"


def grow(large, small):
    """Copy a network into one with more channels. What the new channels compute goes nowhere at first, so both compute the same."""
    for name, value in small.state_dict().items():
        new = large.state_dict()[name]
        inside = tuple(slice(n) for n in value.shape)
        if value.ndim > 1:
            new[: value.shape[0], value.shape[1] :] = 0  # what old channels see of new ones
        new[inside] = value


@experiment(after=(START,), quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 40,  # over all fits
    lr: float = 0.003,  # highest rate of the one-cycle schedule
    drop: float = 0.2,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    poor: float = 0.3,  # share of the pictures that a poor camera takes
    share: float = 0.5,  # of the teacher in the target
):
    votes = distill(data, vote_shares(data), (START,), share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=[*augment, PoorCamera(poor)])
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = emotion_learner(strong, "small_resnet_d", drop=drop, widths=(32, 80, 176))
    before = load_trained(data, START)
    if before is not None:
        grow(learn.model, before.model)
    polish = epochs // 8
    learn.fit_one_cycle(epochs - polish, lr, cbs=[EMA()])
    learn.dls = mild
    learn.fit_one_cycle(polish, 0.15 * lr, cbs=[EMA()], reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
