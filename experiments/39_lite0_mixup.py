"""39 Mixup on a pretrained network.

Idea          blends of two faces and of their labels (Zhang et al. 2018, arXiv:1710.09412), where the network has few pictures for its size
Descends from 36
Changed       mixup
Command       python experiments/39_lite0_mixup.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights imagenet, 3 epochs
accuracy 0.7581 (95 % interval 0.7449 to 0.7708, one seed), with flip TTA 0.7659
macro F1 0.5059 (with TTA 0.5136), calibration error 0.0333
FER+ protocol with TTA: accuracy 0.8390, macro F1 0.6320 (3553 pictures, eight classes)
votes: JS divergence 0.1012, Spearman of entropies 0.578, AUROC of uncertain 0.749
uncertain: 15% found by entropy at 5 % false alarms
3.38 M parameters, 12.3 ms per face on one CPU thread, trained in 24 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-29
--- end of measured ---

Finding       1.5 points below 36 (.7659 with flip TTA): three epochs are too few to overfit, which is what mixup is against. It finds rare
              classes a little better (macro F1 .514, 36: .504)
"""

from emofast.training import MixUp, emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    alpha: float = 0.2,  # of mixup's Beta distribution
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.fit_one_cycle(epochs, lr, cbs=MixUp(alpha))
    return learn


if __name__ == "__main__":
    train.main()
