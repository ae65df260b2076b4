"""Events as the bench makes them, for the journal's tests."""

from __future__ import annotations

from typing import Any

from bench.conformity import ISO_14253_1, judge
from bench.events import Draft, EventKind
from bench.judging import Judged
from bench.language import Text
from bench.limit import Mark, limit_between
from bench.measurement import Component, InstrumentSnapshot, Measurement, Provenance, Uncertainty
from bench.order import RepairOrder, Watch
from bench.quantities import Value

WATCH = Watch("Lip", "Himalaya", "671075", "123", "", calibre="eta-2824-2")
INSTRUMENT = InstrumentSnapshot("tg-1", "timegrapher", "Studio", "TS-1", "timegrapher-studio", "valid", "C-1")


def opened(number: str = "R-1") -> Draft:
    order = RepairOrder(number, "C-7", WATCH, "controle-mecanique", promised="2026-12-01")
    payload = {
        "order": order.to_json(),
        "procedure": {"id": "controle-mecanique", "title": {"fr": "Contrôle mécanique", "en": "Mechanical check"}},
        "profiles": {"calibre": {"id": "eta-2824-2", "name": "ETA 2824-2"}, "case": None},
    }
    return Draft(EventKind.ORDER_OPENED, payload, order=number, operator="cl")


def started(step: str, number: str = "R-1") -> Draft:
    payload = {"step": step, "visit": 1, "title": {"fr": f"Étape {step}", "en": f"Step {step}"}, "phase": ""}
    return Draft(EventKind.STEP_STARTED, payload, order=number, operator="cl")


def judged(rate: float, label: str = "CH", provenance: Provenance = Provenance.MANUAL) -> Judged:
    value = Value.of("rate", rate)
    uncertainty = Uncertainty((Component(Text("exactitude", "accuracy"), 0.5, "B"),))
    measurement = Measurement(
        id=f"m-{label}-{rate}",
        value=value,
        label=label,
        n=240,
        stdev=0.4,
        uncertainty=uncertainty,
        conditions={"position": label, "lift_angle": Value.of("lift_angle", 50.0)},
        trace=None,
        instrument=INSTRUMENT,
        provenance=provenance,
        started="2026-11-22T09:00:00+01:00",
        ended="2026-11-22T09:00:30+01:00",
        duration=30.0,
    )
    limit = limit_between("rate", -12.0, 12.0, source="ETA 2824-2 CT", mark=Mark.DOCUMENTED)
    return Judged(measurement, judge(value, uncertainty.expanded, limit, ISO_14253_1))


def measured(*results: Judged, number: str = "R-1", step: str = "timing", **more: Any) -> Draft:
    payload = {
        "step": step,
        "visit": 1,
        "attempt": 1,
        "phase": "before",
        "label": "CH",
        "judged": [result.to_json() for result in results],
        "aborted": None,
        "closure": 0,
        "tag": None,
        "reason": "",
        **more,
    }
    return Draft(EventKind.MEASURED, payload, order=number, operator="cl")


def done(step: str, outcome: str, following: str, number: str = "R-1") -> Draft:
    payload = {"step": step, "visit": 1, "outcome": outcome, "next": following, "reason": ""}
    return Draft(EventKind.STEP_DONE, payload, order=number, operator="cl")


def story(number: str = "R-1") -> list[Draft]:
    """One order from reception to a failed timing, with a simulated value in it."""
    return [
        opened(number),
        Draft(EventKind.QUOTE_SIGNED, {"reference": "Q-1", "how": "paper", "signed_at": ""}, order=number),
        started("timing", number),
        measured(judged(4.0), judged(-3.5, "6H"), number=number),
        measured(judged(31.0, provenance=Provenance.SIMULATED), number=number, tag={"fr": "après", "en": "after"}),
        done("timing", "fail", "regulate", number),
    ]
