"""Values know what they are: nothing meets what it must not meet, and a unit is read as it is written."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.language import speaking
from bench.quantities import DIMENSIONS, FACTORS, QUANTITIES, QuantityMismatch, Value, by_pint, factor, registry

COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.add, operator.sub)
finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
quantities = st.sampled_from(sorted(QUANTITIES))


@pytest.mark.parametrize("meet", COMPARISONS)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Value.of("rate", 5), Value.of("amplitude", 270)),
        (Value.of("rate", 5), Value.of("beat_error", 0.4)),
        (Value.of("amplitude", 52), Value.of("lift_angle", 52)),
        (Value.of("rated_pressure", 3), Value.of("test_pressure", 3)),
        (Value.of("beat_rate", 28800), Value.of("rate", 5)),
        (Value.of("rate", 5), 7.0),
        (Value.of("rate", 5), 7),
        (Value.of("rate", 5), "7 s/d"),
        (Value.of("leak_rate", 5), registry().parse_expression("5 * microgram / minute")),
    ],
    ids=lambda value: f"{getattr(value, 'quantity', value)}",
)
def test_different_dimensions_bare_numbers_and_foreign_quantities_never_meet(meet, one, other):
    with pytest.raises(QuantityMismatch):
        meet(one, other)


@pytest.mark.parametrize("meet", COMPARISONS)
def test_a_bare_number_on_the_left_does_not_meet_a_value_either(meet):
    with pytest.raises(TypeError):
        meet(7.0, Value.of("rate", 5))


def test_pint_itself_refuses_a_rate_beside_an_amplitude():
    import pint

    with pytest.raises(pint.DimensionalityError):
        Value.of("rate", 5).pint() + Value.of("amplitude", 270).pint()


@given(quantities, quantities)
def test_only_values_of_one_dimension_compare(one, other):
    a, b = Value.of(one, 1.0), Value.of(other, 2.0)
    if QUANTITIES[one].dimension == QUANTITIES[other].dimension:
        assert (a < b) == (b.to(a.unit) > 1.0)
    else:
        with pytest.raises(QuantityMismatch):
            assert a < b


@given(quantities, finite, st.data())
def test_any_unit_of_its_dimension_and_back_is_the_same_value(key, magnitude, data):
    unit = data.draw(st.sampled_from(sorted(DIMENSIONS[QUANTITIES[key].dimension])))
    assert Value.of(key, magnitude, unit).to(unit) == pytest.approx(magnitude, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("key", "written", "magnitude"),
    [
        ("rate", "−0,4 s/j", -0.4),
        ("rate", "+5 s/d", 5.0),
        ("quartz_rate", "15 s/mois", 0.5),
        ("beat_rate", "28 800 A/h", 28800.0),
        ("beat_rate", "28,800 A/h", 28800.0),
        ("beat_rate", "4 Hz", 28800.0),
        ("amplitude", "270,5°", 270.5),
        ("jewels", "25", 25.0),
        ("leak_rate", "50 \u03bcg/min", 50.0),  # Greek mu, as some keyboards type it
        ("coil_resistance", "1300 \u2126", 1.3),  # the ohm sign
        ("consumption", "742 nA", 0.742),
        ("test_pressure", "-400 mbar", -0.4),
        ("free_volume", "2,1 ml", 2100.0),
    ],
)
def test_a_value_is_read_as_people_write_it(key, written, magnitude):
    assert Value.parse(key, written).magnitude == pytest.approx(magnitude, rel=1e-12)


@pytest.mark.parametrize("written", ["", "s/d", "5", "five s/d", "5 s/d s/d", "inf s/d", "nan s/d", "1.2.3 s/d"])
def test_what_is_no_value_is_refused(written):
    with pytest.raises(QuantityMismatch):
        Value.parse("rate", written)


def test_a_unit_of_the_wrong_dimension_is_called_so():
    with pytest.raises(QuantityMismatch, match="wrong dimension") as caught:
        Value.parse("rate", "5 °")
    assert "s/d" in str(caught.value)


def test_thirty_metres_on_a_case_back_is_no_pressure_and_no_rating():
    for key in ("test_pressure", "rated_pressure"):
        with pytest.raises(QuantityMismatch):
            Value.parse(key, "30 m")


@pytest.mark.parametrize(
    ("unit", "expected"), [("ml/min", 0.0415), ("mbar·l/s", 7.0e-4), ("Pa·m³/s", 7.0e-5), ("mg/min", 0.05)]
)
def test_fifty_micrograms_a_minute_in_the_units_that_testers_show(unit, expected):
    assert Value.of("leak_rate", 50).to(unit) == pytest.approx(expected, rel=3e-3)


def test_a_month_of_rate_has_thirty_days():
    assert Value.of("quartz_rate", -10, "s/month").magnitude == pytest.approx(-1 / 3)


def test_a_month_of_battery_life_is_a_twelfth_of_a_year():
    assert Value.parse("autonomy", "12 month").to("d") == pytest.approx(365.0)


def test_a_factor_in_a_units_definition_counts_both_ways():
    assert factor("current", "µA", "nA") == pytest.approx(1000.0)
    assert factor("current", "nA", "µA") == pytest.approx(0.001)


@pytest.mark.parametrize("dimension", sorted(DIMENSIONS))
def test_the_everyday_factors_are_those_of_the_unit_definitions(dimension):
    assert set(FACTORS.get(dimension, ())) <= set(DIMENSIONS[dimension])
    for unit in DIMENSIONS[dimension]:
        for into in DIMENSIONS[dimension]:
            assert factor(dimension, unit, into) == pytest.approx(by_pint(dimension, unit, into), rel=1e-14)


def test_values_are_written_as_the_language_does():
    value = Value.of("beat_rate", 28800)
    with speaking("fr"):
        assert str(value) == "28\u202f800\u00a0A/h"
        assert str(Value.of("rate", -4.06)) == "−4,1\u00a0s/j"
    with speaking("en"):
        assert str(value) == "28,800\u00a0A/h"


@given(quantities, finite)
def test_json_gives_the_same_value_back(key, magnitude):
    value = Value.of(key, magnitude)
    assert Value.from_json(value.to_json()) == value
