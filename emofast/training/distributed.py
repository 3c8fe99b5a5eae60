"""One experiment on several processes, under `torchrun --nproc-per-node N experiments/NN.py` or, with GPUs, `accelerate launch`: same
split, one record."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from fastai.learner import Learner, defaults
from fastai.torch_core import default_device, num_distrib, rank_distrib


def is_first() -> bool:
    """Whether this process speaks and writes for all."""
    return not rank_distrib()


def take_device(device: torch.device) -> None:
    """Let Learners from now on train on it; of several GPUs each process takes its own."""
    if device.type == "cuda" and num_distrib() > 1:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    default_device(device.type != "cpu")


def wait_for_all() -> None:
    """Let every process of the run come to this place."""
    if num_distrib() > 1:
        from accelerate import PartialState

        PartialState(cpu=default_device().type == "cpu").wait_for_everyone()


@contextmanager
def together() -> Iterator[None]:
    """Learners made inside train on all processes of the run; with one process nothing changes."""
    if num_distrib() < 2:
        yield
        return
    from fastai.distributed import DistributedDL, DistributedTrainer

    class DL(DistributedDL):
        rng = property(lambda self: self.dl.rng, lambda self, rng: setattr(self.dl, "rng", rng))

        def _broadcast(self, t, rank):
            if torch.cuda.is_available():
                return super()._broadcast(t, rank)
            t = torch.tensor(t)  # fastai sends numbers by way of a GPU's memory alone
            torch.distributed.broadcast(t, rank)
            return t.tolist()

    class Together(DistributedTrainer):
        def __init__(self):
            # no synchronised batch norm: torch's would take the place of timm's, which has the activation inside; autocast is the Learner's
            super().__init__(sync_bn=False, cpu=default_device().type != "cuda", mixed_precision="no")

        def _wrap_dl(self, dl):
            return dl if isinstance(dl, DistributedDL) else DL(dl, device=self.dls.device)

    defaults.callbacks.append(Together)
    try:
        yield
    finally:
        defaults.callbacks.remove(Together)


def apart(learn: Learner) -> None:
    """Take from a trained Learner what `together` gave it: it goes on in one process."""
    learn.remove_cbs([c for c in learn.cbs if type(c).__name__ == "Together"])
