"""Procedures: steps as data, the pure engine that walks them, and the guards that cannot be walked around."""
