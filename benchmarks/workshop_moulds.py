"""The moulds of every event that a generated workshop needs, from its procedures and the program's own values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.alerts import ALERTS as KINDS
from bench.conformity import ISO_14253_1, judge
from bench.desk import Desk
from bench.events import Event, EventKind
from bench.journal.projections import order_row
from bench.journal.rows import OpenAlert, OrderRow
from bench.judging import Judged
from bench.language import Text, msg
from bench.limit import Mark, limit_between
from bench.measurement import Component, InstrumentSnapshot, Measurement, Provenance, Uncertainty
from bench.order import Family, RepairOrder, Watch
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import Act, Field, Procedure, Step, StepKind
from bench.quantities import Value
from benchmarks.mix import ALERTS, BY_INSTRUMENT, CHANGED_FROM, CHANGED_TO, FIELD, FIGURES, MEASURED, Mix
from benchmarks.moulds import Mould, number, slot

FORMS_BETWEEN = 1
VISIT, ATTEMPT, LINES, ANSWERED = number(8), number(9), number(10), number(11)
_FORMS = (StepKind.FORM, StepKind.CHECKLIST, StepKind.INSTRUCTION)
_AT = "2000-01-01T00:00:00+00:00"
_REFUSAL = {
    "reason": msg("The watch is magnetised.").to_json(),
    "remedy": msg("Demagnetise it first.").to_json(),
    "lifted_by": msg("the manager").to_json(),
}


@dataclass(frozen=True)
class Opening:
    mould: Mould
    complaint: Mould
    row: OrderRow


@dataclass(frozen=True)
class Task:
    label: str
    mould: Mould
    broken: Mould
    quantities: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A step whose answer the figures read: `role` is defects, parts, zone, origin or warranty.

    `answers` and `corrected` are by choice, "" where there is none; `column` where the answer is lines.
    """

    role: str
    answers: Mapping[str, Mould]
    corrected: Mapping[str, Mould]
    column: str = ""


class Moulds:
    """The moulds of the events, by step where these differ."""

    def __init__(self, procedures: ProcedureLibrary, mix: Mix) -> None:
        self.mix = mix
        self.openings: dict[tuple[str, str], Opening] = {}
        self._steps: dict[str, list[Step]] = {}
        self.started: dict[tuple[str, str], Mould] = {}
        self.answered: dict[tuple[str, str], Mould] = {}
        self.noted: dict[tuple[str, str], Mould] = {}
        self.done: dict[tuple[str, str], Mould] = {}
        self.refused: dict[tuple[str, str], Mould] = {}
        self.lifted: dict[tuple[str, str], Mould] = {}
        self.photos: dict[tuple[str, str], Mould] = {}
        self.asked: dict[tuple[str, str], Asked] = {}
        self.measured: dict[tuple[str, str], list[Task]] = {}
        for tree in mix.procedures:
            self._of(procedures.get(tree))
        self._rare()

    def calibres(self, tree: str) -> tuple[str, ...]:
        if tree in ("changement-de-pile", "echange-mouvement-quartz"):
            return self.mix.quartz
        return self.mix.mechanical

    def steps(self, tree: str) -> list[Step]:
        return self._steps[tree]

    def opened(self, payload: Mapping[str, Any]) -> None:
        order = payload["order"]
        tree, calibre = order["procedure"], order["watch"]["calibre"]
        put = {"number": slot("order"), "customer": slot("customer"), "received": slot("received")}
        put |= {"promised": slot("promised"), "complaint_of": slot("complaint")}
        told = {**payload, "order": {**order, **put}}
        row = order_row(None, Event(1, "", "", EventKind.ORDER_OPENED, "x", "", _AT, 0, "", told, "", ""))
        assert row is not None
        first = {**told, "order": {**told["order"], "complaint_of": ""}}
        moulds = (Mould(EventKind.ORDER_OPENED, first), Mould(EventKind.ORDER_OPENED, told))
        self.openings[tree, calibre] = Opening(*moulds, row)
        if tree == CHANGED_TO:
            gone_on = {"procedure": payload["procedure"], "from": CHANGED_FROM, "carried": [], "reason": slot("reason")}
            self.changed = Mould(EventKind.PROCEDURE_CHANGED, gone_on)
            self.goes_on_at = payload["procedure"].get("first", "")

    def _of(self, procedure: Procedure) -> None:
        measured = MEASURED[procedure.id]
        last = {name: step.id for step in procedure.steps for name in (_role(step),) if name}
        chosen: list[Step] = []
        forms: list[Step] = []
        for step in procedure.steps:
            role = _role(step)
            if step.id in measured:
                chosen += [*forms[:: max(len(forms) // FORMS_BETWEEN, 1)][:FORMS_BETWEEN], step]
                forms = []
                self.measured[procedure.id, step.id] = _tasks(step)
            elif role and (role == "parts" or last[role] == step.id):
                chosen.append(step)
                self.asked[procedure.id, step.id] = _asked(step, role)
            elif not role and step.kind in _FORMS and not step.counter:
                forms.append(step)
        chosen += forms[:1]
        self._steps[procedure.id] = chosen
        for step in chosen:
            place = {"step": step.id, "visit": VISIT}
            self.started[procedure.id, step.id] = Mould(
                EventKind.STEP_STARTED, {**place, "title": step.title.to_json(), "phase": step.phase}
            )
            self.answered[procedure.id, step.id] = Mould(EventKind.STEP_ANSWERED, _answer(step, ""))
            self.noted[procedure.id, step.id] = Mould(EventKind.STEP_ANSWERED, _answer(step, slot("note")))
            ended = {"outcome": slot("outcome"), "next": slot("next"), "reason": slot("reason"), "code": slot("code")}
            self.done[procedure.id, step.id] = Mould(EventKind.STEP_DONE, {**place, **ended})
            refusal = {"rule": f"G-{1 + hash_of(step.id) % 40:02d}", **_REFUSAL}
            self.refused[procedure.id, step.id] = Mould(EventKind.REFUSED, {"step": step.id, "refusal": refusal})
            lifted = {"rule": refusal["rule"], "scope": step.id, "step": step.id, "reason": slot("reason")}
            who = {"name": "Anne Perrenoud", "role": "manager", "alert": ""}
            self.lifted[procedure.id, step.id] = Mould(EventKind.LIFTED, {**lifted, "refusal": refusal, **who})
            photo = {"sha256": slot("sha256"), "name": slot("name"), "width": 1600, "height": 1200}
            self.photos[procedure.id, step.id] = Mould(
                EventKind.PHOTO_ATTACHED, {"photo": photo, "kind": slot("kind"), "step": step.id, "note": slot("note")}
            )

    def _rare(self) -> None:
        quote = {"reference": slot("reference"), "how": "signature", "signed_at": slot("signed"), "operations": []}
        more = {"ceiling": 420, "minutes": 240, "supplementary": False, "version": 1}
        self.quote = Mould(EventKind.QUOTE_SIGNED, {**quote, **more})
        taken = {"holder": slot("holder"), "name": slot("name"), "from": "", "note": ""}
        self.custody = Mould(EventKind.CUSTODY_TAKEN, taken)
        self.handled = Mould(EventKind.HANDLED, {"act": slot("act"), "detail": "", "closure": 1})
        corrected: dict[str, Any] = {"seq": ANSWERED, "step": slot("step"), "reason": slot("reason"), "before": {}}
        self.corrected = Mould(
            EventKind.CORRECTED, {**corrected, "answers": {}, "labels": {}, "shown": {}, "facts": {}}
        )
        self.alerts, self.decisions, self.acknowledged = {}, {}, {}
        for kind in ALERTS:
            text = {"msgid": "{text}", "parameters": {"text": slot("text")}}
            raised = {"id": slot("id"), "alert": kind, "text": text, "blocking": KINDS[kind].blocking}
            self.alerts[kind] = Mould(EventKind.ALERT_RAISED, {**raised, "step": slot("step"), "rule": "", "scope": ""})
            before = _with_alert(kind)
            who = {"name": "Anne Perrenoud", "role": "manager"}
            decided = {"id": slot("id"), "decision": slot("decision"), "reason": slot("reason"), **who}
            self.decisions[kind] = Mould(EventKind.ALERT_DECIDED, decided, before)
            seen = {"id": slot("id"), "name": "Anne Perrenoud"}
            self.acknowledged[kind] = Mould(EventKind.ALERT_ACKNOWLEDGED, seen, before)
        moved = {"from": slot("from"), "to": slot("to"), "reason": slot("reason"), "told": "appelé le jour même"}
        self.promise = Mould(EventKind.PROMISE_MOVED, {**moved, "name": "Anne Perrenoud"})
        self.signed = _signed("control-sign", Text("Contrôle final", "Final control"), "controller", "Luc Perret")
        self.checked = _signed(
            "control-sign", Text("Contrôle final", "Final control"), "controller", "Luc Perret", True
        )
        validated = Text("Diagnostic validé", "Diagnosis validated")
        self.validated = _signed(slot("step"), validated, "manager", "Anne Perrenoud")
        self.closed = Mould(EventKind.ORDER_CLOSED, {"head": "0" * 64, "events": 40, "outcome": slot("outcome")})


def hash_of(word: str) -> int:
    """Return a number that stays the same from one run to the next."""
    return int.from_bytes(word.encode(), "big") % 1_000_003


def sample(tree: str, calibre: str, desk: Desk) -> RepairOrder:
    """Return an order that is opened as a mould for the others of its procedure and calibre."""
    family = desk.profiles.calibre(calibre).family
    watch = Watch(slot("brand"), slot("model"), slot("reference"), slot("case"), family=Family(family), calibre=calibre)
    return RepairOrder(
        number=f"S-{tree}-{calibre}",
        customer="",
        watch=replace(watch, water_resistance="30 m"),
        procedure=tree,
        declared=slot("declared"),
        request="remettre en état de marche",
        received="2000-01-01",
        promised="2000-01-02",
    )


def _signed(step: str, meaning: Text, role: str, name: str, self_check: bool = False) -> Mould:
    signed = {"step": step, "meaning": meaning.to_json(), "role": role, "name": name, "self_check": self_check}
    proof = {"head": "0" * 64, "record": "0" * 64, "proved": True, "again": False}
    return Mould(EventKind.SIGNED, {**signed, **proof, "acts": ["final-control"] if role == "controller" else []})


def _with_alert(kind: str) -> OrderRow:
    alert = OpenAlert(slot("id"), kind, False, "")
    title = Text("", "")
    return OrderRow("", slot("watch"), "", "", title, "open", "", None, "", _AT, 1, _AT, alerts=(alert,))


def _role(step: Step) -> str:
    """Return what the figures look for in a step's answers, "" for nothing."""
    return next((role for field in step.fields if (role := _read(step, field))), "")


def _read(step: Step, field: Field) -> str:
    if field.into == "defects" and any(column.kind == "defect" for column in field.columns):
        return "defects"
    if Act.FIT_PART in step.acts and (field.id == "reference" or any(c.id == "reference" for c in field.columns)):
        return "parts"
    if field.fact == "leak_zone":
        return "zone"
    return field.order if field.order in ("origin", "warranty") else ""


def _asked(step: Step, role: str) -> Asked:
    field = next(field for field in step.fields if _read(step, field) == role)
    said: dict[str, dict[str, Any]] = {}
    if field.choices:
        for choice in field.choices:
            said[choice.id] = _said(field, choice.id, choice.label)
            said[choice.id] |= {"facts": {field.fact: choice.id}} if field.fact else {}
            said[choice.id] |= {"order": {field.order: choice.id}} if field.order else {}
    else:
        shown = Text(slot("shown"), slot("shown"))
        said[""] = _said(field, LINES if field.columns else slot("shown"), shown)
        said[""] |= {"order": {field.order: slot("shown")}} if field.order else {}
    corrected = {"seq": ANSWERED, "step": step.id, "reason": slot("reason"), "before": {}}
    column = "code" if role == "defects" else "reference"
    return Asked(
        role,
        {
            key: Mould(EventKind.STEP_ANSWERED, {"step": step.id, "visit": VISIT, "note": "", **words})
            for key, words in said.items()
        },
        {key: Mould(EventKind.CORRECTED, {**corrected, **words}) for key, words in said.items()},
        column if field.columns else "",
    )


def _said(field: Field, answer: Any, shown: Text) -> dict[str, Any]:
    labels = {field.id: field.label.to_json()}
    return {"answers": {field.id: answer}, "labels": labels, "shown": {field.id: shown.to_json()}, "facts": {}}


def _answer(step: Step, note: str) -> dict[str, Any]:
    answers, labels, shown = {}, {}, {}
    for entry in step.fields[:4]:
        choice = entry.choices[0] if entry.choices else None
        answers[entry.id] = choice.id if choice else "yes"
        labels[entry.id] = entry.label.to_json()
        shown[entry.id] = choice.label.to_json() if choice else {"fr": "oui", "en": "yes"}
    said = {"answers": answers, "labels": labels, "shown": shown, "facts": {}, "note": note}
    return {"step": step.id, "visit": VISIT, **said}


def _tasks(step: Step) -> list[Task]:
    assert step.measure is not None
    kind = step.measure.instrument.value
    found = []
    for label, quantities in BY_INSTRUMENT[kind]:
        place = {"step": step.id, "visit": VISIT, "attempt": ATTEMPT, "phase": step.phase, "label": label}
        measured = Mould(EventKind.MEASURED, {**place, **_measured(kind, label, quantities)})
        error = {
            "what": msg("The link to {instrument} is lost.", instrument=f"Studio {kind}").to_json(),
            "why": None,
            "remedy": msg("Repeat the step when ready.").to_json(),
        }
        broken = {**place, "error": error, "evidence": {}, "recording": slot("recording")}
        found.append(Task(label, measured, Mould(EventKind.MEASUREMENT_INTERRUPTED, broken), quantities))
    return found


def snapshot(kind: str, unit: str) -> InstrumentSnapshot:
    """Return one of the instruments of a kind."""
    serial = f"SN-{kind[:2].upper()}-01{unit}"
    return InstrumentSnapshot(f"{kind}-{unit}", kind, f"Studio {kind}", serial, "studio", "valid", f"CAL-{serial}")


def _measured(kind: str, label: str, quantities: tuple[str, ...]) -> dict[str, Any]:
    judged = []
    for index, quantity in enumerate(quantities):
        usual, _scatter, low, high, doubt, _decimals = FIGURES[quantity]
        value = Value.of(quantity, usual)
        uncertainty = Uncertainty((Component(Text("exactitude", "accuracy"), doubt / 2, "B"),))
        limit = None
        if low is not None or high is not None:
            limit = limit_between(quantity, low, high, source="profil", mark=Mark.DOCUMENTED)
        derived = quantities == FIELD and quantity == FIELD[-1]
        measurement = Measurement(
            id="x",
            value=value,
            label=label,
            n=120,
            stdev=0.3,
            uncertainty=uncertainty,
            conditions={"position": label} if label else {},
            trace=None,
            instrument=snapshot(kind, slot("unit")),
            provenance=Provenance.REAL,
            started=_AT,
            ended=_AT,
            duration=30.0,
            derived_from=(slot("id0"), slot("id1")) if derived else (),
        )
        entry = Judged(measurement, judge(value, uncertainty.expanded, limit, ISO_14253_1)).to_json()
        own = {"id": slot(f"id{index}"), "value": number(index), "provenance": slot("provenance")}
        entry["measurement"] |= {**own, "started": slot("started"), "ended": slot("started")}
        entry["verdict"]["state"] = slot(f"state{index}")
        judged.append(entry)
    return {
        "judged": judged,
        "aborted": None,
        "closure": 1,
        "tag": None,
        "reason": slot("reason"),
        "dry_test": kind == "water-resistance",
        "device_verdict": None,
        "profiles": {"calibre": None, "case": None},
    }
