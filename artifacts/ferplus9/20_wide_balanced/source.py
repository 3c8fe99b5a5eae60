"""20 Wide and balanced: the wide network, with rare faces shown more often.

Idea          contempt is under one picture in a hundred: a network that never says it loses next to nothing, and the macro F1 shows it.
              In 14, drawing rare classes more often found more of them for little accuracy; a long run with much augmentation should
              stand the repetition better (Gupta et al. 2019, arXiv:1908.03195, "repeat factor sampling", with the square root)
Descends from 19
Changed       an epoch draws pictures with replacement, by class; a few epochs fewer
Command       python experiments/20_wide_balanced.py --data DIR

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
        run.get_dls(size=size, bs=128, channels=1, target=target, votes=votes, balance=0.5, augment=augment)
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
    main(train, epochs=38)
