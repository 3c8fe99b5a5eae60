"""67 Five streams, turned: 66 asked about every face three times, straight and six degrees to either side.

Idea          as 57, 60 and 63: what the answers to a face and to the same face turned share is the face
Descends from 66, its network, and 63
Changed       the network: 66's for 62's; nothing is trained
Command       python experiments/67_five_turned.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 0 epochs
accuracy 0.8233 (95 % interval 0.8118 to 0.8346, one seed), with flip TTA 0.8277
macro F1 0.6160 (with TTA 0.6252), calibration error 0.0363
FER+ protocol with TTA: accuracy 0.9006, macro F1 0.7594 (3553 pictures, eight classes)
votes: JS divergence 0.0652, Spearman of entropies 0.740, AUROC of uncertain 0.805
uncertain: 24% found by entropy at 5 % false alarms
17.00 M parameters, 135.1 ms per face on one CPU thread, trained in 0 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       For accuracy the turns bring as good as nothing, .8277 with flip TTA and .9006 in the FER+ protocol (66: .8262, .9004),
              macro F1 there .759 (.763); the votes are told a little better, JS divergence .0652 (.0655), Spearman of entropies .740
              (.739). Log loss gave it half of the ensemble before 70 and 72 came, and gives it a fifth since. It costs three times 66's
              time, 135 ms a face
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "66_five_streams"


@experiment(after=(PART,), quick={"size": 72})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 208,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"67 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
