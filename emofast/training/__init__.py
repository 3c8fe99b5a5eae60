"""DataLoaders into a Learner, probabilities and a recorded result. Names load on first use: reading results needs no torch."""

import os
import warnings

from emofast.lazy import lazily

# torch's OpenMP threads busy-wait for each other; beside any other busy program two of them train up to six times slower than
# they need to (measured: 47 against 295 pictures a second). Read when torch is loaded, so set before.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)  # timm's own, at import

_WHERE = {
    "ClassLoss": "emofast.training.losses",
    "ClassVALoss": "emofast.training.losses",
    "FocalLoss": "emofast.training.losses",
    "GaussianDecoder": "emofast.training.decoding",
    "MixUp": "emofast.training.mixup",
    "Run": "emofast.training.run",
    "VALoss": "emofast.training.losses",
    "VotesLoss": "emofast.training.losses",
    "WeightAverage": "emofast.training.ema",
    "blend": "emofast.training.blending",
    "choose_ensemble": "emofast.training.ensemble",
    "emotion_learner": "emofast.training.learners",
    "face_augmentation": "emofast.data.augmentation",
    "main": "emofast.training.experiment",
    "multitask_learner": "emofast.training.learners",
    "nearest_centre": "emofast.training.decoding",
    "out_of_fold": "emofast.training.soft_labels",
    "predict": "emofast.training.predictions",
    "strong_augmentation": "emofast.data.augmentation",
    "taught": "emofast.training.teachers",
    "trained": "emofast.training.teachers",
    "va_learner": "emofast.training.learners",
    "weighted_mean": "emofast.training.decoding",
    "without_single_votes": "emofast.training.votes",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
