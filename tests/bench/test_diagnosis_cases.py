"""Every watch of the simulator is measured on simulated instruments, and the rules name what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.diagnosis import Diagnosis, diagnose, load
from bench.house import House
from bench.instrument import DeviceFault
from bench.judging import Judged, RunFacts, evaluate
from bench.order import Family, RepairOrder, Watch
from bench.procedure.derived import derive_all
from bench.procedure.model import Step
from bench.procedure.state import OrderState
from bench.procedure.tasks import Watch as Profiles
from bench.procedure.tasks import tasks
from bench.quantities import Value
from drivers.simulated import SimulatedBench, cases
from drivers.station import Station
from profiles.library import Library

BOOK = load()
PROFILES = Library()
POSITIONS = ("CH", "CB", "6H", "9H", "12H", "3H")
INSTRUMENTS = {
    Family.AUTOMATIC: ("timegrapher", "field-meter", "leak-tester"),
    Family.QUARTZ: ("quartz-tester", "leak-tester"),
}
STAGES = {"stabilise": "10 s", "measure": "30 s"}
DRAIN = ["consumption", "consumption_stem_pulled", "coil_resistance", "insulation_resistance"]


def a_step(
    name: str, instrument: str, judged: list[str], *runs: dict[str, object], derive: list[str] | None = None
) -> Step:
    measure = {"instrument": instrument, "judged": judged, "derive": derive or [], "run": list(runs)}
    return Step.model_validate(
        {"id": name, "kind": "measurement", "title": {"fr": name, "en": name}, "measure": measure}
    )


LEAK = a_step("leak", "water-resistance", ["leak_rate"], {"program": "leak-test"})
MAGNETISM = a_step(
    "magnetism",
    "field-meter",
    ["residual_field"],
    {"program": "field", "parameters": {"quantity": "background_field", "n": 3}},
    {"program": "field", "parameters": {"quantity": "watch_field", "n": 3}},
    derive=["residual_field"],
)
FULL = a_step(
    "full",
    "timegrapher",
    ["mean_rate", "rate_spread", "min_amplitude", "max_beat_error"],
    {"program": "timing", "positions": POSITIONS, "wind": "0h", "parameters": STAGES},
    derive=["mean_rate", "rate_spread", "min_amplitude", "max_beat_error"],
)
DAY = a_step(
    "day",
    "timegrapher",
    ["isochronism"],
    {"program": "timing", "positions": ("CH",), "wind": "24h", "parameters": STAGES},
    derive=["isochronism"],
)
PULSE = a_step("pulse", "quartz-tester", [], {"program": "pulse"})
BATTERY = a_step("battery", "quartz-tester", ["battery_voltage"], {"program": "battery"})
RATE = a_step(
    "rate",
    "quartz-tester",
    ["quartz_rate"],
    {"program": "quartz-rate", "parameters": {"inhibition_period": "profile", "periods": 2}},
)
CURRENT = a_step(
    "current",
    "quartz-tester",
    DRAIN,
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
)
STEPS = {
    Family.AUTOMATIC: (MAGNETISM, FULL, DAY, LEAK),
    Family.QUARTZ: (PULSE, RATE, BATTERY, CURRENT, LEAK),
}


class Workbench:
    """One watch under the instruments of its family, measured step by step as an order would be."""

    def __init__(self, simulated: SimulatedBench, station: Station, case: str) -> None:
        self.simulated, self.station = simulated, station
        simulated.select(case, case)
        file = cases.load(case)
        calibre = PROFILES.calibre(file.calibre)
        self.profiles = Profiles(calibre, PROFILES.case("case-3-bar"), file.grade)
        watch = Watch("Test", "Modèle", family=calibre.family, calibre=file.calibre, grade=file.grade)
        order = RepairOrder("1", "K-1", watch, "", "", "", "")
        house = House("Atelier", Value.of("residual_field", 0.1))
        self.state = OrderState(order, house, {}, {})
        self.judged: list[Judged] = []
        self.facts: dict[str, str] = {}

    def measure(self, step: Step) -> None:
        here: list[Judged] = []
        found = tasks(step, self.state, self.profiles)
        for task in found:
            for handling in task.handlings:
                self.simulated.handle(handling.act, handling.detail)
            record = self.station.choose(task.kind)
            assert record is not None
            try:
                result = self.station.run(record.id, task.program)
            except DeviceFault:
                # The tester hears no motor: what a technician then notes.
                assert task.program.name in ("pulse", "quartz-rate")
                self.facts["pulses"] = "no"
                continue
            if result.aborted:
                self.facts["big_leak"] = "yes"
            snapshot = record.snapshot(record.certificates[-1].issued)
            capabilities = self.station.capabilities(record.id)
            facts = RunFacts(snapshot, capabilities, self.station.provenance(record.id), "", "", 0.0)
            here += evaluate(task, result, facts)
        if here and step.measure is not None:
            here += derive_all(found[-1], step.measure.derive, here, self.judged)
        self.judged += here


@pytest.fixture(scope="module", params=list(INSTRUMENTS), ids=str)
def instruments(request: pytest.FixtureRequest) -> Iterator[tuple[Family, SimulatedBench, Station]]:
    with SimulatedBench(speed=400.0, instruments=INSTRUMENTS[request.param]) as simulated:
        station = Station(simulated.records)
        yield request.param, simulated, station
        station.close()


@pytest.fixture(scope="module")
def diagnoses(instruments: tuple[Family, SimulatedBench, Station]) -> dict[str, tuple[Workbench, Diagnosis]]:
    family, simulated, station = instruments
    found = {}
    for case in cases.available():
        if PROFILES.calibre(cases.load(case).calibre).family is not family:
            continue
        bench = Workbench(simulated, station, case)
        for step in STEPS[family]:
            bench.measure(step)
        found[case] = bench, diagnose(bench.judged, bench.facts, family, BOOK)
    return found


def test_the_planted_fault_is_among_the_first_three_hints(
    diagnoses: dict[str, tuple[Workbench, Diagnosis]],
) -> None:
    faulty = {case: cases.load(case).rules for case in diagnoses if cases.load(case).rules}
    assert len(faulty) >= 4
    for case, rules in faulty.items():
        hints = [hint.rule.id for hint in diagnoses[case][1].hints]
        assert set(rules) <= set(hints[:3]), case


def test_a_healthy_watch_yields_none(diagnoses: dict[str, tuple[Workbench, Diagnosis]]) -> None:
    healthy = {case: found for case, found in diagnoses.items() if not cases.load(case).rules}
    assert healthy
    for case, (bench, diagnosis) in healthy.items():
        assert bench.judged, case
        assert (diagnosis.hints, diagnosis.first_checks, diagnosis.contradictions) == ((), (), ()), case


def test_each_hint_cites_measurements_of_this_watch(diagnoses: dict[str, tuple[Workbench, Diagnosis]]) -> None:
    for bench, diagnosis in diagnoses.values():
        known = {entry.measurement.id for entry in bench.judged}
        for hint in diagnosis.hints:
            assert set(hint.cites) <= known
            # A big leak leaves no number: the tester's own word is all there is.
            assert hint.cites or hint.facts == ("big_leak",)


def test_a_case_without_rules_is_one_without_a_fault() -> None:
    for case in cases.available():
        file = cases.load(case)
        assert bool(file.rules) == (file.fault.en != "none"), case
        assert set(file.rules) <= set(BOOK.rules), case
