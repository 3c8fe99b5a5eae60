"""18 Polish: the patient network once more, briefly, on faces as they are used.

Idea          strong augmentation teaches what a face can look like, not what it mostly looks like: at the end of 13 the training loss is
              still above the validation loss. A few epochs at a low rate with mild augmentation close that gap (Touvron et al. 2019,
              arXiv:1906.06423, on training and test pictures that differ; Ge et al. 2021, arXiv:2107.08430, end without augmentation too)
Descends from 13, from its trained network
Changed       6 more epochs with mild augmentation, at a seventh of the rate
Command       python experiments/18_polish.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, trained, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=48, bs=128, channels=1, target=target, votes=votes)
    learn = emotion_learner(dls, "medium_resnet_d", weights=run.weights, drop=0.3)
    learn.unfreeze()
    before = trained(run, "13_patience")
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    run.fit(learn, run.epochs, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=6, uses=("13_patience",))
