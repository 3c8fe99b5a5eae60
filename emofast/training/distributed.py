"""One experiment on several processes, under `accelerate launch experiments/NN.py`: same split, one record."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from fastai.learner import defaults
from fastai.torch_core import num_distrib, rank_distrib


def is_first() -> bool:
    """Whether this process speaks and writes for all."""
    return not rank_distrib()


def wait_for_all() -> None:
    """Let every process of the run come to this place."""
    if num_distrib() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()


@contextmanager
def together() -> Iterator[None]:
    """Learners made inside train on all processes of an `accelerate launch`; with one process nothing changes."""
    if num_distrib() < 2:
        yield
        return
    from fastai.distributed import DistributedDL, DistributedTrainer

    class DL(DistributedDL):
        def _broadcast(self, t, rank):
            if torch.cuda.is_available():
                return super()._broadcast(t, rank)
            t = torch.tensor(t)  # fastai sends numbers by way of a GPU's memory alone
            torch.distributed.broadcast(t, rank)
            return t.tolist()

    class Together(DistributedTrainer):
        def __init__(self):
            super().__init__(sync_bn=torch.cuda.is_available())  # processors have no synchronised batch norm

        def _wrap_dl(self, dl):
            return dl if isinstance(dl, DistributedDL) else DL(dl, device=self.learn.model.device)

    defaults.callbacks.append(Together)
    try:
        yield
    finally:
        defaults.callbacks.remove(Together)
