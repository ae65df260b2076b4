"""Training: sessions to give away, exercises as data, runs of trainees, evidence for the 97 criteria.

>>> from bench.training import Exercises
>>> Exercises().get("m-01").answer.defects
('MEC-REP',)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.training.library import Exercises, frames
    from bench.training.model import Exercise, Frame

__all__ = ["Exercise", "Exercises", "Frame", "frames"]


def __getattr__(name: str) -> object:
    """Load the models of exercises when they are asked for: every command looks whether a journal is for training."""
    if name not in __all__:
        raise AttributeError(name)
    from bench.training import library, model

    return getattr(library if hasattr(library, name) else model, name)
