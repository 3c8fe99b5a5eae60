"""57 Turned: the network of two streams asked three times about every face, straight and turned to either side.

Idea          a network that has learnt from turned faces can be asked about the same face turned: what the answers share is the face, what
              differs is how it was cut out. Flip TTA does that with the mirror
Descends from 53, its network
Changed       the mean of the face as it is and turned by six degrees to either side; nothing is trained
Command       python experiments/57_turned.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 0 epochs
accuracy 0.8221 (95 % interval 0.8108 to 0.8333, one seed), with flip TTA 0.8211
macro F1 0.6259 (with TTA 0.6135), calibration error 0.0442
FER+ protocol with TTA: accuracy 0.8945, macro F1 0.7555 (3553 pictures, eight classes)
votes: JS divergence 0.0693, Spearman of entropies 0.730, AUROC of uncertain 0.794
uncertain: 23% found by entropy at 5 % false alarms
7.36 M parameters, 34.9 ms per face on one CPU thread, trained in 0 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       The best single network before 59: .8211 with flip TTA and .8945 in the FER+ protocol, JS divergence .0693 (53: .8184,
              .8914, .0697); .8221 without the mirror. On the same pictures it is .0027 better than 53, at the edge of the noise (-.000 to
              .005), and the ensemble gained .0017 by it (11). Turns were chosen among turns, zooms and shifts on validation; all nine
              views together are no better (bench/views.txt). It costs three times 53's time, 35 ms a face
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "53_two_streams"


@experiment(after=(PART,))
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"57 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
