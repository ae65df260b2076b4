"""Diagnosis: rules as data that turn the measurements of an order into hints, never into a verdict."""

from bench.diagnosis.diagnose import Contradiction, Diagnosis, FirstCheck, Hint, diagnose, known_of
from bench.diagnosis.rules import RuleBook, load

__all__ = ["Contradiction", "Diagnosis", "FirstCheck", "Hint", "RuleBook", "diagnose", "known_of", "load"]
