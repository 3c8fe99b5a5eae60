"""The moving average of the weights: what it is, when it is in the model."""

from contextlib import suppress

import pytest
import torch
from fastai.callback.core import Callback
from fastai.torch_core import set_seed

from emofast.data import get_dls, read_competition
from emofast.training import EMA, GrowingPictures, ValidateLast, emotion_learner
from emofast.training.resume import Session
from emofast.training.runner import _fits_of


class Witness(Callback):
    """Averages by hand after every step, and looks at what is validated. Runs after EMA."""

    order = 95

    def before_fit(self):
        self.average, self.steps, self.validated = self.now(), 0, []

    def now(self):
        return {k: v.clone() for k, v in self.model.state_dict().items() if v.is_floating_point()}

    def after_batch(self):
        if self.training:
            self.steps += 1
            decay = min(0.8, (1 + self.steps) / (10 + self.steps))
            self.average = {k: decay * self.average[k] + (1 - decay) * v for k, v in self.now().items()}
            self.raw = self.now()
        else:
            self.validated.append(self.now())

    def after_epoch(self):
        self.after = self.now()
        if self.epoch == 0:
            assert all(torch.equal(self.after[k], v) for k, v in self.raw.items())  # training goes on from its own weights


def test_the_average_is_validated_and_left_in_the_model(drawn):
    torch.manual_seed(0)
    dls = get_dls(read_competition(drawn), size=32, bs=16, device="cpu")
    learn, witness = emotion_learner(dls, "test_resnet"), Witness()
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(2, 1e-2, cbs=[EMA(0.8), witness])
    for seen in (witness.validated[-1], witness.after, {k: v for k, v in learn.model.state_dict().items() if v.is_floating_point()}):
        for name, value in witness.average.items():
            torch.testing.assert_close(seen[name], value, rtol=1e-4, atol=1e-6)
    assert any(not torch.allclose(witness.raw[k], v) for k, v in witness.average.items())


class Dies(Callback):
    """Ends the run after epoch `at`, when the checkpoint (80) is written."""

    order = 99

    def __init__(self, at: int | None):
        self.at = at

    def after_epoch(self):
        if self.epoch == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize("dies", [0, 1, 2, 3, None])  # on small pictures, at the change, after it, with the last epoch written, afterwards
def test_a_run_goes_on_with_its_average_and_its_pictures_from_wherever_it_died(drawn, tmp_path, dies):
    def run(at: int | None, name: str) -> tuple[dict, int]:
        set_seed(0, reproducible=True)
        (tmp_path / name).mkdir(exist_ok=True)
        with _fits_of(Session(tmp_path / name, 0), []):
            large, small = (get_dls(read_competition(drawn), size, bs=16, device="cpu") for size in (32, 24))
            learn = emotion_learner(large, "test_resnet")
            learn.fit_one_cycle(4, 1e-2, cbs=[EMA(0.8), GrowingPictures(small, 2), ValidateLast(), Dies(at)])
        return {k: v.clone() for k, v in learn.model.state_dict().items()}, len(learn.recorder.losses) // len(large.train)

    whole, trained = run(None, "whole")
    assert trained == 4
    with suppress(KeyboardInterrupt):
        run(dies, "killed")
    epochs = len(torch.load(tmp_path / "killed" / "seed0.fit0.pt", weights_only=False)["history"])
    assert epochs == (4 if dies is None else dies + 1)
    again, trained = run(None, "killed")
    assert trained == 4 - epochs and all(torch.equal(whole[name], value) for name, value in again.items())


def test_a_fit_of_no_epochs_leaves_nothing(drawn, tmp_path):
    session = Session(tmp_path, 0)
    with _fits_of(session, []):
        learn = emotion_learner(get_dls(read_competition(drawn), size=32, bs=16, device="cpu"), "test_resnet")
        for epochs in (0, 1, 0):
            learn.fit_one_cycle(epochs, 1e-2, reset_opt=True)
    histories = [torch.load(path, weights_only=False)["history"] for path in session.files]
    assert [len(rows) for rows in histories] == [0, 1, 0]
