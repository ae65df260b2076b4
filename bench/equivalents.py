"""The same figure in the units that other documents use: a leak rate as a flow, a quartz rate a month.

Each conversion rests on a convention, which is part of what is shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.language import Text, number
from bench.quantities import Value, unit_text

# Air at 20 °C and 1013.25 hPa: 1.204 mg in a millilitre.
AIR_DENSITY = 1.204
ATMOSPHERE = 101_325.0
AIR = Text("air à 20 °C, 1013 hPa", "air at 20 °C, 1013 hPa")
MONTH = Text("mois de 30 jours", "month of 30 days")


@dataclass(frozen=True)
class Equivalent:
    """A magnitude in another unit, and the convention that it rests on."""

    magnitude: float
    unit: str
    convention: Text

    def __str__(self) -> str:
        return f"{_three_digits(self.magnitude)}\u00a0{unit_text(self.unit)}"


def equivalents(value: Value) -> tuple[Equivalent, ...]:
    """Return `value` in the other units that its quantity is stated in, () where there are none."""
    if value.quantity.id == "leak_rate":
        millilitres = value.to("mg/min") / AIR_DENSITY
        # A flow of gas as pressure times volume a second, at the atmosphere that the millilitres are meant for.
        pascal_cubic_metres = millilitres * 1e-6 * ATMOSPHERE / 60.0
        return (
            Equivalent(millilitres, "ml/min", AIR),
            Equivalent(pascal_cubic_metres * 10.0, "mbar·l/s", AIR),
            Equivalent(pascal_cubic_metres, "Pa·m³/s", AIR),
        )
    if value.quantity.id == "quartz_rate":
        return (Equivalent(value.to("s/month"), "s/month", MONTH),)
    return ()


def _three_digits(magnitude: float) -> str:
    """Write a magnitude with three significant digits, with a power of ten where it is small."""
    if magnitude == 0.0:
        return number(0.0)
    mantissa, _, power = f"{magnitude:.2e}".partition("e")
    exponent = int(power)
    if -3 < exponent < 4:
        return number(round(magnitude, 2 - exponent), max(0, 2 - exponent))
    raised = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{number(float(mantissa), 2)}·10{raised}"
