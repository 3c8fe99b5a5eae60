"""06 Soft labels: learn what the annotators disagreed about, without what one of them alone saw.

Idea          ten people looked at each face; the share of each class says more than the class that won (Barsoum et al. 2016,
              arXiv:1608.01041). A class that one annotator alone chose is more often a slip than a second meaning: such votes are
              dropped. Where a data set has no votes, networks that have not seen a picture stand in for the annotators:
              out-of-fold predictions, mixed with the class (Xie et al. 2020, arXiv:1911.04252, soften labels alike)
Descends from 12
Changed       single votes are dropped
Command       python experiments/06_soft_labels.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, emotion_learner, main, out_of_fold, without_single_votes


def small(run: Run, votes, held_out=None):
    dls = run.get_dls(size=48, bs=64, channels=1, target="votes", votes=votes, held_out=held_out)
    learn = emotion_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    return learn


def train(run: Run):
    votes = out_of_fold(run, small, lr=4e-3) if run.data.votes is None else without_single_votes(run.data.votes)
    learn = small(run, votes)
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
