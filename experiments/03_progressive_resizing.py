"""03 Progressive resizing: learn on small pictures first, which is quick, and finish on large ones.

Idea          a convolutional network carries over from one picture size to another; half of the epochs on 32 px cost less than half as
              much, and the change of scale regularises (fast.ai's DAWNBench entry, 2018; Howard & Gugger 2020)
Descends from 12
Changed       the first half of the epochs sees 32-px pictures
Command       python experiments/03_progressive_resizing.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 16 epochs
accuracy 0.7877 (95 % interval 0.7752 to 0.7998, one seed), with flip TTA 0.7909
macro F1 0.5423 (with TTA 0.5465), calibration error 0.1079
FER+ protocol with TTA: accuracy 0.8610, macro F1 0.6683 (3553 pictures, eight classes)
votes: JS divergence 0.0901, Spearman of entropies 0.675, AUROC of uncertain 0.774
uncertain: 14% found by entropy at 5 % false alarms
0.70 M parameters, 2.2 ms per face on one CPU thread, trained in 12 min a seed
Intel(R) Xeon(R) Processor, 2 cores, bf16 (this CPU has AMX tiles)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-22
recorded at 71b62ca, by an earlier version of the training code that kept the epoch that validated best; the present script gives
the same losses, to the last bit, in a short seeded run (artifacts/bench/carried.csv)
--- end of measured ---

Finding       Little to gain on pictures of 48 px: an epoch at 32 px takes three quarters of one at 48 px (38 and 52 s), and the result is
              half a point below 12 with TTA, within the noise of one run. What the small pictures lack, the second half brings back
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment(tour=True)
def train(
    data,  # the data set: a folder, or "sample"
    small: int = 32,  # pictures of the first half
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 16,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
):
    first, then = (get_dls(data, s, bs, "votes", channels=1) for s in (small, size))
    learn = emotion_learner(then, "small_resnet", drop=drop)  # it is used at the large size
    learn.dls = first
    learn.fit_one_cycle(epochs // 2, lr)
    learn.dls = then  # `get_dls` normalises at any size
    learn.fit_one_cycle(epochs - epochs // 2, lr, reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
