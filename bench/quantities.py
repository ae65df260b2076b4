"""The quantities that a workshop measures, and values of them.

A `Value` knows which quantity it is; values of different dimensions never compare, add or convert, and no value
compares with a bare number. Pint holds the unit algebra and is loaded only when a conversion needs it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import EtabliError
from bench.language import Text, current, msg, number

if TYPE_CHECKING:
    import pint

# Dimension → the unit symbols that data files, screens and sheets use, and pint's name for each.
DIMENSIONS: dict[str, dict[str, str]] = {
    "rate": {
        "s/d": "second_per_day",
        "s/j": "second_per_day",
        "s/month": "second_per_month",
        "s/mois": "second_per_month",
        "s/year": "second_per_year",
    },
    "amplitude": {"°": "amplitude_degree"},
    "lift_angle": {"°": "lift_degree"},
    "beat_error": {"ms": "beat_error_millisecond"},
    "beat_rate": {"A/h": "vibration_per_hour", "Hz": "beat_hertz"},
    # Air at 20 °C and 1013.25 hPa weighs 1.204 mg/ml; a pressure–volume flow is that of the same air.
    "leak_rate": {
        "µg/min": "microgram / minute",
        "mg/min": "milligram / minute",
        "ml/min": "1.204 * milligram / minute",
        "mbar·l/s": "1.204 / 1013.25 * gram / second",
        "Pa·m³/s": "12.04 / 1013.25 * gram / second",
    },
    "gauge_pressure": {"bar": "bar", "mbar": "millibar", "kPa": "kilopascal", "Pa": "pascal"},
    "length": {"mm": "millimetre", "µm": "micrometre", "m": "metre"},
    "volume": {"mm³": "millimetre ** 3", "ml": "millilitre", "mm3": "millimetre ** 3"},
    "flux_density": {"mT": "millitesla", "µT": "microtesla", "T": "tesla", "G": "gauss", "mG": "milligauss"},
    "current": {"µA": "microampere", "nA": "1e-3 * microampere", "mA": "milliampere"},
    "voltage": {"V": "volt", "mV": "millivolt"},
    "resistance": {"Ω": "ohm", "kΩ": "kiloohm", "MΩ": "megaohm"},
    "duration": {"s": "second", "ms": "millisecond", "min": "minute", "h": "hour", "d": "day", "month": "month"},
    "charge": {"mAh": "milliampere_hour"},
    "temperature": {"°C": "temperature_celsius"},
    "level": {"1": "one"},
    "count": {"1": "piece"},
    "rating": {"bar": "rating_bar"},
    "money": {"€": "euro", "EUR": "euro"},
    "force": {"N": "newton"},
    "humidity": {"%": "percent_relative_humidity"},
    "mass": {"g": "gram"},
}


@dataclass(frozen=True)
class Quantity:
    """One thing that is measured: what it is called, its dimension, its canonical unit, its usual decimals."""

    id: str
    dimension: str
    unit: str
    decimals: int
    name: Text
    signed: bool = False

    def __str__(self) -> str:
        return str(self.name)


def _catalogue(*quantities: Quantity) -> dict[str, Quantity]:
    return {quantity.id: quantity for quantity in quantities}


def _q(key: str, dimension: str, unit: str, decimals: int, fr: str, en: str, *, signed: bool = False) -> Quantity:
    return Quantity(key, dimension, unit, decimals, Text(fr, en), signed)


QUANTITIES: dict[str, Quantity] = _catalogue(
    _q("rate", "rate", "s/d", 1, "marche", "rate", signed=True),
    _q("mean_rate", "rate", "s/d", 1, "marche moyenne X", "mean rate X", signed=True),
    _q("rate_spread", "rate", "s/d", 1, "écart maximal D", "spread D"),
    _q(
        "rate_dvh",
        "rate",
        "s/d",
        1,
        "écart plat-pendu DVH",
        "horizontal–vertical difference DVH",
        signed=True,
    ),
    _q("rate_di", "rate", "s/d", 1, "différence 6H − CH, Di", "difference 6H − CH, Di", signed=True),
    _q("isochronism", "rate", "s/d", 1, "isochronisme 24 h − 0 h", "isochronism 24 h − 0 h", signed=True),
    _q("quartz_rate", "rate", "s/d", 3, "marche quartz", "quartz rate", signed=True),
    _q("amplitude", "amplitude", "°", 0, "amplitude", "amplitude"),
    _q("min_amplitude", "amplitude", "°", 0, "amplitude minimale", "lowest amplitude"),
    _q("lift_angle", "lift_angle", "°", 1, "angle de levée", "lift angle"),
    _q("beat_error", "beat_error", "ms", 2, "repère", "beat error"),
    _q("max_beat_error", "beat_error", "ms", 2, "repère maximal", "highest beat error"),
    _q("beat_rate", "beat_rate", "A/h", 0, "alternances", "beat rate"),
    _q("phase", "duration", "ms", 2, "retard du battement", "lateness of the beat", signed=True),
    _q("leak_rate", "leak_rate", "µg/min", 1, "débit de fuite", "leak rate", signed=True),
    _q("test_pressure", "gauge_pressure", "bar", 2, "pression d’essai", "test pressure", signed=True),
    _q("deformation", "length", "µm", 1, "déformation", "deformation"),
    _q("free_volume", "volume", "mm³", 0, "volume libre", "free volume"),
    _q("background_field", "flux_density", "mT", 3, "champ ambiant", "background field", signed=True),
    _q("watch_field", "flux_density", "mT", 3, "champ près de la montre", "field at the watch", signed=True),
    _q("residual_field", "flux_density", "mT", 3, "champ rémanent", "residual field"),
    _q("demagnetising_field", "flux_density", "mT", 1, "champ de désaimantation", "demagnetising field"),
    _q("battery_voltage", "voltage", "V", 3, "tension de pile à vide", "battery voltage, no load"),
    _q("battery_voltage_loaded", "voltage", "V", 3, "tension de pile en charge", "battery voltage, loaded"),
    _q("supply_voltage", "voltage", "V", 2, "tension d’alimentation", "supply voltage"),
    _q("lower_working_voltage", "voltage", "V", 2, "tension d’arrêt", "lower working voltage"),
    _q("consumption", "current", "µA", 2, "consommation", "consumption"),
    _q("consumption_stem_pulled", "current", "µA", 2, "consommation tige tirée", "consumption, stem pulled"),
    _q("coil_resistance", "resistance", "kΩ", 2, "résistance de bobine", "coil resistance"),
    _q("insulation_resistance", "resistance", "MΩ", 2, "isolement de bobine", "coil insulation"),
    _q("pulse_width", "duration", "ms", 2, "largeur d’impulsion", "pulse width"),
    _q("pulse_period", "duration", "s", 1, "période d’impulsion", "pulse period"),
    _q("inhibition_period", "duration", "s", 0, "période d’inhibition", "inhibition period"),
    _q("power_reserve", "duration", "h", 0, "réserve de marche", "power reserve"),
    _q("autonomy", "duration", "month", 0, "autonomie attendue", "expected battery life"),
    _q("measuring_time", "duration", "s", 0, "durée de mesure", "measuring time"),
    _q("battery_capacity", "charge", "mAh", 0, "capacité de pile", "battery capacity"),
    _q("temperature", "temperature", "°C", 1, "température", "temperature", signed=True),
    _q("diameter", "length", "mm", 2, "diamètre", "diameter"),
    _q("height", "length", "mm", 2, "hauteur", "height"),
    _q("stem_length", "length", "mm", 2, "longueur de tige", "stem length"),
    _q("jewels", "count", "1", 0, "rubis", "jewels"),
    _q("signal_level", "level", "1", 2, "niveau du signal", "signal level"),
    _q("rated_pressure", "rating", "bar", 0, "étanchéité annoncée", "water-resistance rating"),
    _q("pieces", "count", "1", 0, "nombre de pièces", "number of pieces"),
    _q("price", "money", "€", 2, "prix", "price"),
    _q("working_time", "duration", "min", 0, "temps de travail", "working time"),
    _q("waiting_time", "duration", "h", 1, "durée", "duration"),
    _q("delay", "duration", "d", 0, "délai", "delay"),
    _q("fitting_force", "force", "N", 0, "force de chassage", "fitting force"),
    _q("clearance", "length", "mm", 2, "jeu", "clearance"),
    _q("end_shake", "length", "µm", 0, "ébat", "end-shake"),
    _q("indexing_offset", "duration", "min", 1, "décalage d’index", "indexing offset", signed=True),
    _q("clock_offset", "duration", "s", 1, "état par rapport à la référence", "offset from the reference", signed=True),
    _q("humidity", "humidity", "%", 0, "humidité relative", "relative humidity"),
    _q("waste_mass", "mass", "g", 0, "masse de déchets", "mass of waste"),
    _q("waste_volume", "volume", "ml", 0, "volume de déchets", "volume of waste"),
)


class QuantityMismatch(EtabliError, TypeError):
    """Two things that must not meet: a rate with an amplitude, a value with a bare number, a foreign unit."""


def quantity(key: str) -> Quantity:
    """Return the catalogue's quantity. Raises QuantityMismatch for an unknown key."""
    try:
        return QUANTITIES[key]
    except KeyError:
        raise QuantityMismatch(
            msg("There is no quantity called “{key}”.", key=key),
            remedy=msg("Known quantities: {known}.", known=", ".join(sorted(QUANTITIES))),
        ) from None


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return the bench's pint registry; its definitions are bench/units.txt and nothing else."""
    import pint

    return pint.UnitRegistry(str(Path(__file__).with_name("units.txt")), on_redefinition="raise")


# What the everyday units are worth in one another, by dimension: the same as units.txt says (a test holds them
# together), so that reading a profile or decoding a frame need not load pint.
FACTORS: dict[str, dict[str, float]] = {
    "rate": {"s/d": 1.0, "s/j": 1.0, "s/month": 1 / 30, "s/mois": 1 / 30, "s/year": 1 / 365},
    "beat_rate": {"A/h": 1.0, "Hz": 7200.0},
    "leak_rate": {"µg/min": 1.0, "mg/min": 1e3},
    "gauge_pressure": {"bar": 1e5, "mbar": 1e2, "kPa": 1e3, "Pa": 1.0},
    "length": {"µm": 1.0, "mm": 1e3, "m": 1e6},
    "volume": {"mm³": 1.0, "mm3": 1.0, "ml": 1e3},
    "flux_density": {"mG": 1.0, "µT": 10.0, "G": 1e3, "mT": 1e4, "T": 1e7},
    "current": {"nA": 1.0, "µA": 1e3, "mA": 1e6},
    "voltage": {"mV": 1.0, "V": 1e3},
    "resistance": {"Ω": 1.0, "kΩ": 1e3, "MΩ": 1e6},
    "mass": {"g": 1.0},
    "money": {"€": 1.0, "EUR": 1.0},
    "duration": {"ms": 1.0, "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7, "month": 730 * 3.6e6},
}


@lru_cache
def factor(dimension: str, unit: str, into: str) -> float:
    """Return what a magnitude in `unit` is multiplied by to stand in `into`, both of `dimension`.

    Raises QuantityMismatch when the dimension has no such unit.
    """
    names = DIMENSIONS[dimension]
    for symbol in (unit, into):
        if symbol not in names:
            raise QuantityMismatch(
                msg("“{unit}” is not a unit of {dimension}.", unit=symbol, dimension=dimension),
                remedy=msg("Use one of: {units}.", units=", ".join(names)),
            )
    if names[unit] == names[into]:
        return 1.0
    known = FACTORS.get(dimension, {})
    if unit in known and into in known:
        return known[unit] / known[into]
    return by_pint(dimension, unit, into)


def by_pint(dimension: str, unit: str, into: str) -> float:
    """Return the same factor as units.txt gives it."""
    units, names = registry(), DIMENSIONS[dimension]
    ratio = units.parse_expression(names[unit]) / units.parse_expression(names[into])
    return float(ratio.to_base_units().magnitude)


@dataclass(frozen=True, slots=True)
class Value:
    """A magnitude of one quantity, in the quantity's canonical unit.

    Comparing or adding values of another dimension, or a bare number, raises QuantityMismatch.
    """

    quantity: Quantity
    magnitude: float

    @classmethod
    def of(cls, key: str, magnitude: float, unit: str | None = None) -> Value:
        """Build a value from a magnitude in `unit` (default: the canonical one)."""
        wanted = quantity(key)
        if unit is None or unit == wanted.unit:
            return cls(wanted, float(magnitude))
        return cls(wanted, float(magnitude) * factor(wanted.dimension, unit, wanted.unit))

    @classmethod
    def parse(cls, key: str, written: str) -> Value:
        """Read "5 s/d", "−0,4 bar", "28 800 A/h"; a quantity without a unit is a bare number ("25").

        Raises QuantityMismatch when it is no such quantity, or no finite number.
        """
        wanted = quantity(key)
        number_, unit = _split(written, whole=wanted.decimals == 0)
        units = DIMENSIONS[wanted.dimension]
        if unit in units or (unit == "" and "1" in units):
            try:
                read = float(number_)
            except ValueError:
                read = math.nan
            if math.isfinite(read):
                return cls.of(key, read, unit or None)
        elif foreign := [name for name, symbols in DIMENSIONS.items() if unit and unit in symbols]:
            raise QuantityMismatch(
                msg(
                    "“{written}” has a unit of the wrong dimension: “{unit}” is a unit of {other}, not of {quantity}.",
                    written=written,
                    unit=unit,
                    other=", ".join(foreign),
                    quantity=wanted.name,
                ),
                remedy=msg("Write a number and one of these units: {units}.", units=", ".join(units)),
            )
        raise QuantityMismatch(
            msg("“{written}” cannot be read as {quantity}.", written=written, quantity=wanted.name),
            remedy=msg("Write a number and one of these units: {units}.", units=", ".join(units)),
        )

    @property
    def unit(self) -> str:
        return self.quantity.unit

    def to(self, unit: str) -> float:
        """Return the magnitude in another unit of the same dimension."""
        return self.magnitude * factor(self.quantity.dimension, self.quantity.unit, unit)

    def pint(self) -> pint.Quantity[Any]:
        """Return the same value as a pint quantity of the bench's registry."""
        units = registry()
        quantity: pint.Quantity[Any] = self.magnitude * units.parse_expression(
            DIMENSIONS[self.quantity.dimension][self.unit]
        )
        return quantity

    def _other(self, other: object) -> float:
        if not isinstance(other, Value):
            raise QuantityMismatch(
                msg(
                    "A value of {quantity} cannot be compared with “{other}”.",
                    quantity=self.quantity.name,
                    other=repr(other),
                ),
                remedy=msg("Give each its quantity and unit."),
            )
        if other.quantity.dimension != self.quantity.dimension:
            raise QuantityMismatch(
                msg(
                    "{one} and {other} are different dimensions.",
                    one=self.quantity.name,
                    other=other.quantity.name,
                ),
                remedy=msg("Compare like with like."),
            )
        return other.to(self.unit)

    def __lt__(self, other: Value) -> bool:
        return self.magnitude < self._other(other)

    def __le__(self, other: Value) -> bool:
        return self.magnitude <= self._other(other)

    def __gt__(self, other: Value) -> bool:
        return self.magnitude > self._other(other)

    def __ge__(self, other: Value) -> bool:
        return self.magnitude >= self._other(other)

    def __sub__(self, other: Value) -> Value:
        return Value(self.quantity, self.magnitude - self._other(other))

    def __add__(self, other: Value) -> Value:
        return Value(self.quantity, self.magnitude + self._other(other))

    def __str__(self) -> str:
        return self.show()

    def show(self, decimals: int | None = None) -> str:
        """Write the value with its unit as the language in force does; rounding is for the eye only."""
        shown = number(
            self.magnitude,
            self.quantity.decimals if decimals is None else decimals,
            sign=self.quantity.signed,
        )
        return f"{shown}\u00a0{unit_text(self.unit)}" if self.unit != "1" else shown

    def to_json(self) -> dict[str, Any]:
        return {"quantity": self.quantity.id, "value": self.magnitude, "unit": self.unit}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Value:
        return cls.of(data["quantity"], data["value"], data["unit"])


def _split(written: str, *, whole: bool) -> tuple[str, str]:
    """Cut "−0,4 bar" into ("-0.4", "bar"), whichever spaces, minus and look-alike letters it is written with.

    A comma is a decimal sign, except in a `whole` number such as "28,800", as English writes it.
    """
    text = written.strip().translate(_TYPED)
    unit = text.lstrip("+-.,0123456789 ")
    digits = text.removesuffix(unit).replace(" ", "")
    if whole and re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", digits):
        return digits.replace(",", ""), unit
    return digits.replace(",", "."), unit


# Spaces between thousands, the true minus, Greek mu for the micro sign, the ohm sign for the Greek letter.
_TYPED = str.maketrans({"\u202f": " ", "\u00a0": " ", "−": "-", "\u03bc": "µ", "\u2126": "Ω"})


def unit_text(unit: str) -> str:
    """Return the unit as people write it in the language in force: s/j and s/mois in French."""
    if current() != "fr":
        return unit
    return {"s/d": "s/j", "s/month": "s/mois", "s/year": "s/an", "d": "j", "month": "mois"}.get(unit, unit)
