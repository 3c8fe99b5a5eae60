"""The moving average of the weights: what it is, when it is in the model."""

from contextlib import suppress

import pytest
import torch
from fastai.callback.core import Callback
from fastai.torch_core import set_seed

from emofast.data import get_dls, read_competition
from emofast.training import EMA, ValidateLast, emotion_learner
from emofast.training.resume import Checkpoint, Session


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


@pytest.mark.parametrize("dies", [0, 1, 2, None])  # in the fit, with its last epoch written, and after it
def test_a_run_goes_on_with_average_and_weights_from_wherever_it_died(drawn, tmp_path, monkeypatch, dies):
    def run(at: int | None, session: Session) -> dict:
        monkeypatch.setattr(Checkpoint, "session", session)
        set_seed(0, reproducible=True)
        learn = emotion_learner(get_dls(read_competition(drawn), size=32, bs=16, device="cpu"), "test_resnet", cbs=[Checkpoint()])
        with learn.no_bar(), learn.no_logging():
            learn.fit_one_cycle(3, 1e-2, cbs=[EMA(0.8), ValidateLast(), Dies(at)])
        return {k: v.clone() for k, v in learn.model.state_dict().items()}

    whole = run(None, Session(tmp_path / "whole", 0))
    with suppress(KeyboardInterrupt):
        run(dies, Session(tmp_path / "killed", 0))
    again = run(None, Session(tmp_path / "killed", 0))
    assert all(torch.equal(whole[name], value) for name, value in again.items())
