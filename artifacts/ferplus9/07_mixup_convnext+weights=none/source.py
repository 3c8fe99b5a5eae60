"""07 Mixup on ConvNeXt: blend pairs of faces and their labels, so that a large network cannot learn pictures by heart.

Idea          train on convex mixtures of two pictures, and of their losses (mixup: Zhang et al. 2018, arXiv:1710.09412),
              on a small ConvNeXt (Liu et al. 2022, arXiv:2201.03545)
Descends from 01
Changed       the network, and mixup with alpha 0.4
Command       python experiments/07_mixup_convnext.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.training import MixUp, Run, emotion_learner, main


def train(run: Run):
    dls = run.get_dls(size=64, bs=64)
    learn = emotion_learner(dls, "convnext_atto", weights=run.weights)
    if run.weights != "none":
        learn.unfreeze()  # every layer learns from the start, at one rate
    run.fit(learn, run.epochs, lr=4e-3, cbs=[MixUp(0.4)])
    return learn


if __name__ == "__main__":
    main(train, epochs=8)
