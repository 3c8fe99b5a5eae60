"""07 Mixup on ConvNeXt: blend pairs of faces and their labels, so that a large network cannot learn pictures by heart.

Idea          train on convex mixtures of two pictures, and of their losses (mixup: Zhang et al. 2018, arXiv:1710.09412),
              on a small ConvNeXt (Liu et al. 2022, arXiv:2201.03545)
Descends from 01
Changed       the network, and mixup with alpha 0.4
Command       python experiments/07_mixup_convnext.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 8 epochs
accuracy 0.5635 (95 % interval 0.5483 to 0.5777, one seed), with flip TTA 0.5652
macro F1 0.2545 (with TTA 0.2505), calibration error 0.0420
FER+ protocol with TTA: accuracy 0.6217, macro F1 0.2989 (3553 pictures, eight classes)
votes: JS divergence 0.2141, Spearman of entropies 0.283, AUROC of uncertain 0.643
3.38 M parameters, 4.8 ms per face on one CPU thread, trained in 25 min a seed
Intel(R) Xeon(R) Processor, 2 cores, bf16 (this CPU has AMX tiles)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-22
recorded at c7f844c, by an earlier version of the training code that kept the epoch that validated best; the present script gives
the same losses, to the last bit, in a short seeded run (artifacts/bench/carried.csv)
--- end of measured ---

Finding       Negative: 20 points below its ancestor. Two things in one: a ConvNeXt whose stem keeps one value of 4x4 pixels throws away
              most of a 48-px photograph and has no pretrained weights to make up for it, and mixup slows learning that eight epochs do
              not finish: training and validation loss still fall at the end. Which of the two weighs more was not measured. With
              pretrained weights, larger pictures and more epochs this order may turn. (Timed on one thread of a busy machine.)
"""

from emofast.training import MixUp, emotion_learner, experiment, get_dls, muon

# a stem that keeps the detail of small faces; no scale by which layers begin as nothing; dense layers as convolutions, which Muon takes
FROM_NOTHING = {"patch_size": 2, "ls_init_value": None, "conv_mlp": True}


@experiment()
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # over all fits
    lr: float = 0.01,  # highest rate of the one-cycle schedule
    alpha: float = 0.4,  # of mixup's Beta distribution
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    if weights == "none":
        learn = emotion_learner(dls, "convnext_atto", weights, opt_func=muon, **FROM_NOTHING)
    else:
        learn = emotion_learner(dls, "convnext_atto", weights)
    learn.fit_one_cycle(epochs, lr, cbs=[MixUp(alpha)])
    return learn


if __name__ == "__main__":
    train.main()
