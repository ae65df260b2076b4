"""A workshop of years: a journal with as many orders as are asked for, chained, with its projections.

    python -m benchmarks.workshop_of FOLDER ORDERS [YEARS]

Procedures, profiles, payloads and verdicts are those of the program; what differs from order to order is drawn from a
`Mix` with a fixed seed. An order holds a part of its procedure's steps only: 25 judged measurements in the mean. The
same arguments give the same workshop, which is kept in the folder and found there again.
"""

from __future__ import annotations

import heapq
import random
import sqlite3
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bench.conformity import ISO_14253_1, Mark, judge, limit_between
from bench.desk import Desk
from bench.events import Event, EventKind
from bench.house import House
from bench.journal import Journal
from bench.journal.chain import Record, chained
from bench.journal.entries import moment
from bench.journal.projections import order_row
from bench.journal.rebuild import Folding
from bench.journal.rows import OpenAlert, OrderRow
from bench.journal.schema import HEAD
from bench.judging import Judged
from bench.language import Text, msg
from bench.measurement import Component, InstrumentSnapshot, Measurement, Provenance, Uncertainty
from bench.opening import openings
from bench.order import Family, RepairOrder, Watch
from bench.people import Operator, Role
from bench.procedure.library import ProcedureLibrary
from bench.procedure.model import Procedure, Step, StepKind
from bench.quantities import Value
from benchmarks.moulds import Mould, number, slot
from profiles.library import Library

FORMAT = 1
STATION = "bench-1"


@dataclass(frozen=True)
class Mix:
    """What a workshop's orders are like: shares are of 1, of the orders or (verdicts) of the measurements."""

    procedures: Mapping[str, float] = field(
        default_factory=lambda: {
            "revision-complete": 0.28,
            "changement-de-pile": 0.28,
            "etancheite-et-joints": 0.16,
            "diagnostic-seul": 0.16,
            "echange-mouvement-quartz": 0.12,
        }
    )
    technicians: int = 8
    mechanical: tuple[str, ...] = (
        "eta-2824-2",
        "eta-2892-a2",
        "eta-7750",
        "sellita-sw200-1",
        "miyota-9015",
        "seiko-4r36a",
        "eta-6497-1",
        "zenith-400",
    )
    quartz: tuple[str, ...] = ("ronda-505", "ronda-715", "eta-955-112", "miyota-2035", "eta-251-292", "isa-k62")
    nonconforming: float = 0.06
    conditional: float = 0.05
    manual: float = 0.06
    alerts: float = 0.12
    refusals: float = 0.10
    corrections: float = 0.04
    repeats: float = 0.08
    slips: float = 0.07
    complaints: float = 0.03


MIX = Mix()
BRANDS = (
    ("Lip", "Himalaya"),
    ("Tissot", "PRX"),
    ("Yema", "Superman"),
    ("Oméga", "Seamaster"),
    ("Longines", "Conquest"),
    ("Seiko", "Presage"),
    ("Certina", "DS-1"),
    ("Hamilton", "Khaki"),
    ("Michel Herbelin", "Newport"),
    ("Péquignet", "Royale"),
    ("Tudor", "Pelagos"),
    ("Rolex", "Oyster"),
)
DECLARED = (
    "avance de plusieurs minutes par jour",
    "s’arrête la nuit",
    "buée sous le verre après la baignade",
    "pile vide",
    "couronne dure à tirer",
    "trotteuse bloquée",
    "retarde depuis une chute",
    "révision demandée, plus rien depuis six ans",
    "date qui saute à midi",
    "verre rayé",
)
REASONS = (
    "lecture instable",
    "capteur mal posé",
    "watch turned by mistake",
    "doute sur l’angle de levée",
    "poussière vue sur le spiral",
)
NOTES = (
    "",
    "",
    "",
    "",
    "spiral collé",
    "rotor touche la boîte",
    "huile sèche sur le troisième pivot",
    "joint de fond écrasé",
    "balancier vacille",
    "cadran taché à 6h",
    "couronne remplacée",
    "bracelet gardé à part",
)
# Quantity: (usual value, scatter, lower limit, upper limit, U, decimals) in the catalogue's unit.
FIGURES = {
    "rate": (3.0, 4.0, -12.0, 15.0, 1.2, 1),
    "amplitude": (282.0, 12.0, 220.0, 330.0, 4.0, 0),
    "beat_error": (0.2, 0.15, 0.0, 0.8, 0.1, 2),
    "residual_field": (0.04, 0.02, None, 0.1, 0.01, 3),
    "leak_rate": (12.0, 6.0, None, 50.0, 5.0, 1),
    "test_pressure": (3.0, 0.02, None, None, 0.02, 2),
    "battery_voltage": (1.57, 0.02, 1.5, None, 0.005, 3),
    "consumption": (0.9, 0.15, None, 1.6, 0.05, 2),
    "quartz_rate": (0.1, 0.15, -0.7, 0.7, 0.03, 2),
    "coil_resistance": (1.5, 0.1, 1.1, 1.9, 0.02, 2),
}
SIX = ("CH", "CB", "3H", "6H", "9H", "12H")
TIMING = ("rate", "amplitude", "beat_error")
QUARTZ = (("", ("battery_voltage",)), ("", ("consumption",)), ("", ("quartz_rate", "coil_resistance")))
BY_INSTRUMENT: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "timegrapher": tuple((position, TIMING) for position in SIX),
    "field-meter": (("", ("residual_field",)),),
    "water-resistance": (("0,3 bar", ("leak_rate", "test_pressure")), ("3 bar", ("leak_rate", "test_pressure"))),
    "quartz-tester": QUARTZ,
}
# Of the procedure's measured steps, these are in an order of the workshop.
MEASURED = {
    "revision-complete": ("magnetism-field", "closed-before", "cased", "cased-magnetism-field", "dry"),
    "changement-de-pile": ("old-battery", "battery-after", "drain-after", "dry-test"),
    "etancheite-et-joints": ("dry-test", "dry-test-after", "function-timing"),
    "diagnostic-seul": ("magnetism-field", "timing", "dry-test"),
    "echange-mouvement-quartz": ("old-battery", "new-movement", "drain-after", "dry-test"),
}
FORMS_BETWEEN = 1
ALERTS = ("deadline", "help", "information", "supply", "cost", "part", "instrument")


def workshop(folder: Path, orders: int, years: float = 5, mix: Mix = MIX, seed: int = 1) -> Path:
    """Return the journal of a workshop with so many orders over so many years; made where the folder has it not."""
    like = "" if mix == MIX else f"-{hash_of(repr(mix))}"
    kept = folder / f"workshop-{FORMAT}-{HEAD}-{orders}-{years:g}-{seed}{like}.sqlite"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part")
        for leftover in folder.glob(part.name + "*"):
            leftover.unlink()
        _Generator(part, orders, years, mix, seed).run()
        part.rename(kept)
    return kept


@dataclass
class _Cast:
    """An event about to be written: when, its mould, who, and what is put in."""

    at: datetime
    mould: Mould
    operator: str
    values: Mapping[str, Any]


class _Generator:
    def __init__(self, path: Path, orders: int, years: float, mix: Mix, seed: int) -> None:
        self.path, self.count, self.years, self.mix = path, orders, years, mix
        self.dice = random.Random(seed)
        self.end = datetime(2026, 11, 20, 18, tzinfo=UTC)
        self.begin = self.end - timedelta(days=365 * years)
        self.procedures = ProcedureLibrary()
        self.rows: dict[str, OrderRow] = {}
        self.changes: dict[str, dict[str, Any]] = {}
        self.ended: list[tuple[str, str]] = []
        self.moulds = _Moulds(self.procedures, mix)

    def run(self) -> None:
        with Journal.open(self.path, station=STATION) as journal:
            self._opening_moulds(journal)
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA cache_size = -400000")
        connection.execute("PRAGMA journal_mode = off")
        connection.execute("PRAGMA synchronous = off")
        connection.execute("BEGIN")
        self._write(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = wal")
        connection.close()

    def _opening_moulds(self, journal: Journal) -> None:
        """Pin the procedures and profiles as the first orders do, and take the openings of these as moulds."""
        desk = Desk(journal, self.procedures, Library(), cast(Any, None), House("Atelier des Trois Ponts"))
        trees = self.mix.procedures
        samples = [_sample(tree, calibre, desk) for tree in trees for calibre in self.moulds.calibres(tree)]
        drafts = openings(desk, samples)
        journal.append([draft for draft in drafts if draft.kind is not EventKind.ORDER_OPENED])
        for draft in drafts:
            if draft.kind is EventKind.ORDER_OPENED:
                self.moulds.opened(draft.payload)

    def _write(self, connection: sqlite3.Connection) -> None:
        seq, prev = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        insert = f"INSERT INTO event VALUES ({', '.join('?' * len(Record._fields))})"
        folding = Folding(connection)
        records: list[Record] = []
        identity = random.Random(5)
        for number_, row, casting in self._timeline():
            seq += 1
            at = casting.at.isoformat(timespec="microseconds")
            record = Record(
                seq,
                str(uuid.UUID(int=identity.getrandbits(128), version=4)),
                STATION,
                casting.mould.kind.value,
                number_,
                casting.operator,
                at,
                seq * 1_000_000_000,
                "workshop",
                casting.mould.payload(casting.values),
                prev,
                "",
            )
            prev = chained(record)
            records.append(record._replace(hash=prev))
            if row is not None:
                own = (seq, at, number_, row.watch, row.calibre_id, row.procedure, casting.operator)
                folding.add(casting.mould.rows(own, moment(casting.at), casting.values))
                changes = self.changes[number_]
                changes["last_seq"], changes["last_at"] = seq, at
            if len(records) == 5000:
                connection.executemany(insert, records)
                records = []
        connection.executemany(insert, records)
        connection.execute(
            "INSERT INTO outbox SELECT seq, id FROM event WHERE seq > (SELECT coalesce(max(seq), 0) FROM outbox)"
        )
        folding.orders = {each: replace(row, **self.changes[each]) for each, row in self.rows.items()}
        folding.end()

    def _timeline(self) -> Iterator[tuple[str, OrderRow | None, _Cast]]:
        """Yield every event of the workshop in its time: orders overlap, as they do."""
        waiting: list[
            tuple[datetime, int, Iterator[tuple[_Cast, Mapping[str, Any]]], _Cast, Mapping[str, Any], str]
        ] = []
        step = (self.end - self.begin) / self.count
        for index in range(self.count + 1):
            opens = self.begin + step * index
            while waiting and (index == self.count or waiting[0][0] <= opens):
                at, serial, rest, casting, changes, number_ = waiting[0]
                if at > self.end:
                    heapq.heappop(waiting)
                    continue
                self.changes[number_].update(changes)
                yield number_, self.rows[number_], casting
                following = next(rest, None)
                if following is None:
                    heapq.heappop(waiting)
                else:
                    heapq.heapreplace(waiting, (following[0].at, serial, rest, *following, number_))
            if index == self.count:
                return
            number_ = f"{opens.year}-{index + 1:06d}"
            story = self._order(number_, opens)
            casting, first = next(story)
            self.rows[number_], self.changes[number_] = first["row"], {}
            rest = cast(Any, story)
            heapq.heappush(waiting, (casting.at, index, rest, casting, {}, number_))

    def _order(self, number_: str, opens: datetime) -> Iterator[tuple[_Cast, dict[str, Any]]]:
        """Tell one order: each event with what it changes in the order's row."""
        dice, mix, moulds = self.dice, self.mix, self.moulds
        tree = dice.choices(list(mix.procedures), list(mix.procedures.values()))[0]
        calibre = dice.choice(moulds.calibres(tree))
        brand, model = dice.choice(BRANDS)
        operator = f"t{1 + min(int(dice.expovariate(0.35)), mix.technicians - 1)}"
        days = dice.choice((4, 7, 10, 14, 21)) + (10 if tree == "revision-complete" else 0)
        promised = (opens + timedelta(days=days)).date()
        earlier = ""
        if self.ended and dice.random() < mix.complaints:
            earlier = self.ended[-dice.randrange(1, min(len(self.ended), 4000) + 1)][0]
        put: dict[str, Any] = {
            "order": number_,
            "customer": f"C-{dice.randrange(1, self.count + 2):06d}",
            "brand": brand,
            "model": model,
            "reference": f"{dice.randrange(100, 999)}.{dice.randrange(100, 140)}",
            "case": str(dice.randrange(100000, 9999999)),
            "declared": dice.choice(DECLARED),
            "received": opens.date().isoformat(),
            "promised": promised.isoformat(),
            "complaint": earlier,
        }
        opening = moulds.openings[tree, calibre]
        watch = f"{brand} {model} {put['reference']}"
        row = replace(
            opening.row,
            number=number_,
            watch=watch,
            brand=brand,
            model=model,
            reference=put["reference"],
            case_number=put["case"],
            customer=put["customer"],
            promised=put["promised"],
            opened_at=opens.isoformat(timespec="microseconds"),
        )
        yield _Cast(opens, opening.complaint if earlier else opening.mould, "r1", put), {"row": row}
        at = opens + timedelta(minutes=dice.randrange(3, 20))
        yield (
            _Cast(at, moulds.quote, "r1", {"reference": f"D-{number_}", "signed": at.isoformat(timespec="seconds")}),
            {"flags": ()},
        )
        flags: set[str] = set()
        at += timedelta(hours=dice.uniform(2, 60))
        yield _Cast(at, moulds.custody, operator, {"holder": operator, "name": _named(operator)}), {}
        late, due = dice.random() < mix.slips, put["promised"]
        told = ""
        for step in moulds.steps(tree):
            at += timedelta(minutes=dice.uniform(1, 9), days=dice.uniform(1, 4) if dice.random() < 0.12 else 0)
            if not flags - {"refused"} and dice.random() < mix.refusals / 12:
                flags.add("refused")
                yield _Cast(at, moulds.refused[step.id], operator, {}), {"flags": _sorted(flags)}
            flags.discard("refused")
            yield (
                _Cast(at, moulds.started[step.id], operator, {}),
                {"step": step.id, "step_title": step.title, "flags": _sorted(flags)},
            )
            if step.kind is StepKind.MEASUREMENT:
                failed = False
                visits = 2 if dice.random() < mix.repeats else 1
                for attempt in range(1, visits + 1):
                    failed = False
                    for mould in moulds.measured[tree, step.id]:
                        at += timedelta(seconds=dice.uniform(35, 70))
                        values, bad = self._values(mould.quantities, attempt, at)
                        failed = failed or bad
                        yield _Cast(at, mould.mould, operator, values), {}
                outcome = "fail" if failed else "pass"
                (flags.add if failed else flags.discard)("nonconforming")
                done = {"outcome": outcome, "reason": "à reprendre" if failed else "", "next": "…"}
            else:
                at += timedelta(minutes=dice.uniform(0.5, 6))
                note = dice.choice(NOTES)
                yield _Cast(at, (moulds.noted if note else moulds.answered)[step.id], operator, {"note": note}), {}
                if dice.random() < mix.corrections / 6:
                    yield _Cast(at, moulds.corrected, operator, {"step": step.id, "reason": dice.choice(REASONS)}), {}
                done = {"outcome": "done", "reason": "", "next": "…"}
            yield (
                _Cast(at, moulds.done[step.id], operator, done),
                {"step": "…", "step_title": None, "flags": _sorted(flags)},
            )
            if dice.random() < mix.alerts / 8:
                told = told or f"A-{number_}"
                kind = dice.choice(ALERTS)
                alert = OpenAlert(told, kind, False, step.id)
                said = {"id": told, "step": step.id, "text": dice.choice(NOTES[4:])}
                yield _Cast(at, moulds.alerts[kind], operator, said), {"alerts": (alert,)}
                at += timedelta(hours=dice.uniform(0.2, 30))
                decided = {"id": told, "decision": dice.choice(("accepted", "refused")), "reason": dice.choice(REASONS)}
                yield _Cast(at, moulds.decisions[kind], "m1", decided), {"alerts": ()}
            if late and at.date() > promised - timedelta(days=3):
                late, due = False, (promised + timedelta(days=dice.randrange(3, 20))).isoformat()
                yield _Cast(at, moulds.promise, "m1", {"from": put["promised"], "to": due}), {"promised": due}
        at += timedelta(hours=dice.uniform(0.5, 40))
        yield _Cast(at, moulds.signed, "c1", {}), {}
        at += timedelta(hours=dice.uniform(0.1, 90))
        yield _Cast(at, moulds.closed, "m1", {"promised": due}), {"status": "closed", "step": "", "step_title": None}
        self.ended.append((number_, at.date().isoformat()))

    def _values(self, quantities: tuple[str, ...], attempt: int, at: datetime) -> tuple[dict[str, Any], bool]:
        dice = self.dice
        put: dict[str, Any] = {
            "n9": attempt,
            "started": at.isoformat(timespec="seconds"),
            "provenance": "manual" if dice.random() < self.mix.manual else "real",
            "reason": dice.choice(REASONS) if attempt > 1 else "",
        }
        bad = False
        for index, quantity in enumerate(quantities):
            usual, scatter, low, high, doubt, decimals = FIGURES[quantity]
            value, state = (
                max(dice.gauss(usual, scatter), -99.0 if quantity in ("rate", "quartz_rate") else 0.001),
                "conforming",
            )
            chance = dice.random()
            bound = high if high is not None else low
            if bound is None:
                state = "refused"
            elif chance < self.mix.nonconforming / 2:
                value, state = bound + (2.5 if high is not None else -2.5) * doubt, "nonconforming"
            elif chance < self.mix.nonconforming / 2 + self.mix.conditional:
                value, state = bound - (0.5 if high is not None else -0.5) * doubt, "conditionally-conforming"
            elif (low is not None and value < low + doubt) or (high is not None and value > high - doubt):
                value = usual
            bad = bad or state == "nonconforming"
            put[f"n{index}"] = round(value, decimals)
            put[f"state{index}"] = state
            put[f"id{index}"] = f"{dice.getrandbits(64):016x}"
        return put, bad


def _sorted(flags: set[str]) -> tuple[str, ...]:
    return tuple(sorted(flags))


def _named(operator: str) -> str:
    return f"Personne {operator.upper()}"


def _sample(tree: str, calibre: str, desk: Desk) -> RepairOrder:
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


@dataclass(frozen=True)
class _Opening:
    mould: Mould
    complaint: Mould
    row: OrderRow


@dataclass(frozen=True)
class _Task:
    mould: Mould
    quantities: tuple[str, ...]


class _Moulds:
    """The moulds of every event that the workshop needs."""

    def __init__(self, procedures: ProcedureLibrary, mix: Mix) -> None:
        self.mix = mix
        self.openings: dict[tuple[str, str], _Opening] = {}
        self._steps: dict[str, list[Step]] = {}
        self.started: dict[str, Mould] = {}
        self.answered: dict[str, Mould] = {}
        self.noted: dict[str, Mould] = {}
        self.done: dict[str, Mould] = {}
        self.refused: dict[str, Mould] = {}
        self.measured: dict[tuple[str, str], list[_Task]] = {}
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
        at = "2000-01-01T00:00:00+00:00"
        event = Event(1, "", "", EventKind.ORDER_OPENED, "x", "", at, 0, "", told, "", "")
        row = order_row(None, event)
        assert row is not None
        first = {**told, "order": {**told["order"], "complaint_of": ""}}
        moulds = (Mould(EventKind.ORDER_OPENED, first), Mould(EventKind.ORDER_OPENED, told))
        self.openings[tree, calibre] = _Opening(*moulds, row)

    def _of(self, procedure: Procedure) -> None:
        measured = MEASURED[procedure.id]
        chosen: list[Step] = []
        forms: list[Step] = []
        for step in procedure.steps:
            if step.id in measured:
                chosen += [*forms[:: max(len(forms) // FORMS_BETWEEN, 1)][:FORMS_BETWEEN], step]
                forms = []
                self.measured[procedure.id, step.id] = _tasks(step)
            elif step.kind in (StepKind.FORM, StepKind.CHECKLIST, StepKind.INSTRUCTION) and not step.counter:
                forms.append(step)
        chosen += forms[:1]
        self._steps[procedure.id] = chosen
        for step in chosen:
            title = step.title.to_json()
            started = {"step": step.id, "visit": 1, "title": title, "phase": step.phase}
            self.started[step.id] = Mould(EventKind.STEP_STARTED, started)
            self.answered[step.id] = Mould(EventKind.STEP_ANSWERED, _answer(step, ""))
            self.noted[step.id] = Mould(EventKind.STEP_ANSWERED, _answer(step, slot("note")))
            ended = {"outcome": slot("outcome"), "next": slot("next"), "reason": slot("reason")}
            self.done[step.id] = Mould(EventKind.STEP_DONE, {"step": step.id, "visit": 1, **ended})
            refusal = {
                "rule": f"G-{1 + hash_of(step.id) % 40:02d}",
                "reason": msg("The watch is magnetised.").to_json(),
                "remedy": msg("Demagnetise it first.").to_json(),
                "lifted_by": msg("nobody").to_json(),
            }
            self.refused[step.id] = Mould(EventKind.REFUSED, {"step": step.id, "refusal": refusal})

    def _rare(self) -> None:
        quote = {"reference": slot("reference"), "how": "signature", "signed_at": slot("signed"), "operations": []}
        more = {"ceiling": 420, "minutes": 240, "supplementary": False, "version": 1}
        self.quote = Mould(EventKind.QUOTE_SIGNED, {**quote, **more})
        taken = {"holder": slot("holder"), "name": slot("name"), "from": "", "note": ""}
        self.custody = Mould(EventKind.CUSTODY_TAKEN, taken)
        corrected: dict[str, Any] = {"seq": 1, "step": slot("step"), "reason": slot("reason"), "before": {}}
        self.corrected = Mould(
            EventKind.CORRECTED, {**corrected, "answers": {}, "labels": {}, "shown": {}, "facts": {}}
        )
        self.alerts, self.decisions = {}, {}
        for kind in ALERTS:
            text = {"msgid": "{text}", "parameters": {"text": slot("text")}}
            raised = {"id": slot("id"), "alert": kind, "text": text, "blocking": False, "step": slot("step")}
            self.alerts[kind] = Mould(EventKind.ALERT_RAISED, {**raised, "rule": "", "scope": ""})
            who = {"name": "Anne Perrenoud", "role": "manager"}
            decided = {"id": slot("id"), "decision": slot("decision"), "reason": slot("reason"), **who}
            self.decisions[kind] = Mould(EventKind.ALERT_DECIDED, decided, _with_alert(kind))
        moved = {"from": slot("from"), "to": slot("to"), "reason": "pièce attendue", "told": "appelé le jour même"}
        self.promise = Mould(EventKind.PROMISE_MOVED, {**moved, "name": "Anne Perrenoud"})
        signed = {
            "step": "control-sign",
            "meaning": {"fr": "Contrôle final", "en": "Final control"},
            "role": "controller",
        }
        proof = {"name": "Luc Perret", "self_check": False, "head": "0" * 64, "record": "0" * 64, "proved": True}
        self.signed = Mould(EventKind.SIGNED, {**signed, **proof, "again": False, "acts": ["final-control"]})
        self.closed = Mould(EventKind.ORDER_CLOSED, {"head": "0" * 64, "events": 40, "outcome": "done"})


def hash_of(word: str) -> int:
    """Return a number that stays the same from one run to the next."""
    return int.from_bytes(word.encode(), "big") % 1_000_003


def _with_alert(kind: str) -> OrderRow:
    alert = OpenAlert(slot("id"), kind, False, "")
    at = "2000-01-01T00:00:00+00:00"
    title = Text("", "")
    return OrderRow("", slot("watch"), "", "", title, "open", "", None, "", at, 1, at, alerts=(alert,))


def _answer(step: Step, note: str) -> dict[str, Any]:
    answers, labels, shown = {}, {}, {}
    for entry in step.fields[:4]:
        choice = entry.choices[0] if entry.choices else None
        answers[entry.id] = choice.id if choice else "yes"
        labels[entry.id] = entry.label.to_json()
        shown[entry.id] = choice.label.to_json() if choice else {"fr": "oui", "en": "yes"}
    said = {"answers": answers, "labels": labels, "shown": shown, "facts": {}, "note": note}
    return {"step": step.id, "visit": 1, **said}


def _tasks(step: Step) -> list[_Task]:
    assert step.measure is not None
    kind = step.measure.instrument.value
    return [
        _Task(Mould(EventKind.MEASURED, _measured(step, kind, label, quantities)), quantities)
        for label, quantities in BY_INSTRUMENT[kind]
    ]


def _measured(step: Step, kind: str, label: str, quantities: tuple[str, ...]) -> dict[str, Any]:
    instrument = InstrumentSnapshot(
        f"{kind}-1", kind, f"Studio {kind}", f"SN-{kind[:2].upper()}-014", "studio", "valid", "CAL-2026-014"
    )
    judged = []
    for index, quantity in enumerate(quantities):
        usual, _scatter, low, high, doubt, _decimals = FIGURES[quantity]
        value = Value.of(quantity, usual)
        uncertainty = Uncertainty((Component(Text("exactitude", "accuracy"), doubt / 2, "B"),))
        limit = None
        if low is not None or high is not None:
            limit = limit_between(quantity, low, high, source="profil", mark=Mark.DOCUMENTED)
        measurement = Measurement(
            id="x",
            value=value,
            label=label,
            n=120,
            stdev=0.3,
            uncertainty=uncertainty,
            conditions={"position": label} if label else {},
            trace=None,
            instrument=instrument,
            provenance=Provenance.REAL,
            started="2000-01-01T00:00:00+00:00",
            ended="2000-01-01T00:00:00+00:00",
            duration=30.0,
        )
        entry = Judged(measurement, judge(value, uncertainty.expanded, limit, ISO_14253_1)).to_json()
        own = {"id": slot(f"id{index}"), "value": number(index), "provenance": slot("provenance")}
        entry["measurement"] |= {**own, "started": slot("started"), "ended": slot("started")}
        entry["verdict"]["state"] = slot(f"state{index}")
        judged.append(entry)
    return {
        "step": step.id,
        "visit": 1,
        "attempt": number(9),
        "phase": step.phase,
        "label": label,
        "judged": judged,
        "aborted": None,
        "closure": 1,
        "tag": None,
        "reason": slot("reason"),
        "dry_test": kind == "water-resistance",
        "device_verdict": None,
        "profiles": {"calibre": None, "case": None},
    }


PEOPLE = (
    Operator("r1", "Sylvie Monnin", frozenset({Role.RECEPTION})),
    Operator("c1", "Luc Perret", frozenset({Role.CONTROLLER})),
    Operator("m1", "Anne Perrenoud", frozenset({Role.MANAGER})),
)


if __name__ == "__main__":
    where, many, *over = sys.argv[1:]
    print(workshop(Path(where), int(many), float(over[0]) if over else 5))
