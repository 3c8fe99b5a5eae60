"""04 Discriminative fine-tuning: unfreeze from the head down, and let early layers learn more slowly than late ones.

Idea          early layers of a pretrained network already know edges and textures; they should move little (Howard & Ruder 2018,
              arXiv:1801.06146: gradual unfreezing and a rate per stage). Without pretrained weights there is nothing to keep:
              then only the rates per stage are left, from a tenth at the stem up to the full rate at the head
Descends from 01
Changed       gradual unfreezing (pretrained weights only) and stage-wise rates
Command       python experiments/04_discriminative.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Open: it runs, and has not been measured on photographs yet; no claim is made. It needs pretrained weights to show what it
              is for
"""

from emofast.training import Run, emotion_learner, main


def train(run: Run):
    dls = run.get_dls(size=64, bs=64)
    learn = emotion_learner(dls, "resnet10t", weights=run.weights, split="stages")
    if run.weights != "none":
        run.fit(learn, 1, lr=4e-3)  # the head alone
        learn.freeze_to(-2)
        run.fit(learn, 1, lr=4e-3)  # and the last stage
        learn.unfreeze()
    run.fit(learn, run.epochs, lr=slice(4e-4, 4e-3))  # fastai spreads the rates over the stages
    return learn


if __name__ == "__main__":
    main(train, epochs=8)
