"""01 ResNet baseline: the plainest thing that works, to compare everything with.

Idea          a small ResNet-D (10 layers), trained by one cycle with mild augmentation
              (He et al. 2016, arXiv:1512.03385; He et al. 2019, arXiv:1812.01187; Smith & Topin 2018, arXiv:1708.07120)
Descends from nothing
Changed       nothing
Command       python experiments/01_resnet_baseline.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.training import Run, emotion_learner, main


def train(run: Run):
    dls = run.get_dls(size=64, bs=64)
    learn = emotion_learner(dls, "resnet10t", weights=run.weights)
    if run.weights != "none":
        learn.unfreeze()  # every layer learns from the start, at one rate
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=8)
