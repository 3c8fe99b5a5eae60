"""56 Wide, taught by two streams: 22 again, with the best single network as its one teacher.

Idea          22 was the best network from nothing because its teachers were better than it. Now one network is better than all of those
              (53), half of which has seen three million faces: what it says of each training picture is a target that holds some of that
Descends from 22 and 53
Changed       the teacher: 53 alone
Command       python experiments/56_wide_taught.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 44 epochs
accuracy 0.8078 (95 % interval 0.7961 to 0.8196, one seed), with flip TTA 0.8098
macro F1 0.5854 (with TTA 0.5967), calibration error 0.0337
FER+ protocol with TTA: accuracy 0.8815, macro F1 0.7302 (3553 pictures, eight classes)
votes: JS divergence 0.0718, Spearman of entropies 0.716, AUROC of uncertain 0.786
uncertain: 18% found by entropy at 5 % false alarms
2.95 M parameters, 5.7 ms per face on one CPU thread, trained in 79 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       Negative: .8098 with flip TTA and .8815 in the FER+ protocol where 22, which seven weaker teachers taught, has .8152 and
              .8871; JS divergence .0718 (.0713). And it errs as its teacher does: the mean of the two, of the recorded probabilities, has
              .8897 in the FER+ protocol, less than 53 alone (.8914), where 53 and 19 have .8945, and 53 and 22 .8928. A better teacher
              made neither a better student nor a better partner
"""

from emofast.training import distill, experiment, three_stages, vote_shares

TEACHERS = ("53_two_streams",)


@experiment(after=TEACHERS, quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 128,  # batch size
    epochs: int = 44,  # over all fits
    lr: float = 0.004,  # highest rate of the one-cycle schedule
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.5,  # of the augmentation
    share: float = 0.5,  # of the teacher in the target
):
    votes = distill(data, vote_shares(data), TEACHERS, share)
    return three_stages(data, "wide_resnet_d", votes, epochs, bs, lr, drop, strength)


if __name__ == "__main__":
    train.main()
