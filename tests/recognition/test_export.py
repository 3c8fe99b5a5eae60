"""`emofast export`: three files that agree with each other and with the experiment they come from."""

import pytest
from small_learner import make_learner

from emofast.errors import EmofastError
from emofast.recognition.export import export_model


def test_failed_parity_leaves_the_old_model(exported, tmp_path, monkeypatch):
    import emofast.recognition.export as module

    learner = make_learner(tmp_path / "training")
    export_model(learner, tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    monkeypatch.setattr(module, "parity", lambda *_: float("nan"))
    with pytest.raises(EmofastError, match="nothing was exported"):
        export_model(learner, tmp_path / "out", temperature=2.0)
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
