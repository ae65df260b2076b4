"""A leak rate in ml/min, mbar·l/s and Pa·m³/s, a quartz rate a month: each with the convention it rests on."""

from __future__ import annotations

import math

import pytest

from bench.equivalents import equivalents
from bench.language import speaking
from bench.quantities import Value


@pytest.mark.parametrize(
    ("micrograms", "ml", "mbar_litres", "pascal_metres"),
    [(50, 0.0415, 7.0e-4, 7.0e-5), (200, 0.166, 2.8e-3, 2.8e-4)],
)
def test_leak_rates_agree_with_the_table_of_the_trade(
    micrograms: float, ml: float, mbar_litres: float, pascal_metres: float
) -> None:
    found = {each.unit: each.magnitude for each in equivalents(Value.of("leak_rate", micrograms))}
    assert math.isclose(found["ml/min"], ml, rel_tol=0.005)
    assert math.isclose(found["mbar·l/s"], mbar_litres, rel_tol=0.01)
    assert math.isclose(found["Pa·m³/s"], pascal_metres, rel_tol=0.01)


def test_a_negative_leak_rate_stays_negative() -> None:
    assert all(each.magnitude < 0 for each in equivalents(Value.of("leak_rate", -3)))


def test_a_quartz_rate_a_month_says_which_month() -> None:
    (month,) = equivalents(Value.of("quartz_rate", 0.5))
    assert month.magnitude == pytest.approx(15.0)
    with speaking("fr"):
        assert str(month) == "15,0\u00a0s/mois"
        assert "30 jours" in str(month.convention)


def test_small_figures_are_written_with_a_power_of_ten() -> None:
    with speaking("en"):
        assert [str(each) for each in equivalents(Value.of("leak_rate", 50))] == [
            "0.0415\u00a0ml/min",
            "7.01·10⁻⁴\u00a0mbar·l/s",
            "7.01·10⁻⁵\u00a0Pa·m³/s",
        ]


def test_other_quantities_have_none() -> None:
    assert equivalents(Value.of("rate", 5)) == ()
