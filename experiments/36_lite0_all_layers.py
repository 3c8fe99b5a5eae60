"""36 All layers with one rate: the plain fine-tuning that most people do.

Idea          features of things become features of faces when every layer may move
Descends from 35
Changed       all layers learn, as fast as each other
Command       python experiments/36_lite0_all_layers.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights imagenet, 3 epochs
accuracy 0.7689 (95 % interval 0.7559 to 0.7811, one seed), with flip TTA 0.7811
macro F1 0.4943 (with TTA 0.5043), calibration error 0.0386
FER+ protocol with TTA: accuracy 0.8528, macro F1 0.6129 (3553 pictures, eight classes)
votes: JS divergence 0.0982, Spearman of entropies 0.598, AUROC of uncertain 0.755
uncertain: 17% found by entropy at 5 % false alarms
3.38 M parameters, 8.8 ms per face on one CPU thread, trained in 23 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-29
--- end of measured ---

Finding       The largest step of the ladder: .7811 with flip TTA after three epochs (.8528 in the FER+ protocol), what the 48-px networks
              of this folder need many more epochs for. A million photographs of things are a good start for faces, if every layer may leave
              it
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment(quick={"epochs": 4, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 96,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 3,  # over all pictures
    lr: float = 2e-3,  # highest rate of the one-cycle schedule
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights, split="stages")
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
