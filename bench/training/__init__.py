"""Training: sessions to give away, exercises as data, runs of trainees, evidence for the 97 criteria.

>>> Exercises().get("m-01").answer.defects
('MEC-REP',)
"""

from bench.training.library import Exercises, frames
from bench.training.model import Exercise, Frame

__all__ = ["Exercise", "Exercises", "Frame", "frames"]
