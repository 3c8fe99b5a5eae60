"""19 Wide: twice the network, three stages of training, half the augmentation.

Idea          13 and 18 say that full strong augmentation holds a network back, and that it should end on faces as they are used. On a CPU
              most time goes into the few channels of the first, largest maps: a network that is narrow there and wide behind has twice the
              parameters for a fifth more time. Small pictures first make up for that (Tan & Le 2021, arXiv:2104.00298)
Descends from 13 and 18
Changed       a wider network; half the strength of augmentation; 36 px, then 48 px, then mild augmentation at a low rate, in one run
Command       python experiments/19_wide.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 44 epochs
accuracy 0.8105 (95 % interval 0.7985 to 0.8223, one seed), with flip TTA 0.8125
macro F1 0.5994 (with TTA 0.5978), calibration error 0.0327
FER+ protocol with TTA: accuracy 0.8863, macro F1 0.7361 (3553 pictures, eight classes)
votes: JS divergence 0.0713, Spearman of entropies 0.717, AUROC of uncertain 0.792
uncertain: 22% found by entropy at 5 % false alarms
2.95 M parameters, 6.0 ms per face on one CPU thread, trained in 79 min a seed
Intel(R) Xeon(R) Processor, 2 cores, bf16 (this CPU has AMX tiles)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-23
recorded at 381adc0, by an earlier version of the training code that kept the epoch that validated best; the present script gives
the same losses, to the last bit, in a short seeded run (artifacts/bench/carried.csv)
--- end of measured ---

Finding       The best single network before 22: .8125 with flip TTA and .8863 in the FER+ protocol (18: .8091 and .8832), macro F1 .736
              (.711): within the noise of one run each, but all in one direction. What did it, width, stages or augmentation, was not
              measured apart. The training loss ends below the validation loss, where in 13 it stayed above; and the polish that gave 18
              its gain gave nothing here (validation loss .711 before and after). It cost 79 minutes beside 85 of 13 and 18 together
"""

from emofast.training import experiment, three_stages, vote_shares


@experiment(quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 128,  # batch size
    epochs: int = 44,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
):
    return three_stages(data, "wide_resnet_d", vote_shares(data), epochs, bs, lr, drop, strength)


if __name__ == "__main__":
    train.main()
