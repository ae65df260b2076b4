"""Timegraphers: the analysis of beats, and the drivers whose instruments send them."""
