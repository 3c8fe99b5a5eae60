"""04 Discriminative fine-tuning: unfreeze from the head down, and let early layers learn more slowly than late ones.

Idea          early layers of a pretrained network already know edges and textures; they should move little (Howard & Ruder 2018,
              arXiv:1801.06146: gradual unfreezing and a rate per stage). Without pretrained weights there is nothing to keep:
              then only the rates per stage are left, from a tenth at the stem up to the full rate at the head
Descends from 01
Changed       gradual unfreezing (pretrained weights only) and stage-wise rates
Command       python experiments/04_discriminative.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 8 epochs
accuracy 0.7331 (95 % interval 0.7196 to 0.7461, one seed), with flip TTA 0.7456
macro F1 0.4882 (with TTA 0.5000), calibration error 0.0256
FER+ protocol with TTA: accuracy 0.8156, macro F1 0.6091 (3553 pictures, eight classes)
votes: JS divergence 0.1139, Spearman of entropies 0.528, AUROC of uncertain 0.720
uncertain: 12% found by entropy at 5 % false alarms
4.93 M parameters, 4.0 ms per face on one CPU thread, trained in 16 min a seed
Intel(R) Xeon(R) Processor, 2 cores, bf16 (this CPU has AMX tiles)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-22
recorded at 6253f7c, by an earlier version of the training code that kept the epoch that validated best; the present script gives
the same losses, to the last bit, in a short seeded run (artifacts/bench/carried.csv)
--- end of measured ---

Finding       Worse than 01 (.7456 and .7696 with TTA), and by more than the noise: from nothing, early layers have everything to learn,
              and a tenth of the rate only holds them back. The technique is for pretrained weights, which this data set was not measured
              with
"""

from emofast.training import emotion_learner, experiment, get_dls


@experiment()
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 64,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    weights: str = "imagenet",  # where the network starts: imagenet, none, or a state-dict file
):
    dls = get_dls(data, size, bs)
    learn = emotion_learner(dls, "resnet10t", weights, split="stages")
    if weights != "none":
        for last in (-1, -2):  # the head alone, then the last stage too
            learn.freeze_to(last)
            learn.fit_one_cycle(1, lr, reset_opt=True)
        learn.unfreeze()
    learn.fit_one_cycle(epochs, slice(lr / 10, lr), reset_opt=True)  # fastai spreads the rates over the stages
    return learn


if __name__ == "__main__":
    train.main()
