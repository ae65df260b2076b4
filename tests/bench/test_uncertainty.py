"""Uncertainty budgets: the worked budgets of the metrology page, and how parts combine."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.conformity import ISO_14253_1, State, judge
from bench.instrument import Capability
from bench.language import Text
from bench.limit import Mark, limit_between
from bench.measurement import Component, Reading, Uncertainty
from bench.quantities import Value
from bench.uncertainty import Doubts, budget, certified, combine, coverage, effective_dof

# Chronoscope X1 G3, technical data (instruments.md 1.3)
RATE = Capability("rate", resolution=0.1, accuracy=0.1, source="X1")
AMPLITUDE = Capability("amplitude", resolution=1.0, accuracy=0.4, source="X1")
BEAT_ERROR = Capability("beat_error", resolution=0.1, accuracy=0.1, source="X1")
LEAK = Capability("leak_rate", resolution=1.0, accuracy=0.0, accuracy_relative=0.05, source="tester")


def reading(key: str, magnitude: float, *, n: int = 1, stdev: float | None = None, **conditions: Value) -> Reading:
    u_a = stdev / math.sqrt(n) if stdev is not None else None
    return Reading(Value.of(key, magnitude), n=n, stdev=stdev, u_a=u_a, conditions=conditions)


def parts(uncertainty: Uncertainty | None) -> dict[str, float]:
    assert uncertainty is not None
    return {component.name.en: component.u for component in uncertainty.components}


def test_the_worked_budget_of_a_rate():
    found = budget(reading("rate", 5.2, n=15, stdev=1.0), RATE, Doubts(repositioning=0.5))
    assert parts(found) == {
        "instrument accuracy": pytest.approx(0.058, abs=5e-4),
        "resolution": pytest.approx(0.029, abs=5e-4),
        "scatter of the readings (type A)": pytest.approx(1 / math.sqrt(15)),
        "repositioning of the watch": 0.5,
    }
    assert f"{found.u:.3f} {found.expanded:.2f} {found.k:g}" == "0.566 1.13 2"


def test_the_worked_budget_of_an_amplitude_and_its_acceptance_limit():
    lift = Value.of("lift_angle", 52)
    found = budget(reading("amplitude", 200, n=5, stdev=3.0, lift_angle=lift), AMPLITUDE, Doubts(lift_angle=1.0))
    assert sorted(f"{u:.2f}" for u in parts(found).values()) == ["0.23", "0.29", "1.34", "2.22"]
    assert f"{found.expanded:.1f}" == "5.2"
    lowest = limit_between("amplitude", 200, None, source="test", mark=Mark.DOCUMENTED)
    verdict = judge(Value.of("amplitude", 203), found.expanded, lowest, ISO_14253_1)
    assert verdict.state is State.CONDITIONALLY_CONFORMING
    assert f"{verdict.guard_band:.1f} {verdict.acceptance[0]:.1f} {verdict.probability:.2f}" == "4.4 204.4 0.87"


def test_the_worked_budget_of_a_beat_error():
    assert f"{budget(reading('beat_error', 0.6), BEAT_ERROR, Doubts()).expanded:.2f}" == "0.13"


def test_one_degree_of_doubt_about_the_lift_angle_stands_in_the_amplitudes_budget():
    lift = Value.of("lift_angle", 52)
    sure = budget(reading("amplitude", 270, lift_angle=lift), AMPLITUDE, Doubts(lift_angle=0.0))
    doubtful = budget(reading("amplitude", 270, lift_angle=lift), AMPLITUDE, Doubts(lift_angle=1.0))
    assert "doubt about the lift angle" not in parts(sure)
    assert parts(doubtful)["doubt about the lift angle"] == pytest.approx(270 / 52 / math.sqrt(3))
    assert doubtful.expanded > 3 * sure.expanded


def test_an_amplitude_without_its_lift_angle_has_no_budget():
    assert budget(reading("amplitude", 270), AMPLITUDE, Doubts()) is None
    assert budget(reading("amplitude", 270), AMPLITUDE, Doubts(), {"lift_angle": Value.of("lift_angle", 52)})


def test_a_wrong_free_volume_shifts_a_leak_in_proportion():
    small, large = (budget(reading("leak_rate", y), LEAK, Doubts(free_volume=0.2)) for y in (10.0, 50.0))
    name = "doubt about the free volume"
    assert parts(large)[name] == pytest.approx(5 * parts(small)[name])
    assert parts(large)[name] == pytest.approx(50 * 0.2 / math.sqrt(3))


def test_a_doubt_about_the_pressure_counts_relative_to_it():
    at = reading("leak_rate", 50.0, pressure=Value.of("test_pressure", -0.4))
    found = budget(at, LEAK, Doubts(free_volume=0.0, pressure=0.02))
    assert parts(found)["doubt about the pressure"] == pytest.approx(50 * 0.02 / 0.4 / math.sqrt(3))


def test_the_certificates_uncertainty_counts_by_half():
    tester = Capability("battery_voltage", resolution=0.01, accuracy=0.01, source="Q1")
    (tester, other) = certified([tester, RATE], {"battery_voltage": 0.004})
    found = parts(budget(reading("battery_voltage", 1.55), tester, Doubts()))
    assert found["calibration (U/2 of the certificate)"] == pytest.approx(0.002)
    assert other == RATE


def test_an_accuracy_in_percent_grows_with_the_reading():
    tester = Capability("battery_voltage", accuracy=0.010, accuracy_relative=0.005, source="Q1")
    assert budget(reading("battery_voltage", 1.5), tester, Doubts()).u == pytest.approx(0.0175 / math.sqrt(3))


def test_an_instrument_that_states_no_accuracy_gives_no_budget():
    assert budget(reading("rate", 5.0), None, Doubts()) is None
    assert budget(reading("rate", 5.0), Capability("rate", resolution=1.0), Doubts()) is None


def test_quartz_is_not_repositioned():
    found = budget(reading("quartz_rate", 0.1), Capability("quartz_rate", accuracy=0.02, source="Q1"), Doubts())
    assert set(parts(found)) == {"instrument accuracy"}


# Few readings


def test_few_readings_widen_the_coverage_factor():
    found = budget(reading("rate", 5.0, n=3, stdev=6.0), RATE, Doubts(repositioning=0.0))
    assert effective_dof(found.components) == pytest.approx(2.0, rel=0.01)
    assert found.k == 4.53  # t for 95.45 % and 2 degrees of freedom, JCGM 100 table G.2


def test_few_readings_that_hardly_count_leave_it_at_two():
    assert budget(reading("rate", 5.0, n=3, stdev=0.1), RATE, Doubts()).k == 2.0


@pytest.mark.parametrize(("dof", "k"), [(0.4, 13.97), (1, 13.97), (9.9, 2.32), (24, 2.13), (49.9, 2.06), (50, 2.0)])
def test_the_coverage_factor_by_degrees_of_freedom(dof, k):
    assert coverage(dof) == k


def test_infinitely_many_degrees_of_freedom():
    assert coverage(None) == 2.0
    assert effective_dof([Component(Text("a", "a"), 1.0, "maker")]) is None


# Combined figures


def rates(*values: float) -> list[Uncertainty | None]:
    return [budget(reading("rate", y, n=400, stdev=1.0), RATE, Doubts(repositioning=0.5)) for y in values]


def test_a_mean_averages_the_watch_but_not_the_instrument():
    one, mean = rates(4.0)[0], combine(rates(4.0, 5.0, 6.0), [1 / 3] * 3)
    assert parts(mean)["instrument accuracy"] == pytest.approx(parts(one)["instrument accuracy"])
    for name in ("repositioning of the watch", "resolution", "scatter of the readings (type A)"):
        assert parts(mean)[name] == pytest.approx(parts(one)[name] / math.sqrt(3))


def test_a_difference_by_one_instrument_is_free_of_its_systematic_error():
    assert parts(combine(rates(4.0, 12.0), [-1.0, 1.0]))["instrument accuracy"] == 0.0


def test_a_difference_by_two_instruments_holds_the_errors_of_both():
    found = combine(rates(4.0, 12.0), [-1.0, 1.0], ["bench 1", "bench 2"])
    errors = [c.u for c in found.components if c.name.en == "instrument accuracy"]
    assert errors == pytest.approx([0.1 / math.sqrt(3)] * 2)


def test_a_part_that_does_not_count_needs_no_budget():
    assert combine([*rates(4.0), None], [1.0, 0.0]) is not None
    assert combine([*rates(4.0), None], [0.5, 0.5]) is None
    assert combine([None], [0.0]) is None


def test_a_mean_of_short_runs_keeps_their_few_degrees_of_freedom():
    short = [budget(reading("rate", y, n=3, stdev=9.0), RATE, Doubts(repositioning=0.0)) for y in (1.0, 2.0, 3.0)]
    mean = combine(short, [1 / 3] * 3)
    assert effective_dof(mean.components) == pytest.approx(6.0, rel=0.01)  # 3 × 2
    assert mean.k == coverage(6)


components = st.lists(
    st.builds(
        Component,
        st.sampled_from([Text(name, name) for name in "abc"]),
        st.floats(0.0, 100.0),
        st.just("test"),
        st.booleans(),
    ),
    max_size=6,
)


@given(components, st.sampled_from([-2.0, -1.0, 0.2, 0.5, 3.0]))
def test_scaling_a_budget_scales_its_uncertainty(given_components, scale):
    whole = Uncertainty(tuple(given_components))
    # Components of one name count as one error, so start from what combine itself makes of them.
    once = combine([whole], [1.0])
    scaled = combine([once], [scale])
    assert scaled.u == pytest.approx(abs(scale) * once.u, rel=1e-9, abs=1e-12)


@given(components)
def test_a_budget_survives_its_json(given_components):
    budgeted = Uncertainty(tuple(given_components), 2.0)
    assert Uncertainty.from_json(budgeted.to_json()) == budgeted
