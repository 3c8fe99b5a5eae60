"""DataLoaders into a Learner, a Learner into a recorded result. Names load on first use: reading results needs no torch."""

import os
import warnings

from emofast.lazy import lazily

# torch's OpenMP threads busy-wait for each other; beside any other busy program two of them train up to six times slower than
# they need to (measured: 47 against 295 pictures a second). Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # timm's own, at import

_WHERE = {
    "CutMix": "fastai.callback.mixup",
    "EMA": "emofast.training.ema",
    "FocalLoss": "emofast.nets.heads",
    "GrowingPictures": "emofast.training.growing",
    "MixUp": "fastai.callback.mixup",
    "ValidateLast": "emofast.training.growing",
    "cross_entropy": "emofast.nets.heads",
    "distill": "emofast.training.recipes",
    "distill_shipped": "emofast.training.recipes",
    "emotion_learner": "emofast.training.learners",
    "experiment": "emofast.training.runner",
    "face_augmentation": "emofast.data.augmentation",
    "fine_tune_large": "emofast.training.recipes",
    "get_dls": "emofast.data.loaders",
    "load_experiment": "emofast.training.runner",
    "load_trained": "emofast.training.recipes",
    "muon": "emofast.training.optimizer",
    "out_of_fold": "emofast.training.recipes",
    "strong_augmentation": "emofast.data.augmentation",
    "three_stages": "emofast.training.recipes",
    "vote_shares": "emofast.data.targets",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
