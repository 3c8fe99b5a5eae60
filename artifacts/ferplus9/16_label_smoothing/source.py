"""16 Label smoothing: doubt by recipe instead of the annotators' own.

Idea          without votes, a label can be softened by taking a tenth from the class and giving it to all (Szegedy et al. 2016,
              arXiv:1512.00567). That spreads doubt evenly, where annotators confuse fear with surprise and not with happiness
Descends from 12
Changed       the target: the elected class, smoothed by 0.1, instead of the votes
Command       python experiments/16_label_smoothing.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made
"""

from emofast.training import ClassLoss, Run, emotion_learner, main


def train(run: Run):
    dls = run.get_dls(size=48, bs=64, channels=1, target="class")
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, loss_func=ClassLoss(smoothing=0.1), drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
