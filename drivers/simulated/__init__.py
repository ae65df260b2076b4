"""Simulated instruments around a virtual watch, each speaking its real protocol on a real port."""

from drivers.simulated.bench import SimulatedBench

__all__ = ["SimulatedBench"]
