"""09 Class and valence-arousal together: one network, both answers.

Idea          the point on the plane is a second teacher: it says that fear is nearer to anger than to joy, which nine separate classes
              do not (multi-task learning: Caruana 1997; for faces: Toisoul et al. 2021, doi:10.1038/s42256-020-00280-0)
Descends from 12
Changed       the target: the elected class and the point, from one head of eleven outputs
Command       python experiments/09_class_and_va.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       (after the run)
"""

from emofast.training import Run, main, multitask_learner


def train(run: Run):
    dls = run.get_dls(size=48, bs=64, channels=1, target="class+va")
    learn = multitask_learner(dls, "small_resnet", weights=run.weights, drop=0.3)
    learn.unfreeze()
    run.fit(learn, run.epochs, lr=4e-3)
    return learn


if __name__ == "__main__":
    main(train, epochs=16)
