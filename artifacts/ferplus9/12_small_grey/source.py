"""12 Small grey network: what a laptop's webcam can run at thousands of faces a second.

Idea          a 0.7 M parameter residual network on 48-px grey faces, trained on the annotators' votes instead of the class
              they elected (Barsoum et al. 2016, arXiv:1608.01041); where a data set has no votes, on the class
Descends from 01
Changed       the network, its input (48 px, grey) and its target
Command       python experiments/12_small_grey.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---
"""

from emofast.training import Run, emotion_learner, main


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target)
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
