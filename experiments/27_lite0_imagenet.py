"""27 EfficientNet-Lite0 from ImageNet: the whole network fine-tuned, with weights that need no hub.

Idea          a million photographs of things teach edges, textures and shapes that faces have too; all layers move, the stem a tenth as
              fast as the head, which learns alone first (Howard & Ruder 2018, arXiv:1801.06146). Its weights come as a package
Descends from 04
Changed       the network and its weights, 96 px, votes as the target, moving average of the weights
Command       python experiments/27_lite0_imagenet.py --data DIR --weights imagenet

Finding       Not measured on photographs. On 285 drawn faces five epochs bring it from chance to .45 (a check that it learns, not a result)
"""

from emofast.training import Run, WeightAverage, emotion_learner, main, strong_augmentation, without_single_votes


def train(run: Run):
    votes = None if run.data.votes is None else without_single_votes(run.data.votes)
    target = "class" if votes is None else "votes"
    dls = run.get_dls(size=96, bs=64, target=target, votes=votes, augment=strong_augmentation(0.5))
    learn = emotion_learner(dls, "tf_efficientnet_lite0", weights=run.weights, split="stages", drop=0.2)
    if run.weights != "none":
        run.fit(learn, 1, lr=2e-3)  # the head alone
        learn.unfreeze()
    run.fit(learn, run.epochs, lr=slice(2e-4, 2e-3), cbs=[WeightAverage()])
    return learn


if __name__ == "__main__":
    main(train, epochs=8)
