"""The widgets of the bench: each draws itself from plain values and asks nobody."""
