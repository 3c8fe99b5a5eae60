"""68 SFace, larger: the same body at the size it learnt faces at.

Idea          as 65: what the size did for VGGFace's body it may do for SFace's, which knows faces of 112 px and has been shown 64 and 80
Descends from 58
Changed       80 then 112 px instead of 64 then 80; 12 epochs instead of 26, since 58 had learnt all it would in its first half
Command       python experiments/68_sface_larger.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights sface, 12 epochs
accuracy 0.8154 (95 % interval 0.8037 to 0.8270, one seed), with flip TTA 0.8162
macro F1 0.5990 (with TTA 0.5933), calibration error 0.0428
FER+ protocol with TTA: accuracy 0.8888, macro F1 0.7197 (3553 pictures, eight classes)
votes: JS divergence 0.0699, Spearman of entropies 0.720, AUROC of uncertain 0.791
uncertain: 19% found by entropy at 5 % false alarms
3.22 M parameters, 14.7 ms per face on one CPU thread, trained in 60 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-12-01
--- end of measured ---

Finding       No better than 58, at twice its cost: .8162 with flip TTA and .8888 in the FER+ protocol (58: .8150, .8891), macro F1 there
              .720 (.761), JS divergence .0699 (.0690), Spearman of entropies .720 (.727). The size does not do for this body what it did
              for VGGFace's (65). Only the validation loss speaks for it, .692 at the end and still falling (58: .696 at its best, .700 at
              the end), while the training loss was .66 (.60): twelve epochs are too few for it, and more were not tried, at six minutes
              each. It errs in its own way, the mean of its recorded probabilities and 58's has .8223, .8939 and .0674; beside 66 it
              brings nothing (.8257, .8984; 66 alone: .8262, .9004), so it was not joined to it. The ensemble gives it 3 %
"""

from emofast.training import EMA, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 12,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    weights: str = "sface",  # where the network starts: sface, none, or a state-dict file
    small_size: int = 80,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 112,  # and of this many after it
):
    votes = vote_shares(data)
    small, large, mild = (
        get_dls(data, s, bs, "votes", channels=1, votes=votes, augment=augment)
        for s, augment in ((small_size, strong_augmentation(strength)), (size, strong_augmentation(strength)), (size, face_augmentation()))
    )
    learn = emotion_learner(large, "sface_mobilenet", weights, split="stages", drop=drop)  # it is used at the large size
    last = epochs // 8
    first = (epochs - last) * 4 // 7
    learn.dls = small
    learn.fit_one_cycle(first, lr, div_final=4, cbs=EMA())
    learn.dls = large
    learn.fit_one_cycle(epochs - last - first, lr, div=4, pct_start=0.1, cbs=EMA(), reset_opt=True)
    learn.dls = mild
    learn.fit_one_cycle(last, lr / 7.5, cbs=EMA(), reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
