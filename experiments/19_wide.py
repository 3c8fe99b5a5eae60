"""19 Wide: twice the network, three stages of training, half the augmentation.

Idea          13 and 18 say that full strong augmentation holds a network back, and that it should end on faces as they are used. On a CPU
              most time goes into the few channels of the first, largest maps: a network that is narrow there and wide behind has twice the
              parameters for a fifth more time. Small pictures first make up for that (Tan & Le 2021, arXiv:2104.00298)
Descends from 13 and 18
Changed       a wider network; half the strength of augmentation; 36 px, then 48 px, then mild augmentation at a low rate, in one run
Command       python experiments/19_wide.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 44 epochs
accuracy 0.8105 (95 % interval 0.7985 to 0.8223, one seed), with flip TTA 0.8125
macro F1 0.5994 (with TTA 0.5978), calibration error 0.0327
FER+ protocol with TTA: accuracy 0.8863, macro F1 0.7361 (3553 pictures, eight classes)
2.95 M parameters, 6.0 ms per face on one CPU thread, trained in 79 min a seed
Intel(R) Xeon(R) Processor, 2 cores, bf16 (this CPU has AMX tiles)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-23
--- end of measured ---

Finding       The best single network before 22: .8125 with flip TTA and .8863 in the FER+ protocol (18: .8091 and .8832), macro F1 .736
              (.711): within the noise of one run each, but all in one direction. What did it, width, stages or augmentation, was not
              measured apart. The training loss ends below the validation loss, where in 13 it stayed above; and the polish that gave 18
              its gain gave nothing here (validation loss .711 before and after). It cost 79 minutes beside 85 of 13 and 18 together
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
