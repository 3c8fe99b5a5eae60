"""60 Three streams, turned: the network of 59 asked three times about every face, straight and turned to either side.

Idea          as 57 with 53's network: what the answers to a face and to the same face turned share is the face
Descends from 59, its network, and 57
Changed       the network: 59's for 53's; nothing is trained
Command       python experiments/60_three_turned.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 0 epochs
accuracy 0.8218 (95 % interval 0.8105 to 0.8331, one seed), with flip TTA 0.8235
macro F1 0.6153 (with TTA 0.6148), calibration error 0.0309
FER+ protocol with TTA: accuracy 0.8961, macro F1 0.7607 (3553 pictures, eight classes)
votes: JS divergence 0.0676, Spearman of entropies 0.737, AUROC of uncertain 0.797
uncertain: 20% found by entropy at 5 % false alarms
10.57 M parameters, 53.7 ms per face on one CPU thread, trained in 0 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       The best there was before VGGFace's body came (61 to 63), the ensemble included: .8235 with flip TTA and .8961 in the FER+
              protocol (59: .8223, .8956; 57: .8211, .8945), JS divergence .0676 (.0680, .0693), Spearman of entropies .737 (.735, .730).
              On the same pictures as 59 the turns are worth .0012, within the noise, as in every step from 53 on; macro F1 in the FER+
              protocol falls from .768 to .761, which is a handful of rare pictures. It costs three times 59's time, 54 ms a face: for a
              submission, not for a camera
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "59_three_streams"


@experiment(after=(PART,))
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 128,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"60 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
