"""Demagnetisers, and the field meters that stand beside them."""
