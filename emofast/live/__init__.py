"""A camera, a film or a stream into a window with the emotion of every face."""

from emofast.live.app import LiveView
from emofast.live.overlay import Status, draw
from emofast.live.pipeline import Pipeline, Seen
from emofast.live.smoothing import FaceView, Smoother
from emofast.live.sources import Frame, LiveSource, VideoFile, open_source
from emofast.live.summary import Stages

__all__ = [
    "FaceView", "Frame", "LiveSource", "LiveView", "Pipeline", "Seen", "Smoother", "Stages", "Status", "VideoFile", "draw", "open_source",
]  # fmt: skip
