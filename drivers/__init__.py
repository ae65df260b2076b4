"""Instruments: links, dialects, drivers and simulated instruments. Knows the core, no order and no screen."""
