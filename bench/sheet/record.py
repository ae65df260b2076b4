"""An order's events read once for its sheet: the order as it stands, what was answered where, lists, counts, people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench.defects import defects
from bench.errors import UsageError
from bench.events import Event, EventKind, pin
from bench.language import _, number
from bench.order import Quote, RepairOrder
from bench.quantities import QUANTITIES, Value
from bench.sheet import words

LATE = timedelta(minutes=15)
"""What is entered later than this after it was done is flagged (« saisie différée », procedures §4.1)."""

_CORRECTABLE = ("answers", "labels", "shown", "facts", "order", "lists", "counts", "adds")
NOTE = "note"


@dataclass(frozen=True)
class Answer:
    """One answered field: `planned` is the field as the pinned procedure has it ({} where that is not known), `entry`
    the key of the list's entry that it is about (`each`), `seq` that of the event.
    """

    seq: int
    step: str
    visit: int
    key: str
    planned: Mapping[str, Any]
    entry: str
    value: Any
    label: str
    shown: str
    note: str = ""

    @property
    def id(self) -> tuple[int, str]:
        return self.seq, self.key

    @property
    def fact(self) -> str:
        return str(self.planned.get("fact", ""))

    def has(self, name: str) -> str:
        """Return what the planned field says under `name`, "" where it says nothing."""
        return str(self.planned.get(name) or "")


class Record:
    """The order's events with what its procedure plans: one reading for all blocks of the sheet."""

    def __init__(self, order: str, events: Sequence[Event]) -> None:
        self.events = [event for event in events if event.order == order]
        self.opened = next(event for event in self.events if event.kind is EventKind.ORDER_OPENED)
        self._plans = self._pinned(events)
        # An order that went on with another procedure is told by the last one; its earlier steps stay known.
        self.planned: dict[str, Mapping[str, Any]] = {
            step_id: step for _seq, plan in self._plans for step_id, step in plan.items()
        }
        self.house: Mapping[str, Any] = self.opened.payload.get("house") or {}
        self.corrections = self._corrections()
        self.answered = {event.seq: self._effective(event) for event in self.of(EventKind.STEP_ANSWERED)}
        self.order = self._order()
        self.quotes = [Quote.from_json(event.payload) for event in self.of(EventKind.QUOTE_SIGNED)]
        if not self.quotes and self.order.quote:
            self.quotes = [self.order.quote]
        self.lists = self._lists()
        self.answers = [answer for seq in self.answered for answer in self._answers(seq)]
        self.facts: dict[str, Any] = {}
        for payload in self.answered.values():
            self.facts |= payload.get("facts") or {}

    def of(self, *kinds: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def first(self, seq: int, key: str) -> str:
        """Write what was answered at first, before any correction."""
        return self._shown(seq, self.event(seq).payload, key)

    def event(self, seq: int) -> Event:
        return next(event for event in self.events if event.seq == seq)

    def last(self, kind: EventKind) -> Event | None:
        return next((event for event in reversed(self.events) if event.kind is kind), None)

    def visited(self) -> set[str]:
        """Return the steps that were entered."""
        return {str(event.payload["step"]) for event in self.of(EventKind.STEP_STARTED, EventKind.STEP_ANSWERED)}

    def passed_over(self) -> set[str]:
        """Return the steps that were not for this work (visit 0) and never entered."""
        over = {str(e.payload["step"]) for e in self.of(EventKind.STEP_DONE) if e.payload["visit"] == 0}
        return over - self.visited()

    def interventions(self) -> set[str]:
        """Return the steps that are work on the watch, as the procedure has them."""
        return {step_id for step_id, step in self.planned.items() if step.get("intervention")}

    def acts(self, step: str) -> tuple[str, ...]:
        return tuple(self.planned.get(step, {}).get("acts") or ())

    def latest(self, answers: Sequence[Answer]) -> list[Answer]:
        """Return the newest answer of each field (and entry) of each step."""
        return list({(answer.step, answer.key): answer for answer in answers}.values())

    def counts(self) -> dict[str, tuple[float, float]]:
        """Return what was taken out of the watch and put back, by what it is: the last visit of each step counts."""
        by_step: dict[str, Mapping[str, Any]] = {}
        for payload in self.answered.values():
            if payload.get("counts"):
                by_step[str(payload["step"])] = payload["counts"]
        totals: dict[str, tuple[float, float]] = {}
        for counted in by_step.values():
            for way, place in (("out", 0), ("in", 1)):
                for what, pieces in (counted.get(way) or {}).items():
                    held = list(totals.get(what, (0.0, 0.0)))
                    held[place] += pieces
                    totals[what] = (held[0], held[1])
        return totals

    def added(self, what: str) -> float | None:
        """Return the sum of what the answers add to "cost" (EUR) or "minutes"; None where nothing was entered."""
        found = [p["adds"][what] for p in self.answered.values() if what in (p.get("adds") or {})]
        return sum(found) if found else None

    def late(self, event: Event) -> str:
        """Return "late entry: done …" where it was entered more than `LATE` after it was done, else ""."""
        done = str(event.payload.get("done_at") or "")
        try:
            if not done or datetime.fromisoformat(event.at) - datetime.fromisoformat(done) <= LATE:
                return ""
        except (ValueError, TypeError):
            return ""
        return _("late entry: done {moment}").format(moment=words.moment(done, offset=False))

    def cell(self, planned: Mapping[str, Any], value: Any) -> str:
        """Write one value of a planned field or column as people read it."""
        if value is None or value == "" or value == []:
            return ""
        if isinstance(value, bool) or planned.get("kind") in ("yesno", "tick"):
            truth = value if isinstance(value, bool) else str(value) in ("yes", "true")
            return _("yes") if truth else _("no")
        if isinstance(value, Mapping) and "quantity" in value:
            return Value.from_json(dict(value)).show()
        labels = {choice["id"]: words.text(choice["label"]) for choice in planned.get("choices", ())}
        if isinstance(value, list):
            return ", ".join(labels.get(str(each), str(each)) for each in value)
        if isinstance(value, (int, float)):
            quantity = QUANTITIES.get(str(planned.get("quantity", "")))
            return Value(quantity, float(value)).show() if quantity else number(value)
        if planned.get("kind") == "defect":
            return defect_shown(str(value))
        if planned.get("kind") == "date":
            return words.day(str(value))
        return labels.get(str(value), str(value))

    # -- inside -------------------------------------------------------------------------------------------------

    def _pinned(self, events: Sequence[Event]) -> list[tuple[int, dict[str, Mapping[str, Any]]]]:
        """Return from which event on which steps were planned: those of the procedures as they were pinned."""
        pins = [event for event in events if event.kind is EventKind.PROCEDURE_PINNED]
        found = []
        for event in self.of(EventKind.ORDER_OPENED, EventKind.PROCEDURE_CHANGED):
            sha256 = event.payload["procedure"]["sha256"]
            known = [each for each in pins if each.order == pin(sha256)]
            held = known or [each for each in pins if each.order is None]
            steps = held[0].payload["content"]["step"] if held else ()
            found.append((event.seq, {step["id"]: step for step in steps}))
        return found

    def step_at(self, seq: int, step: str) -> Mapping[str, Any]:
        """Return a step as the procedure planned it that was in force at the event `seq`, {} where it is not known."""
        plan: Mapping[str, Mapping[str, Any]] = {}
        for since, steps in self._plans:
            if since <= seq:
                plan = steps
        return plan.get(step) or self.planned.get(step) or {}

    def _corrections(self) -> dict[int, list[Mapping[str, Any]]]:
        found: dict[int, list[Mapping[str, Any]]] = {}
        for event in self.of(EventKind.CORRECTED):
            found.setdefault(int(event.payload["seq"]), []).append(event.payload)
        return found

    def _effective(self, event: Event) -> dict[str, Any]:
        """Return the payload with its corrections; `first` is what was answered at first, of what was corrected."""
        payload = dict(event.payload)
        first: dict[str, str] = {}
        for correction in self.corrections.get(event.seq, ()):
            for key in correction.get("answers") or {}:
                first.setdefault(key, self._shown(event.seq, event.payload, key))
            for part in _CORRECTABLE:
                if correction.get(part):
                    payload[part] = {**(payload.get(part) or {}), **correction[part]}
            # An older record corrects the answer alone: what was shown of the first one holds no longer.
            stale = set(correction.get("answers") or {}) - set(correction.get("shown") or {})
            payload["shown"] = {key: text for key, text in (payload.get("shown") or {}).items() if key not in stale}
        return {**payload, "first": first}

    def _order(self) -> RepairOrder:
        order = RepairOrder.from_json(self.opened.payload["order"])
        for event in self.events:
            filled: Mapping[str, str] = {}
            if event.kind is EventKind.STEP_ANSWERED:
                filled = self.answered[event.seq].get("order") or {}
            elif event.kind is EventKind.PROMISE_MOVED:
                filled = {"promised": event.payload["to"]}
            if not filled:
                continue
            try:
                order = order.with_answers({path: str(value) for path, value in filled.items()})
            except UsageError:  # what an older program let in is shown among the answers, and nowhere else
                continue
        return order

    def _lists(self) -> dict[str, dict[str, str]]:
        """Return {list: {key: label}}; a later answer of a step replaces what the step had put there."""
        by_step: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for payload in self.answered.values():
            for name, entries in (payload.get("lists") or {}).items():
                by_step[name, str(payload["step"])] = entries
        found: dict[str, dict[str, str]] = {}
        for (name, _step), entries in by_step.items():
            found.setdefault(name, {}).update({str(e["key"]): words.text(e["label"]) or str(e["key"]) for e in entries})
        return found

    def _field(self, seq: int, step: str, key: str) -> tuple[Mapping[str, Any], str]:
        """Return the planned field of an answer and the list's entry that it is about, ({}, "") where none is known."""
        for field in self.step_at(seq, step).get("fields") or ():
            if field["id"] == key:
                return field, ""
            if field.get("each") and key.startswith(f"{field['id']}."):
                return field, key[len(field["id"]) + 1 :]
        return {}, ""

    def _shown(self, seq: int, payload: Mapping[str, Any], key: str) -> str:
        planned, _entry = self._field(seq, str(payload["step"]), key)
        told = words.text((payload.get("shown") or {}).get(key))
        if told and planned.get("kind") != "date":
            return told
        return self.cell(planned, (payload.get("answers") or {}).get(key))

    def _answers(self, seq: int) -> list[Answer]:
        """Return the answers of one event in the form's order; canonical JSON sorts them by name."""
        payload = self.answered[seq]
        step = str(payload["step"])
        found = []
        for key, value in (payload.get("answers") or {}).items():
            planned, entry = self._field(seq, step, key)
            label = words.text((payload.get("labels") or {}).get(key)) or words.text(planned.get("label")) or key
            note = ""
            if key in payload["first"]:
                note = _("corrected, was: {first}").format(first=payload["first"][key] or "—")
            shown = self._shown(seq, payload, key)
            found.append(Answer(seq, step, payload["visit"], key, planned, entry, value, label, shown, note))
        places = {field["id"]: place for place, field in enumerate(self.step_at(seq, step).get("fields") or ())}
        found.sort(key=lambda answer: places.get(answer.planned.get("id", ""), len(places)))
        if payload.get(NOTE):
            text = words.text(payload[NOTE])
            label = _("Private bench note") if text.startswith("!") else _("Note")
            found.append(Answer(seq, step, payload["visit"], NOTE, {}, "", text, label, text.removeprefix("!").strip()))
        if payload.get("confirmed"):
            text = words.text(payload["confirmed"])
            found.append(Answer(seq, step, payload["visit"], "confirmed", {}, "", text, _("Kept as it is"), text))
        return found


def defect_shown(code: str) -> str:
    """Write a defect's code with its label; a code of the workshop's own, or an older one, stands as it is."""
    known = defects().get(code)
    return f"{code} {known.label}" if known else code
