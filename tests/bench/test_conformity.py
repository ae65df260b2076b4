"""Verdicts: the worked numbers of the metrology page, the boundaries, and what must hold for any number."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bench.conformity import GUARD_BAND_U, GUARDED_REJECTION, ISO_14253_1, RULES, SIMPLE, State, Verdict, judge
from bench.language import speaking
from bench.limit import Limit, Mark, limit_between, show_against
from bench.quantities import DIMENSIONS, QUANTITIES, QuantityMismatch, Value, quantity

PASS = State.CONFORMING
NEARLY = State.CONDITIONALLY_CONFORMING
HARDLY = State.CONDITIONALLY_NONCONFORMING
FAIL = State.NONCONFORMING


def limit(key: str, low: float | None, high: float | None, mark: Mark = Mark.DOCUMENTED, **more: bool) -> Limit:
    return limit_between(key, low, high, source="test", mark=mark, **more)


# The worked numbers (conformity.md, 6.3)

MEAN_RATE = ("mean_rate", -7.0, 7.0, 1.13)
BEAT_ERROR = ("beat_error", None, 0.8, 0.13)
AMPLITUDE = ("min_amplitude", 200.0, None, 5.2412)  # printed as 5.2; the page computes on with the unrounded one
LEAK = ("leak_rate", None, 50.0, 7.5)
QUARTZ = ("quartz_rate", -0.1, 0.3, 0.02)


@pytest.mark.parametrize(
    ("case", "reading", "state", "probability"),
    [
        (MEAN_RATE, 5.2, PASS, 0.999),
        (MEAN_RATE, 6.5, NEARLY, 0.81),
        (MEAN_RATE, 7.4, HARDLY, 0.24),
        (MEAN_RATE, 8.3, FAIL, 0.01),
        (BEAT_ERROR, 0.6, PASS, 0.999),
        (BEAT_ERROR, 0.7, NEARLY, 0.94),
        (BEAT_ERROR, 0.8, NEARLY, 0.50),
        (BEAT_ERROR, 0.9, HARDLY, 0.06),
        (BEAT_ERROR, 1.0, FAIL, None),
        (AMPLITUDE, 210.0, PASS, None),
        (AMPLITUDE, 203.0, NEARLY, 0.87),
        (AMPLITUDE, 198.0, HARDLY, 0.22),
        (AMPLITUDE, 192.0, FAIL, None),
        (LEAK, 41.0, PASS, 0.99),
        (LEAK, 46.0, NEARLY, 0.86),
        (LEAK, 52.0, HARDLY, 0.30),
        (LEAK, 58.0, FAIL, 0.02),
        (QUARTZ, 0.10, PASS, None),
        (QUARTZ, 0.29, NEARLY, 0.84),
        (QUARTZ, 0.31, HARDLY, None),
        (QUARTZ, 0.33, FAIL, None),
    ],
)
def test_the_worked_readings(case, reading, state, probability):
    key, low, high, expanded = case
    verdict = judge(Value.of(key, reading), expanded, limit(key, low, high), ISO_14253_1)
    assert verdict.state is state
    if probability is not None:
        digits = len(f"{probability}".partition(".")[2])
        assert verdict.probability == pytest.approx(probability, abs=0.5001 * 10**-digits)


@pytest.mark.parametrize(
    ("case", "rule", "guard_band", "acceptance"),
    [
        (MEAN_RATE, ISO_14253_1, "0.94", ("-6.06", "6.06")),
        (MEAN_RATE, GUARD_BAND_U, "1.13", ("-5.87", "5.87")),
        (BEAT_ERROR, ISO_14253_1, "0.11", (None, "0.69")),
        (AMPLITUDE, ISO_14253_1, "4.4", ("204.4", None)),
        (LEAK, ISO_14253_1, "6.2", (None, "43.8")),
        (LEAK, GUARD_BAND_U, "7.5", (None, "42.5")),
        (QUARTZ, ISO_14253_1, "0.017", ("-0.083", "0.283")),
        (("test_pressure", 3.0, None, 0.042), ISO_14253_1, "0.035", ("3.035", None)),
    ],
)
def test_the_worked_guard_bands_and_acceptance_zones(case, rule, guard_band, acceptance):
    key, low, high, expanded = case
    verdict = judge(Value.of(key, 0.0), expanded, limit(key, low, high), rule)
    assert _printed(verdict.guard_band, guard_band) == guard_band
    assert verdict.acceptance is not None
    for side, printed in zip(verdict.acceptance, acceptance, strict=True):
        assert (None if side is None else _printed(side, str(printed))) == printed


def _printed(value: float, like: str) -> str:
    return f"{value:.{len(like.partition('.')[2])}f}"


def test_a_pressure_of_three_bar_indicated_does_not_prove_three_bar():
    severity = judge(Value.of("test_pressure", 3.0), 0.042, limit("test_pressure", 3.0, None), ISO_14253_1)
    assert severity.state is NEARLY
    assert severity.probability == pytest.approx(0.5)
    assert judge(Value.of("test_pressure", 3.04), 0.042, limit("test_pressure", 3.0, None), ISO_14253_1).state is PASS


def test_a_claim_against_the_supplier_needs_proof_beyond_the_guard_band():
    highest = limit("consumption", None, 1.50)
    at = {y: judge(Value.of("consumption", y), 0.10, highest, GUARDED_REJECTION) for y in (1.45, 1.55, 1.582, 1.584)}
    assert at[1.55].acceptance == (None, pytest.approx(1.583))
    assert [v.state for v in at.values()] == [PASS, NEARLY, NEARLY, FAIL]


@pytest.mark.parametrize(
    ("rule", "risk"), [(SIMPLE, 0.50), (ISO_14253_1, 0.0485), (GUARD_BAND_U, 0.0228)], ids=lambda part: str(part)
)
def test_the_risk_of_a_wrong_pass_at_the_acceptance_limit(rule, risk):
    high = limit("leak_rate", None, 50.0)
    edge = 50.0 - rule.r * 7.5
    assert judge(Value.of("leak_rate", edge), 7.5, high, rule).probability == pytest.approx(1 - risk, abs=5e-5)


# The boundaries (conformity.md, 6.5)

STEP = 0.001


@pytest.mark.parametrize(
    ("y", "state"),
    [
        (43.775 - STEP, PASS), (43.775, PASS), (43.775 + STEP, NEARLY),
        (50.0 - STEP, NEARLY), (50.0, NEARLY), (50.0 + STEP, HARDLY),
        (56.225 - STEP, HARDLY), (56.225, HARDLY), (56.225 + STEP, FAIL),
    ],
)  # fmt: skip
def test_one_sided_boundaries_one_step_to_either_side(y, state):
    assert judge(Value.of("leak_rate", y), 7.5, limit("leak_rate", None, 50.0), ISO_14253_1).state is state


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(
    ("y", "state"),
    [
        (6.0 - STEP, PASS), (6.0, PASS), (6.0 + STEP, NEARLY),
        (7.0 - STEP, NEARLY), (7.0, NEARLY), (7.0 + STEP, HARDLY),
        (8.0 - STEP, HARDLY), (8.0, HARDLY), (8.0 + STEP, FAIL),
    ],
)  # fmt: skip
def test_symmetric_boundaries_one_step_to_either_side(sign, y, state):
    verdict = judge(Value.of("mean_rate", sign * y), 1.0, limit("mean_rate", -7.0, 7.0), GUARD_BAND_U)
    assert verdict.state is state


@pytest.mark.parametrize(("y", "state"), [(7.0, PASS), (7.0 + STEP, FAIL)])
def test_without_uncertainty_to_count_there_are_two_states_only(y, state):
    assert judge(Value.of("mean_rate", y), 0.0, limit("mean_rate", -7.0, 7.0), ISO_14253_1).state is state
    assert judge(Value.of("mean_rate", y), None, limit("mean_rate", -7.0, 7.0), SIMPLE).state is state


def test_a_limit_that_already_holds_a_margin_is_not_guarded_twice():
    with_margin = limit("leak_rate", None, 50.0, includes_margin=True)
    verdict = judge(Value.of("leak_rate", 49.9), 7.5, with_margin, ISO_14253_1)
    assert (verdict.state, verdict.guard_band) == (PASS, 0.0)


@pytest.mark.parametrize(("expanded", "refused"), [(6.999, False), (7.0, True), (7.001, True)])
def test_no_verdict_where_the_guard_bands_leave_no_zone(expanded, refused):
    verdict = judge(Value.of("mean_rate", 0.0), expanded, limit("mean_rate", -7.0, 7.0), GUARD_BAND_U)
    assert (verdict.state is State.REFUSED) is refused
    if refused:
        assert verdict.refusal is not None and verdict.refusal.rule == "G-09"


def test_a_negative_leak_is_a_legal_result():
    assert judge(Value.of("leak_rate", -3.0), 7.5, limit("leak_rate", None, 50.0), ISO_14253_1).state is PASS


@pytest.mark.parametrize(
    ("value", "expanded", "against", "rule", "why"),
    [
        (Value.of("rate", math.nan), 1.0, limit("rate", -7, 7), ISO_14253_1, "not-a-number"),
        (Value.of("rate", math.inf), 1.0, limit("rate", -7, 7), ISO_14253_1, "not-a-number"),
        (Value.of("rate", -math.inf), 1.0, limit("rate", None, 7), SIMPLE, "not-a-number"),
        (Value.of("rate", 1.0), None, limit("rate", -7, 7), ISO_14253_1, "no-uncertainty"),
        (Value.of("rate", 1.0), math.nan, limit("rate", -7, 7), ISO_14253_1, "no-uncertainty"),
        (Value.of("rate", 1.0), math.inf, limit("rate", -7, 7), ISO_14253_1, "no-uncertainty"),
        (Value.of("rate", 1.0), -1.0, limit("rate", -7, 7), ISO_14253_1, "no-uncertainty"),
        (Value.of("rate", 1.0), 1.0, None, ISO_14253_1, "no-limit"),
        (Value.of("rate", 1.0), 1.0, limit("rate", -7, 7), None, "no-rule"),
        (Value.of("amplitude", 270.0), 1.0, limit("rate", -7, 7), ISO_14253_1, "dimension"),
        (Value.of("quartz_rate", 1.0), 1.0, limit("rate", -7, 7), ISO_14253_1, "dimension"),
        (Value.of("rate", 1.0), 1.0, limit("rate", -7, 7, Mark.UNCONFIRMED), ISO_14253_1, "unconfirmed-limit"),
    ],
)
def test_what_cannot_be_stated_is_refused_with_its_reason(value, expanded, against, rule, why):
    verdict = judge(value, expanded, against, rule)
    assert verdict.state is State.REFUSED
    assert verdict.refusal is not None and verdict.refusal.rule == why


@pytest.mark.parametrize(("low", "high"), [(7.0, -7.0), (7.0, 7.0), (None, None), (math.nan, 1.0), (None, math.inf)])
def test_a_limit_inside_out_empty_or_endless_cannot_be_made(low, high):
    with pytest.raises(ValueError):
        limit("rate", low, high)


# What must hold for any number

magnitudes = st.floats(-1e4, 1e4, allow_nan=False)
uncertainties = st.floats(0.0, 1e3, allow_nan=False)
deciding = st.sampled_from([rule for rule in RULES.values() if not rule.rejecting])


@st.composite
def limits(draw: st.DrawFn, key: str = "rate") -> Limit:
    low = draw(st.none() | magnitudes)
    high = draw(st.none() | magnitudes)
    assume(low is not None or high is not None)
    assume(low is None or high is None or low < high)
    return limit(key, low, high)


@given(magnitudes, uncertainties, uncertainties, limits(), deciding)
def test_a_larger_uncertainty_never_turns_a_fail_into_a_pass(y, u, more, against, rule):
    less_sure = judge(Value.of("rate", y), u + more, against, rule)
    sure = judge(Value.of("rate", y), u, against, rule)
    if less_sure.state is PASS:
        assert sure.state is PASS
    if sure.state in (HARDLY, FAIL):
        assert less_sure.state not in (PASS, NEARLY)


@given(magnitudes, uncertainties, limits(), st.floats(0.0, 1e3), st.floats(0.0, 1e3), deciding)
def test_widening_a_limit_never_makes_the_verdict_worse(y, u, against, down, up, rule):
    wider = limit(
        "rate",
        None if against.low is None else against.low - down,
        None if against.high is None else against.high + up,
    )
    before = judge(Value.of("rate", y), u, against, rule).state
    after = judge(Value.of("rate", y), u, wider, rule).state
    # Out of a refusal (no acceptance zone) anything may come; otherwise the state gets no worse.
    assert before is State.REFUSED or after.severity <= before.severity


@given(st.sampled_from(sorted(QUANTITIES)), magnitudes, uncertainties, magnitudes, magnitudes, deciding, st.data())
def test_the_verdict_is_the_same_in_any_unit(key, y, u, low, high, rule, data):
    assume(low < high)
    unit = data.draw(st.sampled_from(sorted(DIMENSIONS[quantity(key).dimension])))
    canonical = limit(key, low, high)
    verdict = judge(Value.of(key, y), u, canonical, rule)
    edges = [low, high, *(e for e in verdict.acceptance or ()), low - rule.r * u, high + rule.r * u]
    assume(all(abs(y - edge) > 1e-9 * (1 + abs(edge)) for edge in edges if edge is not None))  # a hair is not a verdict
    assume(abs(high - low - 2 * rule.r * u) > 1e-9 * (1 + abs(high - low)))
    converted = limit_between(
        key,
        Value.of(key, low).to(unit),
        Value.of(key, high).to(unit),
        unit=unit,
        source="test",
        mark=Mark.DOCUMENTED,
    )
    scale = Value.of(key, 1.0).to(unit)
    other = judge(
        Value.of(key, Value.of(key, y).to(unit), unit), Value.of(key, u * scale, unit).magnitude, converted, rule
    )
    assert other.state is verdict.state


@given(st.floats() | magnitudes, st.none() | st.floats(), st.none() | limits(), st.none() | deciding)
def test_a_refusal_is_never_a_pass_and_always_says_why(y, u, against, rule):
    verdict = judge(Value.of("rate", y), u, against, rule)
    if against is None or rule is None or not math.isfinite(y):
        assert verdict.state is State.REFUSED
    assert (verdict.state is State.REFUSED) == (verdict.refusal is not None)
    assert verdict.state is not State.REFUSED or verdict.state.severity > FAIL.severity


@given(magnitudes, uncertainties, limits(), st.sampled_from(list(RULES.values())))
def test_a_verdict_survives_its_json(y, u, against, rule):
    verdict = judge(Value.of("rate", y), u, against, rule)
    assert Verdict.from_json(verdict.to_json()) == verdict


# Rounding is for the eye only


@given(magnitudes, limits("leak_rate"), st.sampled_from(["fr", "en"]))
@example(50.04, limit("leak_rate", None, 50.0), "en")
@example(math.nextafter(50.0, 51.0), limit("leak_rate", None, 50.0), "fr")
def test_the_shown_value_lies_on_the_same_side_of_each_limit(y, against, language):
    with speaking(language):
        shown = show_against(Value.of("leak_rate", y), against)
    digits = shown.split("\u00a0")[0].replace("−", "-").replace("\u202f", "")
    read = float(digits.replace(",", "." if language == "fr" else ""))
    if against.low is not None:
        assert (read >= against.low) == (y >= against.low)
    if against.high is not None:
        assert (read <= against.high) == (y <= against.high)


def test_the_usual_decimals_are_kept_where_they_tell_the_truth():
    highest = limit("leak_rate", None, 50.0)
    assert show_against(Value.of("leak_rate", 49.96), highest) == "+50.0\u00a0µg/min"
    assert show_against(Value.of("leak_rate", 50.04), highest) == "+50.04\u00a0µg/min"
    assert show_against(Value.of("leak_rate", 41.0), None) == "+41.0\u00a0µg/min"
    with pytest.raises(QuantityMismatch):
        show_against(Value.of("rate", 1.0), highest)


def test_a_limit_is_written_as_the_language_does():
    assert str(limit("mean_rate", -7.0, 7.0)) == "−7.0 … +7.0\u00a0s/d"
    assert str(limit("leak_rate", None, 50.0)) == "≤ 50.0\u00a0µg/min"
    with speaking("fr"):
        assert str(limit("beat_error", None, 0.8)) == "≤ 0,80\u00a0ms"


def test_a_limit_without_a_short_number_is_written_rounded_inwards():
    monthly = limit_between("quartz_rate", -10, 20, unit="s/month", source="test", mark=Mark.DOCUMENTED)
    assert str(monthly) == "−0.3333 … +0.6666\u00a0s/d"
