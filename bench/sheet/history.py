"""What happened to an order, as the sheet tells it: work log, alerts, incidents, corrections, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.alerts import ALERTS, Alert
from bench.conformity import State
from bench.events import Event, EventKind
from bench.language import N_, _, msg, number
from bench.people import Role
from bench.quantities import QUANTITIES, Value
from bench.reviews import Outcome
from bench.sheet import model, words
from bench.sheet.record import Record

Names = Mapping[str, str]


def role(word: str) -> str:
    return str(Role(word)) if word in list(Role) else word


def uniform_offset(events: Sequence[Event]) -> str:
    """Return the one offset to UTC that all times of the order have, "" where they differ."""
    offsets = {words.offset_of(event.at) for event in events}
    return offsets.pop() if len(offsets) == 1 else ""


class History:
    """What the record tells in the order of time, with the names of people and the titles of steps at hand."""

    def __init__(self, record: Record, names: Names) -> None:
        self.record = record
        self.events = record.events
        self.names = names
        self.short = bool(uniform_offset(self.events))
        self.procedure: Mapping[str, Any] = record.opened.payload["procedure"]
        for event in self.of(EventKind.PROCEDURE_CHANGED):
            self.procedure = event.payload["procedure"]
        self.titles = {key: words.text(step["title"]) for key, step in record.planned.items()} | {
            event.payload["step"]: words.text(event.payload.get("title")) for event in self.of(EventKind.STEP_STARTED)
        }
        self.choices = {
            (step_id, choice["id"]): words.text(choice["label"])
            for step_id, step in record.planned.items()
            for field in step.get("fields", ())
            for choice in field.get("choices", ())
        } | {
            (step_id, reason["id"]): words.text(reason["label"])
            for step_id, step in record.planned.items()
            for reason in step.get("skip", ())
        }

    def of(self, *kinds: EventKind) -> list[Event]:
        return self.record.of(*kinds)

    def title(self, step: str) -> str:
        return self.titles.get(step) or step

    def name(self, event: Event) -> str:
        return self.person(event.operator or "")

    def person(self, operator: str) -> str:
        return self.names.get(operator, operator)

    def when(self, at: str) -> str:
        return words.moment(at, offset=not self.short)

    def log(self) -> tuple[model.LogLine, ...]:
        """One line a visit of a step, in order; visit 0 was passed over, a step that is still open has no end."""
        done = {(e.payload["step"], e.payload["visit"]): e for e in self.of(EventKind.STEP_DONE)}
        asked = [e for e in self.of(EventKind.ALERT_RAISED) if e.payload["alert"] == "help"]
        late: dict[tuple[str, int], list[str]] = {}
        for event in self.of(EventKind.STEP_ANSWERED):
            if told := self.record.late(event):
                late.setdefault((event.payload["step"], event.payload["visit"]), []).append(told)
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
                    reason=self._reason(end) if end else "",
                    acts=self._acts(start, end),
                    late="; ".join(late[step, visit]) if (step, visit) in late else "",
                    help="; ".join(
                        f"{words.message(event.payload['text'])} ({self.when(event.at)})"
                        for event in asked
                        if event.seq > start.seq and (end is None or event.seq < end.seq)
                    ),
                )
            )
        return tuple(lines)

    def outcome(self, step: str, outcome: str) -> str:
        """Write a step's outcome: the choice that was taken at a decision, else the bench's word."""
        told = self.choices.get((step, outcome)) or words.outcome(outcome)
        return self._rule(step, outcome) or told if told == outcome else told

    def _rule(self, step: str, outcome: str) -> str:
        """Write an outcome that a rule of the data gives as what was answered: "As ordered: no"."""
        planned = self.record.planned.get(step, {})
        fields = {field["id"]: field for field in planned.get("fields", ())}
        for rule in planned.get("outcome", ()):
            if rule.get("result") == outcome and rule["field"] in fields and not rule["equals"].startswith("!"):
                field = fields[rule["field"]]
                return f"{words.text(field['label'])}: {self.record.cell(field, rule['equals'])}"
        return ""

    def _reason(self, end: Event) -> str:
        """Write why a step was left out or repeated: the coded reason and what was said with it."""
        payload = end.payload
        coded = self.choices.get((payload["step"], str(payload.get("code") or "")), str(payload.get("code") or ""))
        return " · ".join(part for part in (coded, str(payload.get("reason") or "")) if part)

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

    def incidents(self) -> tuple[model.Incident, ...]:
        """Refusals met and lifted, interruptions and tests that the instrument ended itself, in order."""
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
            elif event.kind is EventKind.LIFTED:
                said = payload.get("refusal") or {}
                text = f"{payload['rule']} · {words.message(said.get('reason'))}"
                by = f"{payload.get('name') or self.name(event)} ({role(str(payload.get('role', '')))})"
                found.append(self._incident(event, "lifting", text, str(payload.get("reason", "")), by))
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
            elif event.kind is EventKind.IMPACT_REVIEW_CLOSED:
                by = f"{payload['name']} ({role(str(payload['role']))})"
                found.append(self._incident(event, "review", _reviewed(payload), str(payload["reason"]), by))
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
        found = []
        for event in self.of(EventKind.CORRECTED):
            of = int(event.payload["seq"])
            mine = {answer.key: answer for answer in self.record.answers if answer.seq == of}
            changes = []
            for key in event.payload.get("answers") or {}:
                answer = mine.get(key)
                first = words.text((event.payload.get("before") or {}).get(key))
                first = first or (self.record.first(of, key) if answer else "")
                now = words.text((event.payload.get("shown") or {}).get(key)) or (answer.shown if answer else "")
                changes.append(f"{answer.label if answer else key}: {first or '—'} → {now or '—'}")
            step = str(event.payload.get("step") or next((a.step for a in mine.values()), ""))
            found.append(
                model.Correction(
                    seq=event.seq,
                    of=of,
                    at=event.at,
                    at_shown=self.when(event.at),
                    operator=self.name(event),
                    step=self.title(step) if step else "",
                    changes=tuple(changes),
                    reason=str(event.payload.get("reason", "")),
                )
            )
        return tuple(found)

    def alerts(self) -> list[model.Table]:
        """Every alert to the hierarchy: what, raised by whom and when, acknowledged by whom, decided how and why."""
        said: dict[str, dict[str, Event]] = {"acknowledged": {}, "decided": {}}
        for event in self.of(EventKind.ALERT_ACKNOWLEDGED):
            said["acknowledged"][str(event.payload["id"])] = event
        for event in self.of(EventKind.ALERT_DECIDED):
            said["decided"][str(event.payload["id"])] = event
        lines = []
        for event in self.of(EventKind.ALERT_RAISED):
            alert = Alert.raised(event.payload, seq=event.seq, by=event.operator or "", at=event.at)
            kind = ALERTS.get(alert.kind)
            what = f"{kind.title if kind else alert.kind}: {alert.text}"
            step = f" · {self.title(alert.step)}" if alert.step else ""
            seen, decided = said["acknowledged"].get(alert.id), said["decided"].get(alert.id)
            decision = _("open") if kind and kind.decided_by else "—"
            if decided:
                told = decided.payload
                decision = _(_DECISIONS[told["decision"]]) if told["decision"] in _DECISIONS else told["decision"]
                by = f"{told.get('name') or self.name(decided)}, {self.when(decided.at)}"
                decision += f" · {by}" + (f" · {told['reason']}" if told.get("reason") else "")
            lines.append(
                model.Line(
                    alert.id,
                    (
                        what,
                        f"{self.name(event)}, {self.when(event.at)}{step}",
                        _("yes") if alert.blocking else _("no"),
                        f"{seen.payload.get('name') or self.name(seen)}, {self.when(seen.at)}" if seen else "—",
                        decision,
                    ),
                    "" if decided or not (kind and kind.decided_by) else "open",
                )
            )
        heads = (_("Alert"), _("Raised"), _("Blocking"), _("Acknowledged"), _("Decision"))
        return [model.Table("alerts", _("Alerts to the hierarchy"), heads, tuple(lines))] if lines else []

    def signatures(self) -> tuple[model.Signature, ...]:
        """Every signature; one that a later correction voided says so, and whether it was given again."""
        signed = self.of(EventKind.SIGNED)
        corrected = [event.seq for event in self.of(EventKind.CORRECTED)]
        found = []
        for event in signed:
            after = [seq for seq in corrected if seq > event.seq]
            again = [other for other in signed if after and other.seq > after[0] and _same(event, other)]
            voided = ""
            if again:
                voided = _("voided by a correction; signed again {moment}").format(moment=self.when(again[0].at))
            elif after:
                voided = _("VOID: the record was corrected after this signature")
            found.append(
                model.Signature(
                    at=event.at,
                    at_shown=self.when(event.at),
                    name=event.payload["name"],
                    role=role(event.payload["role"]),
                    meaning=words.text(event.payload.get("meaning")),
                    self_check=bool(event.payload.get("self_check")),
                    self_check_shown=_("self-check") if event.payload.get("self_check") else "",
                    head=str(event.payload.get("head", "")),
                    record=str(event.payload.get("record", "")),
                    proved=bool(event.payload.get("proved")),
                    voided=voided,
                )
            )
        return tuple(found)

    def open_alerts(self) -> list[str]:
        """Return the texts of the alerts that hold the order up and that nobody has decided."""
        decided = {str(event.payload["id"]) for event in self.of(EventKind.ALERT_DECIDED)}
        raised = [
            Alert.raised(event.payload, seq=event.seq, by=event.operator or "", at=event.at)
            for event in self.of(EventKind.ALERT_RAISED)
            if event.payload["alert"] in ALERTS
        ]
        return [str(alert.text) for alert in raised if alert.holds_up and alert.id not in decided]

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
        for alert in self.open_alerts():
            gaps.append(_("Alert without a decision: {text}").format(text=alert))
        for signature in self.signatures():
            if signature.voided and not any(
                later.meaning == signature.meaning and not later.voided for later in self.signatures()
            ):
                gaps.append(_("Signature voided by a correction: {meaning}").format(meaning=signature.meaning))
        if not self.of(EventKind.SIGNED):
            gaps.append(_("Signature of the final control"))
        gaps.append(_("Closing the order"))
        return tuple(gaps)


def _same(one: Event, other: Event) -> bool:
    return bool(one.payload["step"] == other.payload["step"])


_DECISIONS = {"accepted": N_("accepted"), "refused": N_("refused")}


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


def _reviewed(payload: Mapping[str, Any]) -> str:
    """Write what was decided of a watch whose verdicts do not stand."""
    return _("{instrument} n° {serial} was found out: {outcome}.").format(
        instrument=payload["instrument"], serial=payload["serial"], outcome=Outcome(payload["outcome"])
    )


def _minutes(start: Event, end: Event) -> float | None:
    if start.boot != end.boot or start.station != end.station:
        return None
    return round((end.monotonic_ns - start.monotonic_ns) / 60e9, 1)


_INCIDENTS = {
    "refusal": N_("Refusal"),
    "lifting": N_("Lifting"),
    "interruption": N_("Interruption"),
    "aborted": N_("Test stopped by the instrument"),
    "impact": N_("Addendum"),
    "review": N_("Addendum"),
}
