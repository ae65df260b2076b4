"""From what a leak tester says to micrograms of air a minute."""

from __future__ import annotations

# Dry air at 20 °C and 1013.25 hPa.
AIR_DENSITY = 1.204  # µg/mm³
ATMOSPHERE = 101325.0  # Pa
MM3_PER_ML = 1000.0


def from_pressure_change(pascals: float, seconds: float, free_volume: float) -> float:
    """Return the leak rate in µg/min from the pressure change in Pa over `seconds` in `free_volume` mm³.

    m = ρ·V·(Δp / p_atm) / t; 42 mbar a minute in 1 ml is 50 µg/min.
    """
    return AIR_DENSITY * free_volume * (pascals / ATMOSPHERE) / (seconds / 60.0)


def from_flow(millilitres_per_minute: float) -> float:
    """Return the leak rate in µg/min from a flow of air in ml/min at 20 °C and 1013.25 hPa."""
    return AIR_DENSITY * MM3_PER_ML * millilitres_per_minute
