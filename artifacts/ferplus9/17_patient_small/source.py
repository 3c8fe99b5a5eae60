"""17 Patient small network: the student of experiment 10 without its teachers.

Idea          how far does a network that a webcam can afford get by patience alone? Each picture is first brought to mean 0 and spread 1
              inside the network, so that it need not learn that dim light is no emotion
Descends from 13
Changed       the network: 1.0 instead of 1.6 M parameters, standardised input; 5 more epochs, smaller batches
Command       python experiments/17_patient_small.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, strong_augmentation, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=48, bs=64, channels=1, target=target, votes=votes, augment=strong_augmentation())
    learn = emotion_learner(dls, "small_resnet_d", weights=run.weights, drop=0.2)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=50)
