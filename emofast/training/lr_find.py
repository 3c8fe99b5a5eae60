"""fastai's learning-rate finder on the learner that an experiment is about to train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastai.callback.core import Callback
from fastai.callback.schedule import minimum, steep, valley
from fastai.learner import Learner, defaults
from matplotlib.figure import Figure

from emofast import paths
from emofast.console import console
from emofast.errors import EmofastError


class _Caught(BaseException):
    """Carries the learner out of the experiment, past whatever `except Exception` stands there."""


class _Catch(Callback):
    def before_fit(self):
        raise _Caught(self.learn)


def find_rate(make: Callable[[], Learner], folder: Path) -> dict[str, float]:
    """Run `lr_find` in place of the first fit of `make`; print the suggestions and draw `lr_find.png` into `folder`."""
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
        found = learn.lr_find(show_plot=False, suggest_funcs=(valley, steep, minimum))
    rates, losses = learn.recorder.lrs, learn.recorder.losses
    figure = Figure(figsize=(7, 4), layout="constrained")
    ax = figure.subplots()
    ax.plot(rates[:-5], losses[:-5], color="0.4")
    for i, (name, rate) in enumerate(found._asdict().items()):
        ax.axvline(rate, color=f"C{i}", ls="--", label=f"{name} {rate:.1e}")
        console.print(f"lr_find, {name}: --lr {rate:.1e}")
    ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
    ax.legend(frameon=False)
    with paths.atomic_write(folder / "lr_find.png") as partial:
        figure.savefig(partial, dpi=110)
    console.print(f"plot: {folder / 'lr_find.png'}")
    return found._asdict()
