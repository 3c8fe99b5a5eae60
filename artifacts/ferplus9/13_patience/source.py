"""13 Patience: a medium network, strong augmentation, averaged weights, and many epochs.

Idea          a small network on 48-px faces is far from done after 16 epochs; with augmentation strong enough that it never sees
              the same picture twice, more epochs go on paying (Beyer et al. 2022, arXiv:2106.05237, on patience). Its weights are
              averaged over time (Polyak & Juditsky 1992)
Descends from 06
Changed       the training: strong augmentation, weight averaging, 45 epochs; and for these a network of twice the parameters
Command       python experiments/13_patience.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, strong_augmentation, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=48, bs=128, channels=1, target=target, votes=votes, augment=strong_augmentation())
    learn = emotion_learner(dls, "medium_resnet_d", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=45)
