"""03 Progressive resizing: learn on small pictures first, which is quick, and finish on large ones.

Idea          a convolutional network carries over from one picture size to another; half of the epochs on 32 px cost less than half as
              much, and the change of scale regularises (fast.ai's DAWNBench entry, 2018; Howard & Gugger 2020)
Descends from 12
Changed       the first half of the epochs sees 32-px pictures
Command       python experiments/03_progressive_resizing.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, emotion_learner, main


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    small, large = (run.get_dls(size=size, bs=64, channels=1, target=target) for size in (32, 48))
    learn = emotion_learner(large, "small_resnet", weights=run.weights, drop=0.3)  # it is used at the large size
    learn.unfreeze()
    learn.dls = small
    run.fit(learn, run.epochs // 2, lr=4e-3)
    learn.dls = large  # `get_dls` normalises at any size
    run.fit(learn, run.epochs - run.epochs // 2, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
