"""58 SFace: another recogniser's body learns expressions, from the annotators' votes alone.

Idea          OpenCV Zoo's SFace (Zhong et al. 2021, arXiv:2205.12010; Apache-2.0) tells people apart better than dlib's network, and a
              linear probe on its frozen features knows more of expressions. It is a MobileNet: depthwise convolutions and no shortcuts
Descends from 52
Changed       the network and its weights; 64 then 80 px, since it keeps a picture's full size for three layers; nobody teaches, so that it
              errs in its own way beside 53
Command       python experiments/58_sface.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights sface, 26 epochs
accuracy 0.8137 (95 % interval 0.8020 to 0.8252, one seed), with flip TTA 0.8150
macro F1 0.6081 (with TTA 0.6142), calibration error 0.0314
FER+ protocol with TTA: accuracy 0.8891, macro F1 0.7612 (3553 pictures, eight classes)
votes: JS divergence 0.0690, Spearman of entropies 0.727, AUROC of uncertain 0.791
uncertain: 21% found by entropy at 5 % false alarms
3.22 M parameters, 8.1 ms per face on one CPU thread, trained in 98 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       Before 61 the best network of one stream in the FER+ protocol, without a teacher and with 3.2 M parameters: .8891 with flip
              TTA (52: .8863, 54: .8880), .8150 of the nine classes (.8127, .8135), macro F1 in the FER+ protocol .761 (.725, .726), and
              JS divergence .0690, which 53 and 57, two streams each, do not reach (.0697, .0693). Its accuracy differs from theirs by
              less than the noise of one run. It learns fast: by history.csv, which compares with the class that the votes elect, one
              epoch gives .774 (52: .756) and thirteen at 64 px .834 (52: .823 after twenty at 96). Then it has learnt what votes alone
              teach it: the validation loss stands at .696 from the seventh epoch at 80 px on and ends at .700, while the training loss
              falls from .68 to .60. Fewer epochs at 80 px, or a teacher, would do
"""

from emofast.training import EMA, emotion_learner, experiment, face_augmentation, get_dls, strong_augmentation, vote_shares


@experiment(quick={"epochs": 8, "small_size": 48, "size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    bs: int = 64,  # batch size
    epochs: int = 26,  # over all fits
    lr: float = 1.5e-3,  # highest rate, of all layers
    drop: float = 0.3,  # dropout before the classifier
    strength: float = 0.6,  # of the augmentation
    weights: str = "sface",  # where the network starts: sface, none, or a state-dict file
    small_size: int = 64,  # pictures become squares of this many pixels in the first half of the epochs
    size: int = 80,  # and of this many after it
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
