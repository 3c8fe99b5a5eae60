"""59 Three streams: the two of 53 and SFace's body, joined and trained on together.

Idea          two recognisers that learnt faces from different pictures, in different architectures and at different sizes, and a small
              network that has seen nothing but expressions: each errs in its own way
Descends from 53, and 58
Changed       the network: those of 53 and 58 side by side, their logits weighed by one more layer that begins as their mean; four epochs
              instead of six
Command       python experiments/59_three_streams.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 4 epochs
accuracy 0.8201 (95 % interval 0.8086 to 0.8314, one seed), with flip TTA 0.8223
macro F1 0.6100 (with TTA 0.6193), calibration error 0.0282
FER+ protocol with TTA: accuracy 0.8956, macro F1 0.7684 (3553 pictures, eight classes)
votes: JS divergence 0.0680, Spearman of entropies 0.735, AUROC of uncertain 0.796
uncertain: 21% found by entropy at 5 % false alarms
10.57 M parameters, 18.9 ms per face on one CPU thread, trained in 21 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       Before 62 the best single network that looks once: .8223 with flip TTA and .8956 in the FER+ protocol, macro F1 there .768,
              JS divergence .0680 (53: .8184, .8914, .747, .0697; 58: .8150, .8891, .761, .0690), .8201 without TTA. The mean of the
              recorded probabilities of 53 and 58 has .8194, .8916, .753 and .0673: the epochs together bring accuracy and cost a little
              of the votes' spread, as half of the target is the student's. The validation loss is .685 from the first epoch on and .683
              after the mild one (53: .687): two epochs would have done. It costs 19 ms a face
"""

from emofast.errors import EmofastError
from emofast.training import (
    EMA,
    distill_shipped,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    strong_augmentation,
    two_streams,
    vote_shares,
)

PARTS = ("53_two_streams", "58_sface")


@experiment(after=PARTS)
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels; SFace sees them at 80, the smallest stream at 48
    bs: int = 64,  # batch size
    epochs: int = 4,  # over all fits
    lr: float = 3e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"59 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
    votes = distill_shipped(data, vote_shares(data), share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=augment)
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = two_streams(strong, first, second)
    last = epochs // 3
    learn.fit_one_cycle(epochs - last, lr, cbs=EMA())
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 3, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
