"""35 Head only: what ImageNet's features know of faces, without learning more.

Idea          the body stays as it is (its batch norms follow the faces); reading its features is the least that pretraining gives
Descends from 34
Changed       ImageNet's weights (Deng et al. 2009), of which the head alone is trained
Command       python experiments/35_lite0_head_only.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights imagenet, 3 epochs
accuracy 0.6044 (95 % interval 0.5895 to 0.6184, one seed), with flip TTA 0.6213
macro F1 0.3671 (with TTA 0.3738), calibration error 0.0327
FER+ protocol with TTA: accuracy 0.6800, macro F1 0.4531 (3553 pictures, eight classes)
votes: JS divergence 0.1774, Spearman of entropies 0.347, AUROC of uncertain 0.648
uncertain: 10% found by entropy at 5 % false alarms
3.38 M parameters, 16.7 ms per face on one CPU thread, trained in 17 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-29
--- end of measured ---

Finding       ImageNet's features alone read .6213 with flip TTA, where .7811 come out if all layers learn (36): what tells things apart is
              not what tells expressions apart. Nor is it cheap here, since the batch norms of the body go on learning and the gradient
              passes through all of it
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
    learn.freeze()
    learn.fit_one_cycle(epochs, lr)
    return learn


if __name__ == "__main__":
    train.main()
