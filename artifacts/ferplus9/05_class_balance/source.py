"""05 Class balance: let mistakes on rare classes cost more.

Idea          ferplus9 has 60 times more neutral faces than contemptuous ones, and a network that never says contempt hardly loses by it.
              A class weighs by the square root of how rare it is: by rarity itself one face in 200 would drown the others (Cui et
              al. 2019, arXiv:1901.05555, weaken the weights alike). 14 to 16 try other ways: oversampling, focal loss, smoothing
Descends from 12
Changed       the loss has class weights
Command       python experiments/05_class_balance.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

import numpy as np

from emofast.training import ClassLoss, Run, VotesLoss, emotion_learner, main


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target)
    weights = np.bincount(run.data.labels, minlength=9).clip(1) ** -0.5
    loss = (ClassLoss if target == "class" else VotesLoss)(class_weights=weights / weights.mean())
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, loss_func=loss, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
