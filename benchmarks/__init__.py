"""Measured side by side in one run: what the project promises about its speed."""
