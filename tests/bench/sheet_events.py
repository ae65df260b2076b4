"""Orders as a journal would tell them, for the tests of the sheet: every payload follows docs/architecture.md."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import rfc8785

from bench.conformity import ISO_14253_1, judge
from bench.errors import Refusal
from bench.events import Event, EventKind
from bench.instrument import Capability, InstrumentKind, LinkLost, Program, RunResult
from bench.judging import Judged, MeasureTask, RunFacts, TaskLimit, evaluate
from bench.language import Text, msg
from bench.limit import Limit, Mark, limit_between
from bench.measurement import InstrumentSnapshot, Measurement, Provenance, Reading, Trace
from bench.order import Family, Quote, RepairOrder, Watch
from bench.quantities import Value

PRINTED = "2026-11-22T11:40:00+01:00"
MARKUP = 'dit <b>« elle avance »</b> #strong[fort] *très* $x$ @ref \\LaTeX {{ nom }} & "5 ; l’œuvre coûte 30 €'
SCRATCH = "rayure à 4 h #1 *légère*"

TIMEGRAPHER = InstrumentSnapshot(
    "tg-1", "timegrapher", "Timegrapher Studio", "TGS-0417", "timegrapher-studio", "valid", "CE-2026-118", "2026-06-01",
    "2027-06-01",
)  # fmt: skip
TESTER = InstrumentSnapshot(
    "wr-1", "water-resistance", "Cosmo LS-R902", "LS-2207", "cosmo-ls", "due-soon", "CE-2025-902", "2025-12-03",
    "2026-12-03",
)  # fmt: skip
FIELD_METER = InstrumentSnapshot(
    "fm-1", "field-meter", "Lutron MG-3002", "Q77-31", "lutron-16", "valid", "CE-2026-044", "2026-02-10", "2027-02-10"
)
COIL = InstrumentSnapshot("dm-1", "demagnetiser", "2G600", "0091", "2g600", "unknown")
QUARTZ = InstrumentSnapshot(
    "qt-1", "quartz-tester", "Établi Quartz", "EQ-12", "etabli-quartz-1", "valid", "CE-2026-201", "2026-09-15",
    "2027-09-15",
)  # fmt: skip
ACCURACY = {
    "rate": 0.4, "amplitude": 2.0, "beat_error": 0.05, "leak_rate": 3.0, "test_pressure": 0.02, "watch_field": 0.01,
    "residual_field": 0.01, "battery_voltage": 0.004, "battery_voltage_loaded": 0.004, "consumption": 0.05,
    "quartz_rate": 0.01, "lower_working_voltage": 0.01, "coil_resistance": 0.02, "beat_rate": 1.0,
}  # fmt: skip
CAPABILITIES = tuple(Capability(quantity, accuracy=half) for quantity, half in ACCURACY.items())


class Story:
    """Writes an order's events one after the other: time goes on, sequence numbers and the hash chain too."""

    def __init__(self, order: RepairOrder, *, provenance: Provenance = Provenance.REAL, first: int = 41) -> None:
        self.order = order
        self.provenance = provenance
        self.events: list[Event] = []
        self.now = datetime.fromisoformat("2026-11-22T08:03:00+01:00")
        self.start = self.now
        self.seq = first
        self.prev = hashlib.sha256(b"before").hexdigest()
        self.ids = itertools.count(1)
        self.operator = "jm"
        self.closure = 0
        self.visits: dict[str, int] = {}
        self.attempts: dict[tuple[str, int, str], int] = {}

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def add(self, kind: EventKind, payload: Mapping[str, Any], *, of_order: bool = True) -> Event:
        self.wait(0.5)
        body = {
            "seq": self.seq,
            "id": f"event-{self.seq}",
            "station": "etabli-2",
            "kind": kind.value,
            "order": self.order.number if of_order else None,
            "operator": self.operator,
            "at": self.now.isoformat(),
            "monotonic_ns": int((self.now - self.start).total_seconds() * 1e9),
            "boot": "boot-1",
            "payload": dict(payload),
        }
        digest = hashlib.sha256(self.prev.encode("ascii") + rfc8785.dumps(body)).hexdigest()
        event = Event(**{**body, "kind": kind}, prev=self.prev, hash=digest)
        self.prev, self.seq = digest, self.seq + 1
        self.events.append(event)
        return event

    def head(self) -> tuple[int, str]:
        return self.events[-1].seq, self.events[-1].hash

    def sign_in(self, operator: str, name: str, role: str) -> None:
        self.operator = operator
        self.add(EventKind.SIGNED_IN, {"operator": operator, "name": name, "role": role}, of_order=False)

    def open(self, procedure: Mapping[str, Any], calibre: Mapping[str, Any] | None, case: Mapping[str, Any]) -> None:
        outline = {key: value for key, value in procedure.items() if key != "content"}
        self.add(EventKind.PROCEDURE_PINNED, {"content": procedure["content"]}, of_order=False)
        self.add(
            EventKind.ORDER_OPENED,
            {
                "order": self.order.to_json(),
                "procedure": outline,
                "profiles": {"calibre": dict(calibre) if calibre else None, "case": dict(case)},
                "workshop": "Atelier de l’Ancre, Besançon",
                "house": {"name": "Atelier de l’Ancre, Besançon", "self_check": True},
            },
        )

    def quote(self) -> None:
        assert self.order.quote is not None
        self.add(EventKind.QUOTE_SIGNED, vars(self.order.quote))

    def begin(self, step: str, fr: str, en: str, phase: str = "") -> None:
        self.visits[step] = self.visits.get(step, 0) + 1
        payload = {"step": step, "visit": self.visits[step], "title": {"fr": fr, "en": en}, "phase": phase}
        self.add(EventKind.STEP_STARTED, payload)

    def answer(self, step: str, **fields: tuple[Any, Text, Text]) -> Event:
        return self.add(
            EventKind.STEP_ANSWERED,
            {
                "step": step,
                "visit": self.visits[step],
                "answers": {key: value for key, (value, _, _) in fields.items()},
                "labels": {key: label.to_json() for key, (_, label, _) in fields.items()},
                "shown": {key: shown.to_json() for key, (_, _, shown) in fields.items()},
            },
        )

    def done(self, step: str, outcome: str = "done", following: str = "end", reason: str = "") -> None:
        payload = {"step": step, "visit": self.visits[step], "outcome": outcome, "next": following, "reason": reason}
        self.add(EventKind.STEP_DONE, payload)

    def handle(self, *acts: str) -> None:
        for act in acts:
            word, _, detail = act.partition(" ")
            self.closure += word == "close"
            self.add(EventKind.HANDLED, {"act": word, "detail": detail, "closure": self.closure})

    def refuse(self, step: str, refusal: Refusal) -> None:
        self.add(EventKind.REFUSED, {"step": step, "refusal": refusal.to_json()})

    def measure(
        self,
        task: MeasureTask,
        readings: tuple[Reading, ...],
        instrument: InstrumentSnapshot,
        *,
        aborted: Any = None,
        reason: str = "",
        provenance: Provenance | None = None,
        derived: Any = None,
    ) -> list[Judged]:
        started = self.now
        self.wait(0.75)
        facts = RunFacts(
            instrument, CAPABILITIES, provenance or self.provenance, started.isoformat(), self.now.isoformat(), 45.0,
            "session-3#1",
        )  # fmt: skip
        judged = list(evaluate(task, RunResult(readings, 40), facts, lambda: f"m-{next(self.ids)}"))
        judged += derived(judged) if derived else []
        visit = self.visits[task.step]
        attempt = self.attempts[(task.step, visit, task.label)] = (
            self.attempts.get((task.step, visit, task.label), 0) + 1
        )
        self.add(
            EventKind.MEASURED,
            {
                "step": task.step,
                "visit": visit,
                "attempt": attempt,
                "phase": task.phase,
                "label": task.label,
                "judged": [entry.to_json() for entry in judged],
                "aborted": aborted.to_json() if aborted else None,
                "closure": self.closure,
                "tag": task.tag.to_json() if task.tag else None,
                "reason": reason,
            },
        )
        return judged

    def interrupt(self, task: MeasureTask) -> None:
        error = LinkLost(task.kind.value, why=msg("The port closed during the exchange."), request=b"\x55", elapsed=1.2)
        payload = {"step": task.step, "visit": self.visits[task.step], "attempt": 1, "phase": task.phase}
        self.add(
            EventKind.MEASUREMENT_INTERRUPTED,
            {**payload, "label": task.label, "error": error.to_json(), "evidence": error.evidence(), "recording": None},
        )

    def sign(self, step: str, name: str, role: str, *, self_check: bool) -> None:
        meaning = {"fr": "Contrôle final : la montre peut être rendue", "en": "Final control: the watch may go back"}
        payload = {"step": step, "meaning": meaning, "role": role, "name": name, "self_check": self_check}
        self.add(EventKind.SIGNED, {**payload, "head": self.prev})

    def close(self, outcome: str) -> None:
        self.add(EventKind.ORDER_CLOSED, {"head": self.prev, "events": len(self.events), "outcome": outcome})


CALIBRE = {
    "id": "eta-2824-2", "version": "1.2", "sha256": "c0ffee" * 10 + "abcd", "origin": "shipped", "approved": True,
    "name": "ETA 2824-2",
}  # fmt: skip
CASE = {
    "id": "case-10-bar", "version": "1.0", "sha256": "feed" * 16, "origin": "shipped", "approved": True,
    "name": "Boîte 10 bar",
}  # fmt: skip
MECHANICAL = {
    "id": "mechanical-control", "version": "1.0", "sha256": "abad1dea" * 8,
    "title": {"fr": "Contrôle mécanique", "en": "Mechanical control"}, "first": "inspect",
    "content": {"step": [
        {"id": "inspect", "title": {"fr": "Examen de la montre", "en": "Inspection of the watch"}, "fields": [
            {"id": "glass", "choices": [
                {"id": "good", "label": {"fr": "bon état", "en": "good"}},
                {"id": "chipped", "label": {"fr": "éclat", "en": "chipped"}},
            ]},
        ]},
        {"id": "regulate", "title": {"fr": "Réglage", "en": "Regulation"}, "fields": []},
        {"id": "wet", "title": {"fr": "Test à l’eau", "en": "Wet test"}, "fields": []},
    ]},
}  # fmt: skip
BATTERY = {
    "id": "battery-change", "version": "1.0", "sha256": "0ddba11e" * 8,
    "title": {"fr": "Changement de pile", "en": "Battery change"}, "first": "battery-before", "content": {"step": []},
}  # fmt: skip
RATE = limit_between("rate", -12, 12, source="ETA Manufacturing Information 2824-2", mark=Mark.DOCUMENTED)
MEAN = limit_between("mean_rate", -4, 8, source="ETA Manufacturing Information 2824-2", mark=Mark.DOCUMENTED)
AMPLITUDE = limit_between("amplitude", 200, None, source="usage d’atelier", mark=Mark.UNCONFIRMED)
BEAT_ERROR = limit_between("beat_error", None, 0.8, source="ETA 2824-2", mark=Mark.CARRIED_OVER, document="CT 2824")
LEAK = limit_between("leak_rate", None, 50, source="Fiche PM, programme 10 bar", mark=Mark.DOCUMENTED)
FIELD = limit_between("residual_field", None, 0.2, source="Atelier de l’Ancre, Besançon", mark=Mark.HOUSE)
ALL_LIMITS = tuple(TaskLimit(limit) for limit in (RATE, AMPLITUDE, BEAT_ERROR, MEAN))
YES, NO = Text("oui", "yes"), Text("non", "no")
BEFORE_DEMAGNETISING = Text("avant démagnétisation", "before demagnetising")


def mechanical_order(number: str = "OR-2026-0147") -> RepairOrder:
    return RepairOrder(
        number,
        "C-00812",
        Watch(
            "Lip", "Nautic-Ski", "671525", "A-44871", "", Family.AUTOMATIC, "eta-2824-2", "elaboree", "case-10-bar",
            "10 ATM",
        ),
        "mechanical-control",
        MARKUP,
        "Contrôler la marche, rechercher un aimantage, vérifier l’étanchéité",
        "2026-11-20T16:12:00+01:00",
        "2026-11-27",
        "Boîte d’origine, 2 maillons, certificat n° 3",
        Quote("D-2026-0311", "signé au comptoir", "2026-11-21T10:05:00+01:00"),
    )  # fmt: skip


def mean_of(rates: Sequence[Measurement]) -> Judged:
    """The mean rate X of the positions, judged, as the bench derives it."""
    value = Value.of("mean_rate", sum(part.value.magnitude for part in rates) / len(rates))
    figure = replace(rates[-1], id=f"{rates[-1].id}-mean", value=value, label="", n=len(rates), stdev=None, trace=None)
    assert figure.uncertainty is not None
    return Judged(figure, judge(value, figure.uncertainty.expanded, MEAN, ISO_14253_1))


def timing(story: Story, step: str, phase: str, offset: float, tag: Text | None, wind: str = "0h") -> None:
    """Measure the timing of every position; the rate is `offset` off, the mean comes with the last position."""
    lift = Value.of("lift_angle", 50)
    rates = []
    for index, position in enumerate(("CH", "6H", "9H")):
        rate = offset + 3.4 * index - 3
        task = MeasureTask(
            step, phase, InstrumentKind.TIMEGRAPHER, Program("timing", {"position": position}), position,
            judged=("rate", "amplitude", "beat_error", "mean_rate"), limits=ALL_LIMITS, rule=ISO_14253_1, tag=tag,
            conditions={"wind": wind, "position": position, "lift_angle": lift},
        )  # fmt: skip
        points = tuple((t * 0.5, 0.15 * (-1) ** t - rate * t * 0.5 / 86.4) for t in range(80))
        readings = (
            Reading(Value.of("rate", rate), position, 12, 0.4, 0.12, trace=Trace("s", "ms", points)),
            Reading(Value.of("amplitude", 286 - 21 * index), position, 12, 1.5, 0.5, {"lift_angle": lift}),
            Reading(Value.of("beat_error", 0.31 + 0.21 * index), position, 12, 0.02, 0.01),
            Reading(Value.of("beat_rate", 28800), position),
        )

        def mean(judged: list[Judged], last: bool = index == 2) -> list[Judged]:
            rates.append(judged[0].measurement)
            return [mean_of(rates)] if last else []

        story.measure(task, readings, TIMEGRAPHER, derived=mean)


def leak_test(
    story: Story, step: str, phase: str, leaks: tuple[float, ...], *, aborted: Any = None, reason: str = ""
) -> None:
    stages = (("-0.7 bar", -0.7), ("+3 bar", 3.02), ("+10 bar", 10.05))
    task = MeasureTask(
        step, phase, InstrumentKind.WATER_RESISTANCE, Program("leak-test"), "",
        judged=("leak_rate",), limits=(TaskLimit(LEAK),), rule=ISO_14253_1,
    )  # fmt: skip
    readings = []
    for (label, pressure), leak in zip(stages, leaks, strict=False):
        around = {"pressure": Value.of("test_pressure", pressure), "free_volume": Value.of("free_volume", 2100)}
        readings.append(Reading(Value.of("leak_rate", leak), label, 20, 1.0, 0.2, around))
        readings.append(Reading(Value.of("test_pressure", pressure), label))
    story.measure(task, tuple(readings), TESTER, aborted=aborted, reason=reason)


def field(story: Story, step: str, phase: str, residual: float, **keywords: Any) -> None:
    task = MeasureTask(
        step, phase, InstrumentKind.FIELD_METER, Program("field"), "",
        judged=("residual_field",), limits=(TaskLimit(FIELD),), rule=ISO_14253_1,
    )  # fmt: skip
    readings = (Reading(Value.of("watch_field", residual + 0.048)), Reading(Value.of("residual_field", residual)))
    story.measure(task, readings, FIELD_METER, **keywords)


REGULATION_REFUSED = Refusal(
    "G-17",
    msg("The watch is magnetised: {value}.", value="0,62 mT"),
    msg("Demagnetise it and check again."),
    msg("nobody"),
)
WET_REFUSED = Refusal(
    "G-13",
    msg("The dry test failed: the wet test is forbidden with the movement in the case."),
    msg("Find the leak, close the case again and repeat the dry test."),
    msg("nobody"),
)


def magnetised(*, provenance: Provenance = Provenance.REAL, until: str = "closed") -> Story:
    """A mechanical order: magnetised watch, timing before and after, leak test failed then passed on closure 2."""
    story = Story(mechanical_order(), provenance=provenance)
    story.sign_in("jm", "Jeanne Mercier", "technician")
    story.open(MECHANICAL, CALIBRE, CASE)
    story.quote()
    story.begin("inspect", "Examen de la montre", "Inspection of the watch")
    form = story.answer(
        "inspect",
        glass=("good", Text("Verre", "Crystal"), Text("bon état", "good")),
        crown=(True, Text("Couronne vissée", "Crown screwed down"), YES),
        moisture=(False, Text("Buée ou eau visible", "Fog or water visible"), NO),
        remark=(SCRATCH, Text("Remarque", "Remark"), Text(SCRATCH, SCRATCH)),
    )  # fmt: skip
    story.done("inspect", following="magnetism")
    story.add(
        EventKind.CORRECTED,
        {"seq": form.seq, "reason": "Verre vu au binoculaire : éclat à 11 h", "answers": {"glass": "chipped"}},
    )
    story.begin("magnetism", "Contrôle du magnétisme", "Magnetism check", "before")
    field(story, "magnetism", "before", 0.62)
    story.done("magnetism", "fail", "timing-before")
    story.begin("timing-before", "Marche avant intervention", "Timing before the work", "before")
    timing(story, "timing-before", "before", 21.0, BEFORE_DEMAGNETISING)
    story.done("timing-before", "fail", "regulate", "poursuivre par la démagnétisation")
    story.refuse("regulate", REGULATION_REFUSED)
    story.begin("demagnetise", "Démagnétisation", "Demagnetising")
    coil = MeasureTask("demagnetise", "", InstrumentKind.DEMAGNETISER, Program("demagnetise"), "Z")
    story.measure(coil, (Reading(Value.of("demagnetising_field", 62.0), "Z"),), COIL)
    story.handle("demagnetise")
    field(story, "demagnetise", "after", 0.04)
    story.done("demagnetise", "pass", "regulate")
    if until == "demagnetise":
        return story
    story.begin("regulate", "Réglage", "Regulation")
    story.handle("open", "regulate", "close")
    story.done("regulate", following="timing-after")
    story.begin("timing-after", "Marche après intervention", "Timing after the work", "after")
    story.interrupt(MeasureTask("timing-after", "after", InstrumentKind.TIMEGRAPHER, Program("timing"), "CH"))
    timing(story, "timing-after", "after", 2.1, None)
    story.done("timing-after", "pass", "leak")
    story.begin("leak", "Étanchéité à sec", "Dry water-resistance test", "before")
    leak_test(story, "leak", "before", (12.4, 88.1), aborted=msg("Big leak: the tester stopped the test."))
    story.done("leak", "fail", "gaskets")
    story.refuse("wet", WET_REFUSED)
    story.add(EventKind.ALERT_RAISED, {"alert": "leak", "text": msg("The case leaks.").to_json(), "blocking": False})
    story.begin("gaskets", "Joints et fermeture", "Gaskets and closing")
    story.handle("open", "new-gasket", "close")
    story.done("gaskets", following="leak")
    story.begin("leak", "Étanchéité à sec", "Dry water-resistance test", "after")
    leak_test(story, "leak", "after", (11.9, 47.6, 52.3))
    leak_test(story, "leak", "after", (12.1, 30.4, 36.6), reason="montre remise en température")
    story.done("leak", "pass", "final")
    story.sign_in("pl", "Paul Lœwe", "controller")
    story.begin("final", "Contrôle final", "Final control")
    story.sign("final", "Paul Lœwe", "controller", self_check=False)
    story.done("final", "pass")
    story.close("done")
    return story


def battery() -> Story:
    """A quartz order done by one person: flat battery changed, values keyed in by hand, self-check."""
    order = RepairOrder(
        "OR-2026-0148",
        "C-00044",
        Watch("Seiko", "SNK", "", "illisible", "", Family.QUARTZ, "ronda-505", "", "case-3-bar", "30 m"),
        "battery-change",
        "Elle s’est arrêtée",
        "Changer la pile",
        "2026-11-22",
        "2026-11-22",
        quote=Quote("SR-19", "prix du service rapide accepté", "2026-11-22T07:58:00+01:00"),
    )
    story = Story(order, first=1200)
    story.sign_in("jm", "Jeanne Mercier", "technician")
    profile = {**CALIBRE, "id": "ronda-505", "name": "Ronda 505", "approved": False}
    story.open(BATTERY, profile, {**CASE, "id": "case-3-bar", "name": "Boîte 3 bar"})
    story.quote()
    limits = {
        "battery_voltage": limit_between("battery_voltage", 1.5, None, source="Ronda 505", mark=Mark.DOCUMENTED),
        "consumption": limit_between("consumption", None, 1.55, source="Ronda 505", mark=Mark.DOCUMENTED),
        "quartz_rate": limit_between("quartz_rate", -0.33, 0.66, source="Ronda 505", mark=Mark.DOCUMENTED),
    }
    for step, phase, figures in (
        ("battery-before", "before", {"battery_voltage": 1.21, "battery_voltage_loaded": 0.84}),
        ("battery-after", "after", {"battery_voltage": 1.567, "consumption": 1.5504, "quartz_rate": 0.213}),
    ):
        story.begin(step, f"Pile ({phase})", f"Battery ({phase})", phase)
        if phase == "after":
            story.handle("open", "battery-out", "new-battery", "close")
        task = MeasureTask(
            step, phase, InstrumentKind.QUARTZ_TESTER, Program("battery"), judged=tuple(limits),
            limits=tuple(TaskLimit(limit) for limit in limits.values()), rule=ISO_14253_1,
            conditions={"supply_voltage": Value.of("supply_voltage", 1.55)},
        )  # fmt: skip
        readings = tuple(Reading(Value.of(quantity, magnitude)) for quantity, magnitude in figures.items())
        story.measure(task, readings, QUARTZ, provenance=Provenance.MANUAL if phase == "before" else None)
        story.done(step, "conditional" if phase == "after" else "fail", "final")
    story.begin("final", "Contrôle final", "Final control")
    story.sign("final", "Jeanne Mercier", "technician", self_check=True)
    story.done("final", "pass")
    story.close("reserved")
    return story


__all__ = ["MARKUP", "PRINTED", "Limit", "Story", "battery", "leak_test", "magnetised", "mechanical_order", "timing"]
