"""24 Born again and balanced: the born-again network, polished as 21 polishes the wide one.

Idea          21 found that a few balanced epochs at the end bring most of what balancing all the way brings; here they follow the
              better start (Kang et al. 2020, arXiv:1910.09217, "decoupling representation and classifier")
Descends from 21, from the trained network of 22
Changed       the network that it starts from
Command       python experiments/24_born_again_balanced.py --data DIR

--- measured (written by the tool from result.json) ---
--- end of measured ---

Finding       not run yet
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, trained, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=48, bs=128, channels=1, target=target, votes=votes, balance=0.5)
    learn = emotion_learner(dls, "wide_resnet_d", weights=run.weights, drop=0.3)
    learn.unfreeze()
    before = trained(run, "22_born_again")
    if before is not None:
        learn.model.load_state_dict(before.model.state_dict())
    run.fit(learn, run.epochs, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=5, uses=("22_born_again",))
