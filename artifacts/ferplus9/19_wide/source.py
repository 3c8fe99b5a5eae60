"""19 Wide: twice the network, three stages of training, half the augmentation.

Idea          13 and 18 say that full strong augmentation holds a network back, and that it should end on faces as they are used. On a CPU
              most time goes into the few channels of the first, largest maps: a network that is narrow there and wide behind has twice the
              parameters for a fifth more time. Small pictures first make up for that (Tan & Le 2021, arXiv:2104.00298)
Descends from 13 and 18
Changed       a wider network; half the strength of augmentation; 36 px, then 48 px, then mild augmentation at a low rate, in one run
Command       python experiments/19_wide.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made
"""

from emofast.training import Run, WeightAverage, emotion_learner, face_augmentation, main, strong_augmentation, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    small, large, mild = (
        run.get_dls(size=size, bs=128, channels=1, target=target, votes=votes, augment=augment)
        for size, augment in ((36, strong_augmentation(0.5)), (48, strong_augmentation(0.5)), (48, face_augmentation()))
    )
    learn = emotion_learner(large, "wide_resnet_d", weights=run.weights, drop=0.3)  # it is used at the large size
    learn.unfreeze()
    polish = run.epochs // 8
    start = (run.epochs - polish) // 2
    learn.dls = small
    run.fit(learn, start, lr=4e-3, div_final=4, cbs=[WeightAverage()])
    learn.dls = large
    run.fit(learn, run.epochs - polish - start, lr=4e-3, div=4, pct_start=0.1, cbs=[WeightAverage()])
    learn.dls = mild
    run.fit(learn, polish, lr=6e-4, cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=44)
