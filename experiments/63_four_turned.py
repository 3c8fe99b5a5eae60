"""63 Four streams, turned: the network of 62 asked three times about every face, straight and turned to either side.

Idea          as 57 and 60: what the answers to a face and to the same face turned share is the face
Descends from 62, its network, and 60
Changed       the network: 62's for 59's; nothing is trained
Command       python experiments/63_four_turned.py --data DIR

--- measured (written by the tool from result.json) ---
data set ferplus9, 4080 validation pictures, weights none, 0 epochs
accuracy 0.8203 (95 % interval 0.8088 to 0.8316, one seed), with flip TTA 0.8235
macro F1 0.6074 (with TTA 0.6152), calibration error 0.0349
FER+ protocol with TTA: accuracy 0.8978, macro F1 0.7612 (3553 pictures, eight classes)
votes: JS divergence 0.0657, Spearman of entropies 0.743, AUROC of uncertain 0.801
uncertain: 23% found by entropy at 5 % false alarms
13.79 M parameters, 88.5 ms per face on one CPU thread, trained in 0 min a seed
AMD EPYC, 2 cores, bf16 (this CPU has AVX512-BF16)
python 3.11.7, torch 2.14.1, torchvision 0.29.1, fastai 2.8.12, timm 1.0.31; 2026-11-30
--- end of measured ---

Finding       Before 67 what told the annotators' votes best: JS divergence .0657 and Spearman of entropies .743 (62: .0660, .741), which
              is still the best. For accuracy the turns bring nothing here: .8235 with flip TTA and .8978 in the FER+ protocol (.8243,
              .8984), macro F1 there .761 (.766), all within the noise; with 53's and 59's network (57, 60) they brought .0027 and .0012.
              Log loss gave it 58 % of the ensemble before 65 to 67 came, and gives it 21 % since. It costs three times 62's time, 89 ms a
              face
"""

from emofast.errors import EmofastError
from emofast.training import experiment, get_dls, load_trained, turned

PART = "62_four_streams"


@experiment(after=(PART,), quick={"size": 64})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 160,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    degrees: float = 6.0,  # by which every face is turned, too
):
    learn = load_trained(data, PART)
    if learn is None:
        raise EmofastError(f"63 is made of the trained network of {PART}; run it on {data.name} first.")
    learn.dls = get_dls(data, size, bs, "votes", channels=1)
    return turned(learn, degrees)


if __name__ == "__main__":
    train.main()
