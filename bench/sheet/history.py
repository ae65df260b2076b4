"""What happened to an order, as the sheet tells it: work log, answers, incidents, corrections, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.conformity import State
from bench.events import Event, EventKind
from bench.language import N_, _, msg, number
from bench.people import Role
from bench.quantities import QUANTITIES, Value
from bench.sheet import model, words

Names = Mapping[str, str]


def role(word: str) -> str:
    return str(Role(word)) if word in list(Role) else word


def uniform_offset(events: Sequence[Event]) -> str:
    """Return the one offset to UTC that all times of the order have, "" where they differ."""
    offsets = {words.offset_of(event.at) for event in events}
    return offsets.pop() if len(offsets) == 1 else ""


class History:
    """The order's events read once, with the names of people and the steps that its procedure plans at hand."""

    def __init__(self, events: Sequence[Event], names: Names, planned: Sequence[Mapping[str, Any]] = ()) -> None:
        self.events = events
        self.names = names
        self.short = bool(uniform_offset(events))
        self.procedure: Mapping[str, Any] = next((e.payload["procedure"] for e in self.of(EventKind.ORDER_OPENED)), {})
        self.titles = {step["id"]: words.text(step["title"]) for step in planned} | {
            event.payload["step"]: words.text(event.payload.get("title")) for event in self.of(EventKind.STEP_STARTED)
        }

        self.fields = {
            step["id"]: [field["id"] for field in step.get("fields", ())] for step in planned
        }  # canonical JSON sorts the answers by name; people read them in the form's order
        self.choices = {
            (step["id"], field["id"], choice["id"]): words.text(choice["label"])
            for step in planned
            for field in step.get("fields", ())
            for choice in field.get("choices", ())
        }

    def of(self, *kinds: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def title(self, step: str) -> str:
        return self.titles.get(step) or step

    def name(self, event: Event) -> str:
        return self.names.get(event.operator or "", event.operator or "")

    def when(self, at: str) -> str:
        return words.moment(at, offset=not self.short)

    def log(self) -> tuple[model.LogLine, ...]:
        """One line a visit of a step, in order; visit 0 was passed over, a step that is still open has no end."""
        done = {(e.payload["step"], e.payload["visit"]): e for e in self.of(EventKind.STEP_DONE)}
        lines = []
        for start in self.of(EventKind.STEP_STARTED, EventKind.STEP_DONE):
            step, visit = start.payload["step"], start.payload["visit"]
            if start.kind is EventKind.STEP_DONE and visit > 0:
                continue
            end = start if start.kind is EventKind.STEP_DONE else done.get((step, visit))
            outcome = str(end.payload.get("outcome", "")) if end else ""
            minutes = _minutes(start, end) if end else None
            lines.append(
                model.LogLine(
                    step=step,
                    title=self.title(step),
                    visit=visit,
                    phase=str(start.payload.get("phase", "")),
                    operator=self.name(start),
                    start=start.at,
                    start_shown=self.when(start.at),
                    end=end.at if end else "",
                    end_shown=self.when(end.at) if end else "",
                    minutes=minutes,
                    minutes_shown="" if minutes is None else number(minutes, 1),
                    outcome=outcome,
                    outcome_shown=self.outcome(step, outcome),
                    reason=str(end.payload.get("reason") or "") if end else "",
                    acts=self._acts(start, end),
                )
            )
        return tuple(lines)

    def outcome(self, step: str, outcome: str) -> str:
        """Write a step's outcome: the choice that was taken at a decision, else the bench's word."""
        taken = (label for (of, _field, choice), label in self.choices.items() if (of, choice) == (step, outcome))
        return next(taken, "") or words.outcome(outcome)

    def _acts(self, start: Event, end: Event | None) -> tuple[str, ...]:
        inside = [
            event
            for event in self.of(EventKind.HANDLED)
            if event.seq > start.seq and (end is None or event.seq < end.seq) and words.act(event.payload["act"])
        ]
        said = []
        for event in inside:
            word = words.act(event.payload["act"])
            if event.payload["act"] == "close" and event.payload.get("closure") is not None:
                word += " (" + _("closure n° {number}").format(number=event.payload["closure"]) + ")"
            said.append(word)
        return tuple(said)

    def answers(self) -> tuple[model.Answers, ...]:
        """Every answered form, corrections applied, with the first answer kept beside the corrected one."""
        corrected: dict[int, Mapping[str, Any]] = {}
        for event in self.of(EventKind.CORRECTED):
            corrected[event.payload["seq"]] = {
                **corrected.get(event.payload["seq"], {}),
                **(event.payload.get("answers") or {}),
            }
        return tuple(
            model.Answers(
                step=event.payload["step"],
                title=self.title(event.payload["step"]),
                visit=event.payload["visit"],
                operator=self.name(event),
                at=event.at,
                at_shown=self.when(event.at),
                entries=self._entries(event.payload, corrected.get(event.seq, {})),
            )
            for event in self.of(EventKind.STEP_ANSWERED)
            if event.payload.get("answers") or event.payload.get("note")
        )

    def _shown(self, payload: Mapping[str, Any], key: str, value: Any) -> str:
        """Write an answer as people read it: by the event, for this very value; else by the procedure's choices."""
        if payload.get("answers", {}).get(key) == value and payload.get("shown", {}).get(key):
            return words.text(payload["shown"][key])
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, float):
            return number(value)
        return self.choices.get((payload.get("step", ""), key, str(value))) or ("" if value is None else str(value))

    def _entries(self, payload: Mapping[str, Any], corrected: Mapping[str, Any]) -> tuple[model.Entry, ...]:
        answers = {**payload.get("answers", {}), **corrected}
        order = self.fields.get(payload.get("step", ""), [])
        entries = []
        for key, value in sorted(answers.items(), key=lambda item: _place(item[0], order)):
            note = ""
            if key in corrected:
                first = self._shown(payload, key, payload.get("answers", {}).get(key)) or "—"
                note = _("corrected, was: {first}").format(first=first)
            plain = value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
            label = words.text(payload.get("labels", {}).get(key)) or key
            entries.append(model.Entry(key, label, plain, self._shown(payload, key, value), note))
        if payload.get("note"):
            entries.append(model.Entry("note", _("Note"), words.text(payload["note"]), words.text(payload["note"])))
        return tuple(entries)

    def incidents(self) -> tuple[model.Incident, ...]:
        """Refusals met, alerts, interruptions and tests that the instrument ended itself, in order."""
        found = []
        for event in self.events:
            payload = event.payload
            if event.kind is EventKind.REFUSED:
                said = payload["refusal"]
                found.append(
                    self._incident(
                        event,
                        "refusal",
                        f"{said['rule']} · {words.message(said['reason'])}",
                        words.message(said["remedy"]),
                        words.message(said["lifted_by"]),
                    )
                )
            elif event.kind is EventKind.ALERT_RAISED:
                found.append(self._incident(event, "alert", words.message(payload["text"]), "", ""))
            elif event.kind is EventKind.MEASUREMENT_INTERRUPTED:
                said = payload["error"]
                parts = (payload.get("label", ""), words.message(said["what"]), words.message(said.get("why")))
                text = " ".join(part for part in parts if part)
                found.append(self._incident(event, "interruption", text, words.message(said.get("remedy")), ""))
            elif event.kind is EventKind.MEASURED and payload.get("aborted"):
                text = f"{payload.get('label', '')} {words.message(payload['aborted'])}".strip()
                found.append(self._incident(event, "aborted", text, "", ""))
            elif event.kind is EventKind.IMPACT_REVIEW_OPENED:
                found.append(self._incident(event, "impact", _impact(payload), "", ""))
        return tuple(found)

    def _incident(self, event: Event, kind: str, text: str, remedy: str, by: str) -> model.Incident:
        step = event.payload.get("step", "")
        return model.Incident(
            seq=event.seq,
            at=event.at,
            at_shown=self.when(event.at),
            kind=kind,
            kind_shown=_(_INCIDENTS[kind]),
            step=self.title(step) if step else "",
            text=text,
            remedy=remedy,
            by=by,
            blocking=bool(event.payload.get("blocking", kind == "refusal")),
        )

    def corrections(self) -> tuple[model.Correction, ...]:
        """Every correction: what was said first, what is said now, why, by whom."""
        said = {event.seq: event for event in self.events}
        found = []
        for event in self.of(EventKind.CORRECTED):
            original = said.get(event.payload["seq"])
            first = original.payload if original else {}
            changes = [
                "{}: {} → {}".format(
                    words.text(first.get("labels", {}).get(key)) or key,
                    self._shown(first, key, first.get("answers", {}).get(key)) or "—",
                    self._shown(first, key, value),
                )
                for key, value in (event.payload.get("answers") or {}).items()
            ]
            found.append(
                model.Correction(
                    seq=event.seq,
                    of=event.payload["seq"],
                    at=event.at,
                    at_shown=self.when(event.at),
                    operator=self.name(event),
                    step=self.title(first["step"]) if "step" in first else "",
                    changes=tuple(changes),
                    reason=str(event.payload.get("reason", "")),
                )
            )
        return tuple(found)

    def signatures(self) -> tuple[model.Signature, ...]:
        return tuple(
            model.Signature(
                at=event.at,
                at_shown=self.when(event.at),
                name=event.payload["name"],
                role=role(event.payload["role"]),
                meaning=words.text(event.payload.get("meaning")),
                self_check=bool(event.payload.get("self_check")),
                self_check_shown=_("self-check") if event.payload.get("self_check") else "",
                head=str(event.payload.get("head", "")),
            )
            for event in self.of(EventKind.SIGNED)
        )

    def missing(self, order_missing: Sequence[str], quoted: bool) -> tuple[str, ...]:
        """Return what an order that is not closed still lacks, as far as its own events tell (G-34)."""
        gaps = [str(msg("Order: {field}", field=_(name))) for name in order_missing]
        if not quoted:
            gaps.append(_("Signed quote, or accepted price of a quick service"))
        lines = self.log()
        gaps += [_("Step not finished: {step}").format(step=line.title) for line in lines if not line.end]
        done = self.of(EventKind.STEP_DONE)
        started = {(line.step, line.visit) for line in lines if not line.end}
        if not started:
            following = str(done[-1].payload.get("next", "") if done else self.procedure.get("first", ""))
            if following and following != "end":
                gaps.append(_("Step not begun: {step}").format(step=self.title(following)))
        case = [e.payload["act"] for e in self.of(EventKind.HANDLED) if e.payload["act"] in ("open", "close")]
        if case and case[-1] == "open":
            gaps.append(_("The case is open."))
        if not self.of(EventKind.SIGNED):
            gaps.append(_("Signature of the final control"))
        gaps.append(_("Closing the order"))
        return tuple(gaps)


def _place(key: str, order: Sequence[str]) -> int:
    return order.index(key) if key in order else len(order)


def _impact(payload: Mapping[str, Any]) -> str:
    """Write which verdicts of this order do not stand, because their instrument was found out later."""
    said = [_("{instrument} n° {serial} was found out.").format(**{k: payload[k] for k in ("instrument", "serial")})]
    for entry in payload["verdicts"]:
        figure = QUANTITIES[entry["quantity"]]
        value, corrected = (None if n is None else Value(figure, n) for n in (entry["value"], entry["corrected"]))
        after = _("not known") if entry["after"] is None else str(State(entry["after"]))
        said.append(
            _("{quantity}: {value} {before}; corrected {corrected} {after}.").format(
                quantity=f"{figure.name} {entry['label']}".rstrip(),
                value=value,
                before=State(entry["before"]),
                corrected="—" if corrected is None else corrected,
                after=after,
            )
        )
    return " ".join(said)


def _minutes(start: Event, end: Event) -> float | None:
    if start.boot != end.boot or start.station != end.station:
        return None
    return round((end.monotonic_ns - start.monotonic_ns) / 60e9, 1)


_INCIDENTS = {
    "refusal": N_("Refusal"),
    "alert": N_("Alert"),
    "interruption": N_("Interruption"),
    "aborted": N_("Test stopped by the instrument"),
    "impact": N_("Addendum"),
}
