"""02 Augmentation: never show the same picture twice.

Idea          mirror, turn, scale, shift, light, blur, noise and hidden parts (erasing: Zhong et al. 2020, arXiv:1708.04896) are what
              cameras do to faces and leave the expression readable; a network that has seen them all cannot learn pictures by heart
Descends from 12
Changed       `strong_augmentation` instead of the default's mild turn, zoom and light
Command       python experiments/02_augmentation.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, emotion_learner, main, strong_augmentation


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target, augment=strong_augmentation())
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
