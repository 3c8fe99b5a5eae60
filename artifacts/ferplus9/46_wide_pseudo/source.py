"""46 Wide on pseudo-labels: the wide network once more from nothing, with the test pictures.

Idea          what 45 does with a body that knows faces, done with the best network of our own: two bodies that learned from the same
              teachers err differently
Descends from 22 and 45
Changed       the target: votes and the shipped student's (43) predictions, half each, instead of seven teachers'; the test pictures
              with the predictions of the networks below; 16 epochs instead of 44
Command       python experiments/46_wide_pseudo.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       -
"""

from emofast.training import distill_shipped, experiment, pseudo_labels, three_stages, vote_shares

TEACHERS = (
    "10_distilled_student",
    "18_polish",
    "19_wide",
    "20_wide_balanced",
    "21_balanced_polish",
    "22_born_again",
    "23_wide_mixup",
    "24_born_again_balanced",
    "25_taught_restart",
    "26_dlib_face",
    "27_lite0_imagenet",
)


@experiment(after=TEACHERS, quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 128,  # batch size
    epochs: int = 16,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    share: float = 0.5,  # of the student in the target of the training pictures
):
    votes, pseudo = distill_shipped(data, vote_shares(data), share), pseudo_labels(data, TEACHERS)
    return three_stages(data, "wide_resnet_d", votes, epochs, bs, lr, drop, strength, pseudo=pseudo)


if __name__ == "__main__":
    train.main()
