"""fastai's learning-rate finder on the learner that an experiment is about to train."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
from fastai.callback.core import Callback
from fastai.callback.schedule import minimum, steep, valley
from fastai.learner import Learner, defaults

from emofast import paths
from emofast.console import console
from emofast.errors import EmofastError


class _Caught(BaseException):
    """Carries the learner out of the experiment, past whatever `except Exception` stands there."""


class _Catch(Callback):
    def before_fit(self):
        raise _Caught(self.learn)


def find_rate(make: Callable[[], Learner], folder: Path) -> None:
    """Run `lr_find` in place of the first fit of `make`; print the suggestions and draw `lr_find.png` into `folder`."""
    plt.switch_backend("agg")  # a plot in a file needs no window
    defaults.callbacks.append(_Catch)
    try:
        make()
    except _Caught as caught:
        (learn,) = caught.args
    else:
        raise EmofastError("the experiment trains nothing, so there is no learning rate to find.")
    finally:
        defaults.callbacks.remove(_Catch)
    learn.remove_cb(_Catch)
    learn.opt = None
    with learn.no_bar():
        found = learn.lr_find(suggest_funcs=(valley, steep, minimum))
    for name, rate in found._asdict().items():
        console.print(f"lr_find, {name}: --lr {rate:.1e}")
    with paths.atomic_write(folder / "lr_find.png") as partial:
        plt.savefig(partial, dpi=110)
    plt.close()
    console.print(f"plot: {folder / 'lr_find.png'}")
