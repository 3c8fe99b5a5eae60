"""15 Focal loss: look away from what is already sure.

Idea          most faces are easy happy and neutral ones; a loss that fades with the network's own confidence leaves the step to the hard
              and the rare (Lin et al. 2017, arXiv:1708.02002, gamma 2)
Descends from 12
Changed       focal loss instead of cross entropy
Command       python experiments/15_focal_loss.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made
"""

from emofast.training import FocalLoss, Run, emotion_learner, main


def train(run: Run):
    target = "class" if run.data.votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target)
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, loss_func=FocalLoss(gamma=2), drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
