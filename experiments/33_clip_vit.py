"""33 CLIP's vision transformer: a body that has read four hundred million captions.

Idea          pictures described in words show more of people than a thousand kinds of things do (Radford et al. 2021, arXiv:2103.00020);
              a transformer is fine-tuned with a rate that falls by a quarter from each layer to the one below (Bao et al. 2022,
              arXiv:2106.08254, table 8): fastai's slice over twelve blocks, stem and head
Descends from 27
Changed       the network and its weights, 224 px, layer-wise rates
Command       python experiments/33_clip_vit.py --data DIR

--- measured (written by the tool from result.json) ---
no recorded run yet
--- end of measured ---

Finding       Not measured: for photographs of a few hundred pixels, as the competition's, and a GPU
"""

from emofast.training import experiment, fine_tune_large


@experiment(large=True, quick={"epochs": 1, "size": 48})
def train(
    data,  # the data set: a folder, or "sample"
    size: int = 224,  # pictures become squares of this many pixels
    bs: int = 64,  # batch size
    epochs: int = 8,  # after one of the head alone
    lr: float = 0.0005,  # highest rate of the head
    decay: float = 0.75,  # of the rate from each layer to the one below
    drop: float = 0.2,  # dropout before the classifier
    weights: str = "imagenet",  # where the network starts: imagenet (CLIP's own), none, or a state-dict file
):
    arch = "vit_base_patch16_clip_224.openai"
    return fine_tune_large(data, arch, weights, size, bs, epochs, lr, decay**-13, drop, dynamic_img_size=True)


if __name__ == "__main__":
    train.main()
