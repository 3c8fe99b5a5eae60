"""21 Balanced polish: the wide network once more, briefly, with rare faces shown more often.

Idea          a network learns its features best from pictures as they come, and its decisions best from balanced ones (Kang et al. 2020,
              arXiv:1910.09217, "decoupling representation and classifier"): so balance only at the end, where 20 does it all the way
Descends from 19, from its trained network
Changed       5 more epochs at a low rate with mild augmentation, drawn by class
Command       python experiments/21_balanced_polish.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, trained, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=48, bs=128, channels=1, target=target, votes=votes, balance=0.5)
    learn = emotion_learner(dls, "wide_resnet_d", weights=run.weights, drop=0.3)
    learn.unfreeze()
    before = trained(run, "19_wide")
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    run.fit(learn, run.epochs, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=5, uses=("19_wide",))
