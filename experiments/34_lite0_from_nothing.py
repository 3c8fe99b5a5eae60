"""34 EfficientNet-Lite0 from nothing: the foot of the ladder of fine-tuning.

Idea          what three epochs make of a network that knows nothing; every step above it (35 to 40, 27) starts from ImageNet instead,
              as 96-px colour pictures with one label each, which is what the competition has
Descends from 01
Changed       the network; 96 px; 3 epochs
Command       python experiments/34_lite0_from_nothing.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 3 epochs
accuracy 0.5299 (95 % interval 0.5147 to 0.5441, one seed), with flip TTA 0.5461
macro F1 0.2354 (with TTA 0.2428), calibration error 0.0223
FER+ protocol with TTA: accuracy 0.6017, macro F1 0.2926 (3553 pictures, eight classes)
votes: JS divergence 0.2212, Spearman of entropies 0.255, AUROC of uncertain 0.603
uncertain: 8% found by entropy at 5 % false alarms
3.38 M parameters, 18.5 ms per face on one CPU thread, trained in 18 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-29
--- end of measured ---

Finding       .5461 with flip TTA: three epochs are far too few for 3.4 M weights that begin at random. Even ImageNet's features as they are
              read more from a face (35: .6213), and the same three epochs from ImageNet's weights .7811 (36)
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", split="stages")
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
