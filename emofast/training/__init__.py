"""DataLoaders into a Learner, a Learner into a recorded result. Names load on first use: reading results needs no torch."""

from emofast.lazy import lazily

_MODULES = {
    "emofast.data.augmentation": "PoorCamera face_augmentation strong_augmentation",
    "emofast.data.competition": "vote_shares",
    "emofast.data.loaders": "get_dls",
    "emofast.nets.heads": "FocalLoss cross_entropy",
    "emofast.training.callbacks": "EMA GrowingPictures ValidateLast ViewByView",
    "emofast.training.learners": "emotion_learner",
    "emofast.training.optimizer": "muon",
    "emofast.training.recipes": "distill distill_shipped fine_tune_large load_trained out_of_fold pseudo_labels three_stages turned "
    "two_streams",
    "emofast.training.runner": "experiment load_experiment",
    "fastai.callback.mixup": "CutMix MixUp",
}
_WHERE = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
