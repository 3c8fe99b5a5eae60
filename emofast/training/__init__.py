"""DataLoaders into a Learner, a Learner into a recorded result. Names load on first use: reading results needs no torch."""

from emofast.lazy import lazily

_WHERE = {
    "CutMix": "fastai.callback.mixup",
    "EMA": "emofast.training.callbacks",
    "FocalLoss": "emofast.nets.heads",
    "GrowingPictures": "emofast.training.callbacks",
    "MixUp": "fastai.callback.mixup",
    "PoorCamera": "emofast.data.augmentation",
    "ValidateLast": "emofast.training.callbacks",
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
    "pseudo_labels": "emofast.training.recipes",
    "strong_augmentation": "emofast.data.augmentation",
    "three_stages": "emofast.training.recipes",
    "vote_shares": "emofast.data.targets",
}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
