"""The diagnosis rules one by one: what makes each give its hint, what the hint says, and in which order hints come."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from scripted import TECHNICIAN, Truth
from tree_walk import sign_in, walk_tree, work_on

from bench.conformity import SIMPLE, State, judge, refuse
from bench.diagnosis import Diagnosis, diagnose, known_of, load
from bench.diagnosis.model import Kind
from bench.judging import INFORMATION, Judged
from bench.language import speaking
from bench.limit import Limit, Mark
from bench.measurement import InstrumentSnapshot, Measurement, Provenance
from bench.order import Family
from bench.procedure.tasks import BEFORE_DEMAGNETISING
from bench.quantities import Value, quantity
from bench.work import Work

BOOK = load()
NUMBERS = itertools.count(1)
INSTRUMENT = InstrumentSnapshot("i1", "timegrapher", "M", "S", "manual", "valid")


def measured(
    key: str,
    magnitude: float,
    label: str = "",
    *,
    unit: str | None = None,
    low: float | None = None,
    high: float | None = None,
    n: int = 1,
    stdev: float | None = None,
    **conditions: Any,
) -> Judged:
    """A measurement in its quantity's usual unit, judged where it has a limit."""
    value = Value.of(key, magnitude, unit)
    measurement = Measurement(
        id=f"m{next(NUMBERS)}",
        value=value,
        label=label,
        n=n,
        stdev=stdev,
        uncertainty=None,
        conditions=conditions,
        trace=None,
        instrument=INSTRUMENT,
        provenance=Provenance.MANUAL,
        started="",
        ended="",
        duration=0.0,
    )
    if low is None and high is None:
        return Judged(measurement, refuse(None, None, INFORMATION))
    limit = Limit(quantity(key), low, high, "test", Mark.DOCUMENTED)
    return Judged(measurement, judge(value, None, limit, SIMPLE))


def amplitude(degrees: float, label: str = "CH", wind: str = "0h") -> Judged:
    return measured("amplitude", degrees, label, wind=wind)


def rate(seconds: float, label: str = "CH") -> Judged:
    return measured("rate", seconds, label, wind="0h")


def beat_error(milliseconds: float, label: str = "CH") -> Judged:
    return measured("beat_error", milliseconds, label, wind="0h")


def mean(seconds: float) -> Judged:
    return measured("mean_rate", seconds, low=-7, high=7)


def spread(seconds: float) -> Judged:
    return measured("rate_spread", seconds, high=20)


def field(millitesla: float) -> Judged:
    return measured("residual_field", millitesla, high=0.1)


def drain(running: float, pulled: float, limit: float | None = None) -> list[Judged]:
    return [measured("consumption", running, high=1.85), measured("consumption_stem_pulled", pulled, high=limit)]


def battery(volts: float) -> Judged:
    return measured("battery_voltage", volts, low=1.5)


def leak(flow: float, bar: float, *, limit: float | None = None, closure: int = 1) -> Judged:
    pressure = Value.of("test_pressure", bar)
    return measured("leak_rate", flow, f"{bar:+} bar", high=limit, pressure=pressure, closure=closure)


HEALTHY_MECHANICAL = [
    field(0.01),
    *(amplitude(degrees, label) for label, degrees in {"CH": 287, "CB": 284, "6H": 258, "9H": 254}.items()),
    *(rate(seconds, label) for label, seconds in {"CH": 4, "CB": 5, "6H": 1, "9H": 3}.items()),
    *(beat_error(0.2, label) for label in ("CH", "CB", "6H", "9H")),
    mean(3.0),
    spread(4.0),
    measured("min_amplitude", 254, low=200),
    measured("max_beat_error", 0.2, high=0.8),
    amplitude(249, "CH", "24h"),
    measured("isochronism", -4, low=-15, high=15, wind="24h"),
    leak(20, -0.4, limit=200),
    leak(8, 3, limit=50),
]
HEALTHY_QUARTZ = [
    battery(1.56),
    *drain(1.28, 0.38),
    measured("coil_resistance", 1.55, low=1, high=2, finding="measured"),
    measured("insulation_resistance", 10, low=1, finding="open"),
    measured("quartz_rate", 0.18, low=-0.33, high=0.66, n=2, stdev=0.01, usual_inhibition_period="60 s"),
    measured("pulse_width", 4.88),
    measured("pulse_period", 1.0),
    measured("lower_working_voltage", 1.12, high=1.3, eol="yes"),
    leak(20, -0.4, limit=200),
    leak(8, 3, limit=50),
]
LOW = [amplitude(degrees, label) for label, degrees in {"CH": 240, "CB": 238, "6H": 215, "9H": 212}.items()]
FINE = {
    Family.AUTOMATIC: {"magnetised": "no", "big_leak": "no", "moisture_visible": "no", "trace_sine": "no"},
    Family.QUARTZ: {"pulses": "yes", "steps": "yes", "big_leak": "no", "hand_jumps": "no"},
}
HEALTHY = {Family.AUTOMATIC: HEALTHY_MECHANICAL, Family.QUARTZ: HEALTHY_QUARTZ}

# Rule → what is measured beside a healthy watch's figures, then what is seen or heard, that gives its hint.
Shown = tuple[str, list[Judged], dict[str, str]]
MECHANICAL: list[Shown] = [
    ("D-01", [], {"lift_angle_right": "no"}),
    ("D-01", [], {"fully_wound": "no"}),
    ("D-02", [amplitude(335)], {}),
    ("D-02", [measured("amplitude", 318, "CH", wind="0h", low=200, high=315)], {}),
    ("D-02", [], {"trace_bursts": "yes"}),
    ("D-02", [], {"galloping": "yes"}),
    ("D-03", [amplitude(190, "CB", "24h")], {}),
    ("D-04", [amplitude(240)], {}),
    ("D-05", [amplitude(225, "6H"), amplitude(220, "9H")], {}),
    ("D-06", [amplitude(258, "CB")], {}),
    ("D-06", [rate(-14, "CB")], {}),
    ("D-07", [measured("max_beat_error", 0.9, high=0.8)], {}),
    ("D-07", [measured("max_beat_error", 1.1)], {}),
    ("D-08", [beat_error(1.1, "6H")], {}),
    ("D-08", [], {"beat_error_drifts": "yes"}),
    ("D-09", [field(1.4), mean(90)], {}),
    ("D-09", [field(0.3)], {}),
    ("D-09", [], {"magnetised": "yes"}),
    ("D-10", [mean(140)], {}),
    ("D-10", [rate(90, "6H")], {}),
    ("D-10", [], {"rate_jumps": "yes"}),
    ("D-11", [], {"trace_sine": "yes"}),
    ("D-12", [], {"trace_dot_off": "yes"}),
    ("D-13", [], {"trace_scattered": "yes"}),
    ("D-14", [], {"trace_bends": "yes"}),
    ("D-15", [], {"trace_wide_band": "yes"}),
    ("D-16", [measured("isochronism", -19, low=-15, high=15, wind="24h")], {}),
    ("D-17", [mean(-12)], {}),
    ("D-18", [spread(34)], {}),
    ("D-19", [], {"chronograph_drop_exceeded": "yes"}),
    ("D-20", [measured("min_amplitude", 190, low=200)], {}),
    ("D-34", [leak(80, 3, limit=50)], {}),
    ("D-34", [leak(80, 3)], {}),
    ("D-34", [], {"big_leak": "yes"}),
    ("D-35", [leak(260, -0.4, limit=200)], {}),
    ("D-35", [leak(260, -0.4), leak(8, 3)], {}),
    ("D-36", [], {"fog_after_drop": "yes"}),
    ("D-36", [], {"moisture_visible": "yes"}),
]
QUARTZ: list[Shown] = [
    ("D-21", [battery(1.45)], {}),
    ("D-21", [measured("battery_voltage", 1.45)], {}),
    ("D-22", [measured("coil_resistance", 10_000, low=1, high=2, finding="open")], {}),
    ("D-23", [measured("coil_resistance", 0.7, low=1, high=2, finding="measured")], {}),
    ("D-23", [measured("coil_resistance", 0.004, low=1, high=2, finding="short")], {}),
    ("D-24", [measured("insulation_resistance", 0.2, low=1, finding="measured")], {}),
    ("D-24", [measured("insulation_resistance", 0.2, finding="measured")], {}),
    ("D-25", drain(2.9, 0.38), {}),
    ("D-25", drain(2.9, 0.45, limit=0.5), {}),
    ("D-26", drain(2.9, 0.45), {}),
    ("D-26", drain(2.9, 0.7, limit=0.5), {}),
    ("D-27", [measured("lower_working_voltage", 1.4, high=1.3)], {}),
    ("D-28", [], {"steps": "no"}),
    ("D-29", [], {"pulses": "no"}),
    ("D-30", [], {"hand_jumps": "yes"}),
    ("D-30", [battery(1.28), measured("pulse_period", 4.0)], {}),
    ("D-31", [], {"rate_varies": "yes"}),
    ("D-31", [measured("quartz_rate", 0.2, low=-0.33, high=0.66, n=2, stdev=3.0)], {}),
    ("D-31", [measured("quartz_rate", 4.1, low=-0.33, high=0.66, usual_inhibition_period="60 s")], {}),
    ("D-32", [], {"full_pulses_frequent": "yes"}),
    ("D-33", [], {"settled": "no"}),
]
SHOWN = [(Family.AUTOMATIC, *entry) for entry in MECHANICAL] + [(Family.QUARTZ, *entry) for entry in QUARTZ]


def seen(family: Family, judged: list[Judged] | None = None, facts: dict[str, str] | None = None) -> Diagnosis:
    """Diagnose a watch that is healthy but for these."""
    return diagnose([*HEALTHY[family], *(judged or [])], {**FINE[family], **(facts or {})}, family, BOOK)


def ids(diagnosis: Diagnosis) -> list[str]:
    return [hint.rule.id for hint in diagnosis.hints]


# Each rule


@pytest.mark.parametrize("family", HEALTHY)
def test_a_healthy_watch_gives_no_hint_no_question_and_no_contradiction(family: Family) -> None:
    diagnosis = seen(family)
    assert (diagnosis.hints, diagnosis.first_checks, diagnosis.contradictions) == ((), (), ())


@pytest.mark.parametrize(("family", "rule", "judged", "facts"), SHOWN)
def test_the_rule_gives_its_hint_and_cites_what_it_rests_on(
    family: Family, rule: str, judged: list[Judged], facts: dict[str, str]
) -> None:
    diagnosis = seen(family, judged, facts)
    assert rule in ids(diagnosis)[:3]
    hint = next(hint for hint in diagnosis.hints if hint.rule.id == rule)
    known = {entry.measurement.id for entry in (*HEALTHY[family], *judged)}
    assert set(hint.cites) <= known
    if judged:
        assert set(hint.cites) & {entry.measurement.id for entry in judged}
    else:
        assert set(hint.facts) & set(facts)
    for entry in hint.because:
        assert str(entry) in str(hint.text)


def test_every_rule_of_the_book_is_shown_here() -> None:
    assert {rule for _, rule, _, _ in SHOWN} == set(BOOK.rules) == {f"D-{n:02}" for n in range(1, 37)}


@pytest.mark.parametrize("family", HEALTHY)
def test_without_any_measurement_there_is_no_hint(family: Family) -> None:
    assert diagnose([], {}, family, BOOK).hints == ()


def test_a_large_gain_on_a_watch_that_was_not_checked_for_magnetism_asks_for_magnetism_first() -> None:
    diagnosis = diagnose([mean(120)], {}, Family.MECHANICAL, BOOK)
    assert ids(diagnosis)[0] == "D-09"
    assert "residual field: not known" in str(diagnosis.hints[0].text)
    assert "D-09" not in ids(diagnose([mean(120)], {"magnetised": "no"}, Family.MECHANICAL, BOOK))


def test_an_accumulator_below_1_50_v_is_not_called_spent() -> None:
    cell = measured("battery_voltage", 1.3)
    assert ids(diagnose([cell], {}, Family.QUARTZ, BOOK)) == ["D-21"]
    assert ids(diagnose([cell], {}, Family.AUTOQUARTZ, BOOK)) == []


def test_the_makers_limit_goes_before_a_general_threshold() -> None:
    assert "D-26" in ids(seen(Family.QUARTZ, drain(2.9, 0.45)))
    assert "D-26" not in ids(seen(Family.QUARTZ, drain(2.9, 0.45, limit=0.5)))


# What is read


def test_the_latest_attempt_counts() -> None:
    assert ids(seen(Family.AUTOMATIC, [amplitude(190), amplitude(280)])) == []


def test_what_was_timed_before_demagnetising_counts_no_more_after_it() -> None:
    tag = BEFORE_DEMAGNETISING.to_json()
    timed = [measured("mean_rate", 90, low=-7, high=7, tag=tag), spread(4)]
    assert ids(diagnose([field(1.4), *timed], {}, Family.AUTOMATIC, BOOK)) == ["D-09", "D-17"]
    assert ids(diagnose([field(1.4), *timed, field(0.01)], {}, Family.AUTOMATIC, BOOK)) == []


def test_an_amplitude_after_24_h_is_no_amplitude_at_full_wind() -> None:
    assert ids(diagnose([amplitude(230, "CH", "24h")], {}, Family.AUTOMATIC, BOOK)) == []


def test_the_final_pressure_is_that_of_the_last_closure() -> None:
    earlier = leak(90, 5, limit=50, closure=1)
    assert "D-34" in ids(diagnose([earlier], {}, Family.QUARTZ, BOOK))
    assert ids(diagnose([earlier, leak(8, 3, limit=50, closure=2)], {}, Family.QUARTZ, BOOK)) == []


def test_a_difference_cites_every_measurement_that_it_comes_from() -> None:
    readings = [amplitude(290), amplitude(225, "6H"), amplitude(220, "9H")]
    (hint,) = diagnose(readings, {}, Family.AUTOMATIC, BOOK).hints
    assert hint.cites == tuple(entry.measurement.id for entry in readings)


# What is said


def test_a_hint_says_value_and_threshold_in_both_languages() -> None:
    (hint,) = seen(Family.AUTOMATIC, [amplitude(249.7)]).hints[:1]
    with speaking("en"):
        assert str(hint.text) == "Low drive or friction: amplitude CH (0 h) 249.7\u00a0° (below 250\u00a0°)"
    with speaking("fr"):
        assert "amplitude CH (0 h) 249,7\u00a0°" in str(hint.text)
        assert str(hint.text).startswith("Force motrice faible ou frottement")


def test_a_threshold_that_no_source_gives_is_called_our_own() -> None:
    (hint,) = seen(Family.AUTOMATIC, [beat_error(1.1, "6H")]).hints
    assert "our own threshold" in str(hint.text)


def test_the_limit_is_shown_where_the_verdict_speaks() -> None:
    (hint,) = seen(Family.QUARTZ, [battery(1.4999)]).hints
    assert "1.4999\u00a0V (limit ≥ 1.500\u00a0V)" in str(hint.text)


def test_a_diagnosis_can_be_written_down() -> None:
    written = json.dumps(seen(Family.AUTOMATIC, [field(1.4), mean(90), amplitude(240)]).to_json())
    assert json.loads(written)["sha256"] == BOOK.sha256
    assert json.loads(written)["hints"][0]["defects"] == ["MEC-MAG"]


# Order, first checks, contradictions


def test_what_shows_the_fault_itself_comes_before_what_infers_it() -> None:
    found = ids(seen(Family.AUTOMATIC, [amplitude(240), mean(90), field(1.4)]))
    assert found[0] == "D-09"
    assert {"D-04", "D-17"} <= set(found[1:])


def test_more_evidence_comes_first_and_a_caution_last() -> None:
    judged = [*drain(2.9, 0.7, limit=0.5), measured("lower_working_voltage", 1.4, high=1.3)]
    assert ids(seen(Family.QUARTZ, judged)) == ["D-26", "D-27"]
    assert ids(seen(Family.AUTOMATIC, LOW)) == ["D-04", "D-20"]
    assert BOOK.rules["D-20"].kind is Kind.CAUTION


def test_lift_angle_beat_rate_and_wind_are_asked_before_an_amplitude_is_believed() -> None:
    checks = seen(Family.AUTOMATIC, LOW).first_checks
    assert [check.fact for check in checks] == ["lift_angle_right", "beat_rate_right", "fully_wound"]
    assert all(check.hints == ("D-04",) for check in checks)
    assert str(checks[0].question) == "The lift angle set is the calibre's"
    left = seen(Family.AUTOMATIC, LOW, {"lift_angle_right": "yes", "fully_wound": "yes"}).first_checks
    assert [check.fact for check in left] == ["beat_rate_right"]


def test_a_check_answered_with_no_leads_and_contradicts_what_rests_on_it() -> None:
    diagnosis = seen(Family.AUTOMATIC, LOW, {"lift_angle_right": "no"})
    assert ids(diagnosis) == ["D-01", "D-04", "D-20"]
    assert [entry.rules for entry in diagnosis.contradictions] == [("D-01", "D-04")]


def test_regulating_a_magnetised_watch_is_shown_as_a_contradiction() -> None:
    judged = [field(1.4), mean(90)]
    (found,) = seen(Family.AUTOMATIC, judged).contradictions
    assert found.rules == ("D-09", "D-17")
    assert str(found.why) == "A magnetised watch is not regulated: demagnetise first."
    assert {entry.measurement.id for entry in judged} <= set(found.cites)


def test_a_measurement_that_speaks_against_a_hint_is_shown_and_cited() -> None:
    losing = [field(1.4), mean(-30)]
    found = next(c for c in seen(Family.AUTOMATIC, losing).contradictions if c.rules == ("D-09",))
    assert losing[1].measurement.id in found.cites
    assert "this one loses" in str(found.why)
    coil = measured("coil_resistance", 10_000, finding="open")
    assert [c.rules for c in seen(Family.QUARTZ, [coil]).contradictions] == [("D-22",)]


# From an order


def walked_to_the_leak_test(truth: Truth) -> Work:
    work = work_on(truth, "etancheite-et-joints")
    walk_tree(work, until="dry-test")
    sign_in(work, TECHNICIAN)
    work.start()
    while (task := work.next_task()) is not None:
        work.prepare(task)
        work.measure(task)
    return work


@pytest.mark.parametrize(
    ("truth", "expected"),
    [(Truth(leak=120.0), ["D-34"]), (Truth(big_leak=True), ["D-34"]), (Truth(), [])],
    ids=["leaking", "big leak", "tight"],
)
def test_an_order_is_diagnosed_from_its_record(truth: Truth, expected: list[str]) -> None:
    work = walked_to_the_leak_test(truth)
    judged, facts = known_of(work.state)
    assert ids(diagnose(judged, facts, work.order.watch.family, BOOK)) == expected
    if truth.leak > 50:
        assert any(entry.verdict.state is State.NONCONFORMING for entry in judged)


def test_a_later_tight_test_clears_the_big_leak() -> None:
    truth = Truth(big_leak=True)
    work = walked_to_the_leak_test(truth)
    truth.big_leak = False
    work.repeat("joint neuf")
    task = work.next_task()
    assert task is not None
    work.measure(task)
    judged, facts = known_of(work.state)
    assert facts["big_leak"] == "no"
    assert diagnose(judged, facts, work.order.watch.family, BOOK).hints == ()
