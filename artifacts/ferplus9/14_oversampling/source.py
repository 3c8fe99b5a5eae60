"""14 Oversampling: show rare classes more often.

Idea          the other way to make rare classes count: a picture is drawn the more often, the rarer its class (square root again, as in
              05). Unlike weights it varies the augmentation of the rare faces, and repeats the faces themselves
Descends from 12
Changed       an epoch draws pictures with replacement, by class
Command       python experiments/14_oversampling.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made
"""

from emofast.training import Run, emotion_learner, main


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target, balance=0.5)
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
