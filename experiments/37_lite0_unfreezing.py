"""37 Gradual unfreezing and a rate for every stage.

Idea          a random head sends noise into a good body: let it learn first, then the late stages, then all of them, the early ones the
              slowest (Howard & Ruder 2018, arXiv:1801.06146)
Descends from 36
Changed       an epoch of the head alone, one of it and the last stage, the third of all with rates from a tenth up
Command       python experiments/37_lite0_unfreezing.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights imagenet, 3 epochs
accuracy 0.7252 (95 % interval 0.7115 to 0.7385, one seed), with flip TTA 0.7304
macro F1 0.4374 (with TTA 0.4416), calibration error 0.0296
FER+ protocol with TTA: accuracy 0.7990, macro F1 0.5309 (3553 pictures, eight classes)
votes: JS divergence 0.1182, Spearman of entropies 0.526, AUROC of uncertain 0.707
uncertain: 16% found by entropy at 5 % false alarms
3.38 M parameters, 16.1 ms per face on one CPU thread, trained in 21 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-29
--- end of measured ---

Finding       Five points below 36 (.7304 with flip TTA) for as many epochs: two of the three move little, and in the third the stem has a
              tenth of the rate. Faces are far from ImageNet, and with 23,000 of them the early layers had better move too. Longer last fits
              were not tried
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # the last of which, at least, are of all layers
    lr: float = 2e-3,  # highest rate of the head; the stem has a tenth of it
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    for last in (-1, -2):  # the head alone, then the last stage too
        learn.freeze_to(last)
        learn.fit_one_cycle(1, lr, reset_opt=True)
    learn.unfreeze()
    learn.fit_one_cycle(max(1, epochs - 2), slice(lr / 10, lr), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
