"""44 Loose box: the shipped student goes on once more, in boxes of every width.

Idea          each face detector draws its box its own way, and on film the box trembles; 43 loses two to three points where it is a fifth
              too wide or too tight. One more cycle from the averaged weights, under the strongest augmentation of boxes and turns there is
              here, makes one more network on the same plain, whose weights can be averaged again (Izmailov et al. 2018,
              arXiv:1803.05407, "SWA", and 43)
Descends from 43, from its network, and 42
Changed       where it starts; all of the augmentation instead of half of it; two pictures of five by a poor camera instead of half of
              them; the targets: seven parts of ten by 10, 42 and 43 together instead of six by 10
Command       python experiments/44_loose_box.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 32 epochs
accuracy 0.8054 (95 % interval 0.7936 to 0.8172, one seed), with flip TTA 0.8039
macro F1 0.5729 (with TTA 0.5754), calibration error 0.0301
FER+ protocol with TTA: accuracy 0.8759, macro F1 0.6965 (3553 pictures, eight classes)
votes: JS divergence 0.0763, Spearman of entropies 0.704, AUROC of uncertain 0.786
uncertain: 18% found by entropy at 5 % false alarms
1.00 M parameters, 2.8 ms per face on one CPU thread, trained in 56 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       What it learned on it reads better: .787 in boxes a fifth too wide and .790 too tight (43: .783, .785), .727 out of focus
              (.705), .771 as a poor webcam takes them (.762), and its confidence fits (calibration error .026, 43: .031); on good
              pictures it loses half a point (.8059 without TTA, 43: .8110). The script that averages measured these (the record above,
              from the run itself, has .8054). Its mean with 43 lies between: seven parts 43 and three 44 .8093, with flip TTA .8118 and
              .8826 in the FER+ protocol, poor webcam .766, calibration error .035; of half each .8083, .8088, .8804, .770 and .030
              (artifacts/bench/robust-mean.txt). All within the noise of one run on good pictures, so 43 still ships
"""

from emofast.training import (
    EMA,
    PoorCamera,
    distill,
    emotion_learner,
    experiment,
    face_augmentation,
    get_dls,
    load_trained,
    strong_augmentation,
    vote_shares,
)

START = "43_robust_mean"
TEACHERS = ("10_distilled_student", "42_poor_camera", START)


@experiment(after=TEACHERS, quick={"epochs": 8})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 48,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 32,  # over all fits
    lr: float = 0.002,  # highest rate of the one-cycle schedule
    drop: float = 0.1,  # dropout before the classifier
    strength: float = 1.0,  # of the augmentation
    poor: float = 0.4,  # share of the pictures that a poor camera takes
    share: float = 0.7,  # of the teachers in the target
):
    votes = distill(data, vote_shares(data), TEACHERS, share)
    strong, mild = (
        get_dls(data, size, bs, "votes", channels=1, votes=votes, augment=[*augment, PoorCamera(poor)])
        for augment in (strong_augmentation(strength), face_augmentation())
    )
    learn = emotion_learner(strong, "small_resnet_d", drop=drop)
    before = load_trained(data, START)
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    polish = epochs // 8
    learn.fit_one_cycle(epochs - polish, lr, cbs=[EMA()])
    learn.dls = mild
    learn.fit_one_cycle(polish, 0.15 * lr, cbs=[EMA()], reset_opt=True)
    return learn


if __name__ == "__main__":
    train.main()
