"""43 Robust mean: the weights of the student before and after it learned what webcams do, averaged. This is the model that ships.

Idea          fine-tuning for poor pictures costs a little on good ones; on the straight line between the weights before and after it lies
              a network that keeps the one and gains the other (Wortsman et al. 2022, arXiv:2109.01903, "WiSE-FT"). Nothing is trained
Descends from 42 and 10
Changed       the weights: three parts of ten from 10, seven from 42
Command       python experiments/43_robust_mean.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       .
"""

from emofast.errors import EmofastError
from emofast.training import emotion_learner, experiment, get_dls, load_trained, vote_shares

PARTS = ("10_distilled_student", "42_poor_camera")


@experiment(after=PARTS)
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    share: float = 0.7,  # of 42 in the weights
):
    good, poor = (load_trained(data, name) for name in PARTS)
    if good is None or poor is None:
        raise EmofastError(f"43 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
    learn = emotion_learner(get_dls(data, size, bs, "votes", channels=1, votes=vote_shares(data)), "small_resnet_d")
    mean = {name: value.lerp(poor.model.state_dict()[name], share) if value.is_floating_point() else value
            for name, value in good.model.state_dict().items()}  # fmt: skip
    learn.model.load_state_dict(mean)
    return learn


if __name__ == "__main__":
    train.main()
