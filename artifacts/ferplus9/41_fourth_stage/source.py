"""41 A fourth stage: twice the channels and half the pixels once more.

Idea          every step in width helped at 48 px (0.70, 1.57, 2.95 M parameters: 12, 13, 19). A fourth stage sees three pixels a side: 512
              channels cost little there, and the network is that of ResNet-18 (He et al. 2016, arXiv:1512.03385) with fewer blocks
Descends from 22
Changed       four stages of 64 to 512 channels instead of three of 48 to 256; 32 epochs; the shipped student is the one teacher
Command       python experiments/41_fourth_stage.py --data DIR

--- measured (written by the tool from result.json) ---
not measured
--- end of measured ---

Finding       Not measured
"""

from emofast.training import distill_shipped, experiment, three_stages, vote_shares


@experiment(quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 128,  # batch size
    epochs: int = 32,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    share: float = 0.5,  # of the student in the target
):
    votes = distill_shipped(data, vote_shares(data), share)
    return three_stages(data, "deep_resnet_d", votes, epochs, bs, lr, drop, strength)


if __name__ == "__main__":
    train.main()
