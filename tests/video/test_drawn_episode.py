"""The drawn episode and its viewers: what was planted is what the files show."""

import numpy as np
import pytest

from emofast.emotions import EMOTIONS
from emofast.film.media import probe
from emofast.sample.audience import DELAY, plan_events, plan_viewers
from emofast.sample.episode import LATE, draw_episode
from emofast.video.selection import pauses, shot_changes


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_episode(tmp_path_factory.mktemp("drawn"), seed=3, duration=18, events=1, viewers=1)


def test_the_files_are_films_of_the_planned_length(drawn):
    episode = probe(drawn.episode)
    assert episode.duration == pytest.approx(18, abs=0.05) and episode.sound and (episode.width, episode.height) == (640, 360)
    (viewer,) = drawn.viewers
    assert probe(viewer).duration == pytest.approx(18 - LATE, abs=0.15) and drawn.starts == {"viewer-1": LATE}


def test_each_event_is_a_shot_of_its_own_and_speech_has_pauses(drawn):
    event = drawn.events[0]
    cuts = shot_changes(drawn.episode, 0.0, 18.0)
    begin, end = event.peak - event.width / 2 - 1.2, event.peak + event.width / 2 + 1.0
    assert min(abs(c - begin) for c in cuts) < 0.05 and min(abs(c - end) for c in cuts) < 0.05
    assert pauses(probe(drawn.episode), 0.0, 18.0)


def test_viewers_react_late_and_to_what_was_planted():
    rng = np.random.default_rng(0)
    events = plan_events(rng, 120, 6)
    assert min(np.diff([e.peak for e in events])) >= 8
    for viewer in plan_viewers(rng, events, 120, 4, missing=0.0, own_per_minute=0, away_per_minute=0):
        assert all(DELAY[0] <= b.peak - e.peak <= DELAY[1] and b.emotion == e.emotion for b, e in zip(viewer.bumps, events))
        shown = viewer.expression(np.array([viewer.bumps[0].peak]))[0]
        assert EMOTIONS[int(shown.argmax())] == events[0].emotion
