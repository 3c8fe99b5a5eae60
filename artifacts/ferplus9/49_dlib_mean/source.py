"""49 dlib's body, averaged: the weights of 45 and of its second cycle, half each.

Idea          two cycles of one schedule end in two minima of one plain, and what lies between them errs less than either (Izmailov et
              al. 2018, arXiv:1803.05407, "SWA"; Wortsman et al. 2022, arXiv:2203.05482, "model soups"). Nothing is trained
Descends from 48 and 45
Changed       the weights
Command       python experiments/49_dlib_mean.py --data DIR
"""

from emofast.errors import EmofastError
from emofast.training import emotion_learner, experiment, get_dls, load_trained, vote_shares

PARTS = ("45_pseudo_labels", "48_dlib_again")


@experiment(after=PARTS, quick={"size": 80})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    share: float = 0.5,  # of 48 in the weights
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"49 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
    dls = get_dls(data, size, bs, "votes", channels=1, votes=vote_shares(data))
    learn = emotion_learner(dls, "dlib_face_resnet", "none", split="stages")
    mean = {name: value.lerp(second.model.state_dict()[name], share) if value.is_floating_point() else value
            for name, value in first.model.state_dict().items()}  # fmt: skip
    learn.model.load_state_dict(mean)
    return learn


if __name__ == "__main__":
    train.main()
