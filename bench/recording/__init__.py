"""Session recordings: every chunk that crossed a wire, with its times, in an MCAP file that survives a crash."""

from bench.recording.model import RecordingFailed, Segment, WireFrame
from bench.recording.reader import Recording
from bench.recording.writer import Recorder

__all__ = ["Recorder", "Recording", "RecordingFailed", "Segment", "WireFrame"]
