"""What happens in a generated workshop: the story of an order, event by event, and that of its instruments."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bench.alerts import ALERTS as KINDS
from bench.conformity import SIMPLE, judge
from bench.defects import defects
from bench.events import EventKind
from bench.instrument import Program
from bench.journal.canonical import canonical
from bench.journal.rows import OpenAlert, OrderRow
from bench.judging import Judged
from bench.language import Text
from bench.limit import Mark, limit_between
from bench.measurement import Component, Measurement, Provenance, Uncertainty
from bench.metrology import Certificate, DailyCheck
from bench.photos import PhotoKind
from bench.procedure.model import Step, StepKind
from bench.quantities import Value
from bench.register import FAIL, NO_VERDICT, PASS
from benchmarks.mix import (
    ACTS,
    ALERTS,
    BRANDS,
    CHANGED_FROM,
    CHANGED_TO,
    CHECKS,
    DECLARED,
    FIELD,
    FIGURES,
    NOTES,
    PARTS,
    REASONS,
    SKIPS,
    SLIPS,
    UNITS,
    Mix,
)
from benchmarks.moulds import Mould
from benchmarks.workshop_moulds import Asked, Moulds, snapshot

_PROGRESS = (EventKind.STEP_STARTED, EventKind.STEP_ANSWERED, EventKind.STEP_DONE)
_WATER = [code for code in defects() if code.startswith("ETA")]
_CODES = list(defects())


class Said(Protocol):
    """What is written of an event."""

    kind: EventKind

    def payload(self, values: Mapping[str, Any]) -> str: ...


@dataclass(frozen=True)
class Cast:
    """An event about to be written: when, its mould, who, what is put in, and what it changes in the order's row."""

    at: datetime
    mould: Said
    operator: str
    values: Mapping[str, Any]
    changes: Mapping[str, Any]


class Written:
    """The number of the event that was written last: a correction names the answer before it."""

    seq = 0


class Teller:
    """Tells orders one after the other; the same dice for all of them."""

    def __init__(self, moulds: Moulds, mix: Mix, dice: random.Random, count: int, written: Written) -> None:
        self.moulds, self.mix, self.dice, self.count, self.written = moulds, mix, dice, count, written
        self.ended: list[str] = []

    def order(self, number: str, opens: datetime) -> tuple[OrderRow, Iterator[Cast]]:
        """Return an order's row as it is opened, and the story of it."""
        dice, mix = self.dice, self.mix
        tree = dice.choices(list(mix.procedures), list(mix.procedures.values()))[0]
        calibre = dice.choice(self.moulds.calibres(tree))
        brand, model = dice.choice(BRANDS)
        days = dice.choice((4, 7, 10, 14, 21)) + (10 if tree == "revision-complete" else 0)
        promised = (opens + timedelta(days=days)).date()
        put: dict[str, Any] = {
            "order": number,
            "customer": f"C-{dice.randrange(1, self.count + 2):06d}",
            "brand": brand,
            "model": model,
            "reference": f"{dice.randrange(100, 999)}.{dice.randrange(100, 140)}",
            "case": str(dice.randrange(100000, 9999999)),
            "declared": dice.choice(DECLARED),
            "received": opens.date().isoformat(),
            "promised": promised.isoformat(),
            "complaint": self._earlier(),
        }
        row = replace(
            self.moulds.openings[tree, calibre].row,
            number=number,
            watch=f"{brand} {model} {put['reference']}",
            brand=brand,
            model=model,
            reference=put["reference"],
            case_number=put["case"],
            customer=put["customer"],
            promised=put["promised"],
            opened_at=opens.isoformat(timespec="microseconds"),
        )
        return row, _Story(self, row, put, opens, promised).told(tree, calibre)

    def _earlier(self) -> str:
        """Return the order that a complaint is about, mostly a recent one; "" for no complaint."""
        if not self.ended or self.dice.random() >= self.mix.complaints:
            return ""
        reach = len(self.ended) if self.dice.random() < 0.2 else min(len(self.ended), 4000)
        return self.ended[-self.dice.randrange(1, reach + 1)]


class _Story:
    """One order as it is told: where it stands, so that each event follows from the last."""

    def __init__(self, teller: Teller, row: OrderRow, put: dict[str, Any], opens: datetime, promised: date) -> None:
        dice, mix = teller.dice, teller.mix
        self.teller, self.moulds, self.mix, self.dice = teller, teller.moulds, mix, dice
        self.row, self.put, self.at, self.promised = row, put, opens, promised
        technician = 1 + min(int(dice.expovariate(0.35)), mix.technicians - 1)
        self.operator, self.unit = f"t{technician}", str(1 + technician % UNITS)
        self.provenance = ""
        if dice.random() < mix.made_up:
            self.provenance = dice.choice(("simulated", "simulated", "replayed"))
        self.flags = set(row.flags)
        self.open: list[OpenAlert] = []
        self.step = ""
        self.raised = 0
        self.leaked = False

    def told(self, tree: str, calibre: str) -> Iterator[Cast]:
        dice, moulds, mix = self.dice, self.moulds, self.mix
        opening = moulds.openings[tree, calibre]
        yield self._cast(opening.complaint if self.put["complaint"] else opening.mould, self.put, "r1")
        self._later(minutes=dice.randrange(3, 20))
        signed = {"reference": f"D-{self.row.number}", "signed": self.at.isoformat(timespec="seconds")}
        self.flags.discard("no-quote")
        yield self._cast(moulds.quote, signed, "r1")
        self._later(hours=dice.uniform(2, 60))
        holder = {"holder": self.operator, "name": f"Personne {self.operator.upper()}"}
        yield self._cast(moulds.custody, holder)
        late, due = dice.random() < mix.slips, self.put["promised"]
        trees = [tree]
        if tree == CHANGED_FROM and dice.random() < mix.changed:
            trees.append(CHANGED_TO)
        for tree in trees:
            if tree is not trees[0]:
                yield self._changed(tree)
            steps = [step for step in moulds.steps(tree) if self._wanted(tree, step)]
            photo = dice.choice(steps).id if dice.random() < mix.photos else ""
            for step in steps:
                yield from self._step(tree, step)
                if step.id == photo:
                    yield self._photo(tree, step)
                if dice.random() < mix.alerts / 8:
                    yield from self._alert(step)
                if late and self.at.date() > self.promised - timedelta(days=3):
                    late, due = False, (self.promised + timedelta(days=dice.randrange(3, 20))).isoformat()
                    moved = {"from": self.put["promised"], "to": due, "reason": dice.choice(SLIPS)}
                    yield self._cast(moulds.promise, moved, "m1", promised=due)
        self._later(hours=dice.uniform(0.5, 40))
        alone = dice.random() < 0.1
        yield self._cast(moulds.checked if alone else moulds.signed, {}, self.operator if alone else "c1")
        self._later(hours=dice.uniform(0.1, 90))
        outcome = {"outcome": "reserved" if dice.random() < 0.04 else "done", "promised": due}
        yield self._cast(moulds.closed, outcome, "m1", status="closed", step="", step_title=None)
        self.teller.ended.append(self.row.number)

    def _later(self, **span: float) -> None:
        self.at += timedelta(**span)

    def _cast(self, mould: Mould, values: Mapping[str, Any] | None = None, operator: str = "", **changes: Any) -> Cast:
        if mould.kind is EventKind.MEASURED:
            self.flags -= {"refused", "interrupted"}
        elif mould.kind in _PROGRESS:
            self.flags.discard("refused")
        elif mould.kind is EventKind.REFUSED:
            self.flags.add("refused")
        elif mould.kind is EventKind.MEASUREMENT_INTERRUPTED:
            self.flags.add("interrupted")
        changed = {"flags": tuple(sorted(self.flags)), **changes}
        return Cast(self.at, mould, operator or self.operator, values or {}, changed)

    def _wanted(self, tree: str, step: Step) -> bool:
        """Whether an order goes by a step that not every order goes by."""
        asked = self.moulds.asked.get((tree, step.id))
        if asked is None:
            return True
        if asked.role == "origin":
            return bool(self.put["complaint"]) and self.dice.random() < 0.9
        return self.dice.random() < {"defects": 0.8, "parts": 0.45, "zone": 0.8, "warranty": 0.85}[asked.role]

    def _changed(self, tree: str) -> Cast:
        title = self.moulds.openings[tree, self.moulds.calibres(tree)[0]].row.procedure_title
        procedure = {"procedure": tree, "procedure_title": title, **self._to(self.moulds.goes_on_at)}
        return self._cast(self.moulds.changed, {"reason": "révision acceptée par le client"}, "m1", **procedure)

    def _to(self, step: str) -> dict[str, Any]:
        if step == self.step:
            return {}
        self.step = step
        return {"step": step, "step_title": None}

    # -- a step

    def _step(self, tree: str, step: Step) -> Iterator[Cast]:
        dice, moulds, mix = self.dice, self.moulds, self.mix
        asked = moulds.asked.get((tree, step.id))
        if asked is not None and asked.role == "zone" and not self.leaked:
            return
        self._later(minutes=dice.uniform(1, 9), days=dice.uniform(1, 4) if dice.random() < 0.12 else 0)
        if dice.random() < mix.refusals / 12:
            yield self._cast(moulds.refused[tree, step.id])
            if dice.random() < mix.lifted:
                self._later(minutes=dice.uniform(2, 200))
                yield self._cast(moulds.lifted[tree, step.id], {"reason": dice.choice(REASONS)}, "m1")
        again = dice.random() < (mix.repeats if step.kind is StepKind.MEASUREMENT else mix.repeats / 6)
        for visit in (1, 2) if again else (1,):
            self.step = step.id
            place = {"step": step.id, "step_title": step.title}
            yield self._cast(moulds.started[tree, step.id], {"n8": visit}, **place)
            done = {"n8": visit, "outcome": "done", "next": "…", "reason": "", "code": ""}
            if step.kind is StepKind.MEASUREMENT:
                outcome = yield from self._measure(tree, step, visit)
                done |= {"outcome": outcome, "reason": "à reprendre" if outcome != "pass" else ""}
            elif asked is None and dice.random() < mix.skipped / 4:
                done |= {"outcome": "skipped", "code": dice.choice(SKIPS), "reason": dice.choice(REASONS)}
            else:
                yield from self._answered(tree, step, asked, visit)
            if again and visit == 1:
                kind = "repeat" if step.kind is StepKind.MEASUREMENT else "back"
                done |= {"outcome": kind, "next": step.id, "reason": dice.choice(REASONS)}
            if done["outcome"] in ("pass", "fail"):
                (self.flags.add if done["outcome"] == "fail" else self.flags.discard)("nonconforming")
            yield self._cast(moulds.done[tree, step.id], done, **self._to(done["next"]))

    def _answered(self, tree: str, step: Step, asked: Asked | None, visit: int) -> Iterator[Cast]:
        dice, moulds = self.dice, self.moulds
        self._later(minutes=dice.uniform(0.5, 6))
        if asked is None:
            note = dice.choice(NOTES)
            yield self._cast((moulds.noted if note else moulds.answered)[tree, step.id], {"note": note, "n8": visit})
            corrected, put = moulds.corrected, {"step": step.id}
        else:
            key, put = self._say(asked)
            yield self._cast(asked.answers[key], {**put, "n8": visit})
            key, put = self._say(asked)
            corrected = asked.corrected[key]
        if dice.random() < self.mix.corrections / 6:
            put |= {"reason": dice.choice(REASONS), "n11": self.teller.written.seq}
            self._later(minutes=dice.uniform(1, 300))
            yield self._cast(corrected, put)
        if dice.random() < self.mix.handled / 6:
            yield self._cast(moulds.handled, {"act": dice.choice(ACTS)})

    def _say(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        """Return what is answered: a choice, or lines and how they read."""
        dice = self.dice
        if asked.role in ("zone", "origin"):
            return dice.choice(list(asked.answers)), {}
        if asked.role == "warranty":
            return "", {"shown": (self.at.date() + timedelta(days=dice.choice((90, 365, 730)))).isoformat()}
        if asked.role == "defects":
            some = _codes(dice, self.leaked)
            return "", {"shown": " / ".join(some), "n10": [{"code": code, "severity": "minor"} for code in some]}
        some = [PARTS[min(int(dice.expovariate(0.2)), len(PARTS) - 1)] for _ in range(dice.choice((1, 1, 2, 3)))]
        if not asked.column:
            return "", {"shown": some[0]}
        return "", {"shown": " / ".join(some), "n10": [{asked.column: name} for name in some]}

    def _measure(self, tree: str, step: Step, visit: int) -> Iterator[Cast]:
        dice = self.dice
        worst: set[str] = set()
        for attempt in (1, 2) if dice.random() < self.mix.repeats / 2 else (1,):
            worst = set()
            for task in self.moulds.measured[tree, step.id]:
                self._later(seconds=dice.uniform(35, 70))
                place = {"n8": visit, "n9": attempt}
                if dice.random() < self.mix.interrupted / 15:
                    recording = f"{self.row.number}-{step.id}.mcap"
                    yield self._cast(task.broken, {**place, "recording": recording})
                    self._later(seconds=dice.uniform(35, 70))
                values, states = self._values(task.quantities)
                worst |= states
                if "leak_rate" in task.quantities and states & {"nonconforming", "conditionally-nonconforming"}:
                    self.leaked = True
                if self.provenance:
                    self.flags.add("simulated")
                reason = dice.choice(REASONS) if attempt > 1 else ""
                yield self._cast(task.mould, {**values, **place, "reason": reason})
        if worst & {"nonconforming", "conditionally-nonconforming"}:
            return "fail"
        return "conditional" if "conditionally-conforming" in worst else "pass"

    def _values(self, quantities: tuple[str, ...]) -> tuple[dict[str, Any], set[str]]:
        dice = self.dice
        put: dict[str, Any] = {
            "started": self.at.isoformat(timespec="seconds"),
            "provenance": self.provenance or ("manual" if dice.random() < self.mix.manual else "real"),
            "unit": self.unit,
        }
        states = set()
        for index, quantity in enumerate(quantities):
            value, state = self._value(quantity)
            states.add(state)
            put[f"n{index}"], put[f"state{index}"] = round(value, FIGURES[quantity][-1]), state
            put[f"id{index}"] = f"{dice.getrandbits(64):016x}"
        if quantities == FIELD:
            put["n1"] = round(put["n0"] + put["n2"], 3)
        return put, states

    def _value(self, quantity: str) -> tuple[float, str]:
        """Draw a value, and say what its verdict is."""
        dice, mix = self.dice, self.mix
        usual, scatter, low, high, doubt, _decimals = FIGURES[quantity]
        value = max(dice.gauss(usual, scatter), -99.0 if quantity in ("rate", "quartz_rate") else 0.001)
        bound, side = (high, 1) if high is not None else (low, -1)
        if bound is None:
            return value, "refused"
        chance = dice.random()
        for often, beyond, state in (
            (mix.nonconforming / 2, 2.5, "nonconforming"),
            (mix.just_beyond, 0.5, "conditionally-nonconforming"),
            (mix.conditional, -0.5, "conditionally-conforming"),
        ):
            if chance < often:
                return bound + side * beyond * doubt, state
            chance -= often
        if (low is not None and value < low + doubt) or (high is not None and value > high - doubt):
            value = usual
        return value, "conforming"

    # -- beside the steps

    def _photo(self, tree: str, step: Step) -> Cast:
        sha256 = f"{self.dice.getrandbits(256):064x}"
        kind = self.dice.choice(list(PhotoKind)).value
        put = {"sha256": sha256, "name": f"{sha256[:16]}.jpg", "kind": kind, "note": self.dice.choice(NOTES)}
        return self._cast(self.moulds.photos[tree, step.id], put)

    def _alert(self, step: Step) -> Iterator[Cast]:
        """Raise an alert, which the manager decides later; a validation is signed."""
        dice, moulds = self.dice, self.moulds
        kind = dice.choice(ALERTS)
        self.raised += 1
        put = {"id": f"A-{self.row.number}-{self.raised}", "step": step.id}
        blocking = KINDS[kind].blocking
        if blocking:
            self.flags.add("alert")
        alerts = (OpenAlert(put["id"], kind, blocking, step.id),)
        yield self._cast(moulds.alerts[kind], {**put, "text": dice.choice(NOTES[4:])}, alerts=alerts)
        if dice.random() < 0.3:
            self._later(minutes=dice.uniform(2, 20))
            yield self._cast(moulds.acknowledged[kind], put, "m1")
        self._later(hours=dice.uniform(0.2, 30))
        self.flags.discard("alert")
        if kind == "validation" and dice.random() < 0.8:
            yield self._cast(moulds.validated, put, "m1", alerts=())
        else:
            decided = {**put, "decision": dice.choice(("accepted", "refused")), "reason": dice.choice(REASONS)}
            yield self._cast(moulds.decisions[kind], decided, "m1", alerts=())


def _codes(dice: random.Random, leaked: bool) -> list[str]:
    """Return one to three codes of defects: some are much more common than others."""
    some = {_CODES[min(int(dice.expovariate(0.07)), len(_CODES) - 1)] for _ in range(dice.choice((1, 1, 2, 3)))}
    if leaked and dice.random() < 0.7:
        some.add(dice.choice(_WATER))
    return sorted(some)


# -- the instruments


class _Plain:
    """An event that is rare enough to be written as the program does."""

    def __init__(self, kind: EventKind, payload: Mapping[str, Any]) -> None:
        self.kind, self._payload = kind, payload

    def payload(self, values: Mapping[str, Any]) -> str:
        return canonical(self._payload)


def shelf(kind: str, unit: str, begin: datetime, end: datetime) -> Iterator[Cast]:
    """Tell the story of an instrument: checked every working day, drifting, calibrated once a year."""
    dice = random.Random(f"{kind}-{unit}")
    device = snapshot(kind, unit)
    quantity, reference, low, high, scatter, drift = CHECKS[kind]
    at = begin.replace(hour=6, minute=10 + int(unit))
    calibrated = at
    while at < end:
        if at == calibrated:
            error = dice.gauss(0, drift)
            yield _accepted(device.id, device.serial, at, quantity, error, drift)
        if at.weekday() < 6:
            error = drift * (at - calibrated).days / 365 * (1 if unit != "2" else 3)
            value = reference + error + dice.gauss(0, scatter)
            result = NO_VERDICT if dice.random() < 0.004 else PASS if low <= value <= high else FAIL
            yield _check(kind, unit, at, value, result)
            if result == FAIL:
                yield _check(kind, unit, at + timedelta(minutes=25), reference + dice.gauss(0, scatter / 2), PASS)
        at += timedelta(days=1)
        if (at - calibrated).days >= 365:
            calibrated = at


def _accepted(instrument: str, serial: str, at: datetime, quantity: str, error: float, drift: float) -> Cast:
    certificate = Certificate(
        number=f"CAL-{at:%Y}-{serial}",
        laboratory="Laboratoire d’essais",
        issued=at.date(),
        interval_days=365,
        serial=serial,
        expanded={quantity: drift / 4},
        as_found={quantity: round(error, 4)},
        as_left={quantity: 0.0},
        tolerance={quantity: drift},
    )
    payload = {"instrument": instrument, "certificate": certificate.to_json()}
    return Cast(at - timedelta(minutes=30), _Plain(EventKind.CERTIFICATE_ACCEPTED, payload), "m1", {}, {})


def _check(kind: str, unit: str, at: datetime, value: float, result: str) -> Cast:
    device = snapshot(kind, unit)
    quantity, reference, low, high, scatter, _drift = CHECKS[kind]
    known = DailyCheck(Value.of(quantity, reference), scatter / 3, f"REF-{kind}", Program("check"), low, high)
    reading = Value.of(quantity, round(value, 5))
    when = at.isoformat(timespec="seconds")
    uncertainty = Uncertainty((Component(Text("référence", "reference"), scatter / 6, "B"),))
    measurement = Measurement(
        f"{kind}-{unit}-{at:%Y%m%d%H%M}",
        reading,
        "",
        1,
        None,
        uncertainty,
        {},
        None,
        device,
        Provenance.REAL,
        when,
        when,
        1.0,
    )
    limit = limit_between(quantity, low, high, source=f"REF-{kind}", mark=Mark.HOUSE)
    judged = Judged(measurement, judge(reading, uncertainty.expanded, limit, SIMPLE))
    payload = {"instrument": device.to_json(), "check": known.to_json(), "judged": judged.to_json()}
    told = _Plain(EventKind.INSTRUMENT_CHECKED, {**payload, "result": result, "device_verdict": ""})
    return Cast(at, told, f"t{unit}", {}, {})


def shelves(begin: datetime, end: datetime) -> Sequence[Iterator[Cast]]:
    """Tell of every instrument."""
    return [shelf(kind, str(1 + unit), begin, end) for kind in CHECKS for unit in range(UNITS)]
