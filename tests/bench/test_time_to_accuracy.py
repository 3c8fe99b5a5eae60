"""The bench of time to accuracy, with contenders that take seconds."""

from argparse import Namespace

import pandas as pd

from emofast.bench import speedrun
from emofast.data import get_dls
from emofast.training import emotion_learner


def test_contenders_take_turns_and_each_is_kept(drawn, own_artifacts, monkeypatch, capsys):
    def tiny(epochs):
        learn = emotion_learner(get_dls(drawn, 24, 32, channels=1, device="cpu"), "shallow_resnet")
        learn.fit_one_cycle(epochs, 1e-2)
        return learn

    monkeypatch.setattr(speedrun, "_contenders", lambda data, folder: {"stock fastai": lambda: tiny(6), "mine": lambda: tiny(1)})
    speedrun.run(Namespace(data=str(drawn), runs=2))
    seen = pd.read_csv(own_artifacts / "bench" / "speedrun.csv", comment="#")
    assert seen.contender.tolist() == ["stock fastai", "mine"] * 2 and seen.seed.tolist() == [42, 42, 43, 43]
    assert seen.ferplus_accuracy.between(0, 1).all() and (seen.seconds >= 0).all()
    assert "times as long" in capsys.readouterr().out and "epoch" not in seen.columns
