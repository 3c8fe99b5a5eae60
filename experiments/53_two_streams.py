"""53 Two streams: the body that knows faces and a network of our own, joined and trained on together.

Idea          a face of 128 px through filters that have seen three million faces, and the same face at 48 px through filters that have
              seen nothing but expressions: the two err differently, and together they are better than either (Simonyan and Zisserman
              2014, arXiv:1406.2199, join two streams so)
Descends from 52, and 54
Changed       the network: those of 52 and 54 side by side, their logits weighed by one more layer that begins as their mean; a few epochs
              at a low rate for all of it, half of the target from the shipped student (43 then)
Command       python experiments/53_two_streams.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 6 epochs
accuracy 0.8189 (95 % interval 0.8074 to 0.8304, one seed), with flip TTA 0.8184
macro F1 0.6186 (with TTA 0.6074), calibration error 0.0402
FER+ protocol with TTA: accuracy 0.8914, macro F1 0.7465 (3553 pictures, eight classes)
votes: JS divergence 0.0697, Spearman of entropies 0.728, AUROC of uncertain 0.795
uncertain: 22% found by entropy at 5 % false alarms
7.36 M parameters, 11.2 ms per face on one CPU thread, trained in 23 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       The best single network before 57, which is this one: .8184 with flip TTA, .8914 in the FER+ protocol and JS divergence .0697
              (52: .8127, .8863, .0705; 54: .8135, .8880, .0746; 22: .8152, .8871, .0713); .8189 without TTA. Their plain mean, of the
              recorded probabilities, has .8176, .8902 and .0708: most of the gain is the committee, and six epochs together add the rest,
              within the noise. Macro F1 in the FER+ protocol is .747 (52: .725, 54: .726). The price is time, that of both: not for the
              webcam
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

PARTS = ("52_dlib_longer", "54_grown_mean")


@experiment(after=PARTS)
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels; the second network sees them at 48
    bs: int = 64,  # batch size
    epochs: int = 6,  # over all fits
    lr: float = 3e-4,  # highest rate of the one-cycle schedule
    strength: float = 0.6,  # of the augmentation
    share: float = 0.5,  # of the shipped student in the target
):
    first, second = (load_trained(data, name) for name in PARTS)
    if first is None or second is None:
        raise EmofastError(f"53 is made of the trained networks of {' and '.join(PARTS)}; run them on {data.name} first.")
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
