"""Looking at a simulated watch with every instrument there is for it, as a technician would, in no time.

What an exercise says that a trainee finds is held against this, before anybody is given the watch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.diagnosis import Diagnosis, diagnose, load
from bench.diagnosis.figures import Figures
from bench.house import House
from bench.instrument import DeviceFault, InstrumentError
from bench.judging import Judged, RunFacts, evaluate
from bench.order import Family, RepairOrder, Watch
from bench.procedure.derived import derive_all
from bench.procedure.model import Step
from bench.procedure.state import OrderState
from bench.procedure.tasks import Watch as Profiles
from bench.procedure.tasks import tasks
from bench.quantities import Value
from drivers.simulated.cases import CaseFile
from drivers.simulated.virtual import VirtualStation
from drivers.simulated.watch import VirtualWatch
from profiles.library import Library

# The field that a watch may keep in a training workshop (its house rule).
RESIDUAL_FIELD = "0.1 mT"
_TIMES = {"stabilise": "10 s", "measure": "30 s"}
_SUMMARY = ["mean_rate", "rate_spread", "min_amplitude", "max_beat_error"]


def _step(
    name: str, instrument: str, judged: list[str], *runs: dict[str, Any], derive: list[str] | None = None
) -> Step:
    measure = {"instrument": instrument, "judged": judged, "derive": derive or [], "run": list(runs)}
    return Step.model_validate(
        {"id": name, "kind": "measurement", "title": {"fr": name, "en": name}, "measure": measure}
    )


_LEAK = _step("leak", "water-resistance", ["leak_rate"], {"program": "leak-test"})
_MECHANICAL = (
    _step(
        "magnetism",
        "field-meter",
        ["residual_field"],
        {"program": "field", "parameters": {"quantity": "background_field", "n": 3}},
        {"program": "field", "parameters": {"quantity": "watch_field", "n": 3}},
        derive=["residual_field"],
    ),
    _step(
        "full",
        "timegrapher",
        [*_SUMMARY, "rate", "amplitude", "beat_error"],
        {"program": "timing", "positions": ("CH", "CB", "6H", "9H", "12H", "3H"), "wind": "0h", "parameters": _TIMES},
        derive=_SUMMARY,
    ),
    _step(
        "day",
        "timegrapher",
        ["isochronism"],
        {"program": "timing", "positions": ("CH",), "wind": "24h", "parameters": _TIMES},
        derive=["isochronism"],
    ),
)
_QUARTZ = (
    _step("pulse", "quartz-tester", [], {"program": "pulse"}),
    _step(
        "rate",
        "quartz-tester",
        ["quartz_rate"],
        {"program": "quartz-rate", "parameters": {"inhibition_period": "profile", "periods": 2}},
    ),
    _step("battery", "quartz-tester", ["battery_voltage"], {"program": "battery"}),
    _step(
        "current",
        "quartz-tester",
        ["consumption", "consumption_stem_pulled", "coil_resistance", "insulation_resistance"],
        {
            "program": "consumption",
            "parameters": {"state": "running", "supply": "profile"},
            "handlings": ["battery-out", "stem in"],
        },
        {
            "program": "consumption",
            "parameters": {"state": "stem-pulled", "supply": "profile"},
            "handlings": ["stem pulled"],
        },
        {"program": "resistance", "handlings": ["stem in"]},
    ),
)


@dataclass(frozen=True)
class Looked:
    """What instruments found: measurements, what they only said (pulses, a large leak), and the hints from both."""

    judged: tuple[Judged, ...]
    facts: dict[str, str] = field(default_factory=dict)
    diagnosis: Diagnosis | None = None

    @property
    def figures(self) -> Figures:
        return Figures(self.judged)


def look(watch: CaseFile, ordered: Watch, library: Library, seed: int = 1) -> Looked:
    """Measure a simulated watch with every instrument for its family. Raises UsageError for an unknown profile.

    An instrument that hears no motor says so as a fact; any other fault of one leaves its figures out.
    """
    station = VirtualStation(VirtualWatch(watch, seed), seed=seed)
    calibre = library.calibre(ordered.calibre)
    case = library.case(ordered.case) if ordered.case else None
    profiles = Profiles(calibre, case, ordered.grade)
    order = RepairOrder("1", "C-0000", ordered, "")
    state = OrderState(order, House("", Value.parse("residual_field", RESIDUAL_FIELD)), {}, {})
    quartz = ordered.family in (Family.QUARTZ, Family.AUTOQUARTZ)
    judged: list[Judged] = []
    facts: dict[str, str] = {}
    for step in (*(_QUARTZ if quartz else _MECHANICAL), *((_LEAK,) if case else ())):
        judged += _measure(station, step, state, profiles, facts, judged)
    found = diagnose(judged, facts, ordered.family, load())
    return Looked(tuple(judged), facts, found)


def _measure(
    station: VirtualStation,
    step: Step,
    state: OrderState,
    profiles: Profiles,
    facts: dict[str, str],
    before: list[Judged],
) -> list[Judged]:
    here: list[Judged] = []
    found = tasks(step, state, profiles)
    for task in found:
        for handling in task.handlings:
            station.handle(handling)
        record = station.choose(task.kind)
        assert record is not None
        try:
            result = station.run(record.id, task.program)
        except DeviceFault:
            if task.program.name in ("pulse", "quartz-rate"):
                facts["pulses"] = "no"
            continue
        except InstrumentError:
            continue
        if result.aborted:
            facts["big_leak"] = "yes"
        snapshot = record.snapshot(station.clock.now().date())
        ran = RunFacts(snapshot, station.capabilities(record.id), station.provenance(record.id), "", "", 0.0)
        here += evaluate(task, result, ran)
    if here and step.measure is not None:
        here += derive_all(found[-1], step.measure.derive, here, before)
    return here
