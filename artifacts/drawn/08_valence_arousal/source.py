"""08 Valence-arousal regression: put every face on the plane, and read the class off it.

Idea          emotions lie on a plane of pleasure (valence) and activation (arousal) (Russell 1980, "A circumplex model of affect").
              Learn the point instead of the class, with the mean of the class centres, weighted by the votes, as target; decode by
              Gaussians fitted to where the network puts the classes (the published solutions: by the nearest centre)
Descends from 12
Changed       the target: a point in place of nine shares
Command       python experiments/08_valence_arousal.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, main, va_learner


def train(run: Run):
    dls = run.get_dls(size=48, bs=64, channels=1, target="va")
    learn = va_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
