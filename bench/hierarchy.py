"""What goes to the hierarchy and comes back: alerts, incidents, liftings, decisions, the promised date, custody.

Each is said of an order in hand and is on disk when the function returns.
"""

from __future__ import annotations

from datetime import date

from bench.alerts import ALERTS, Alert, kind_of
from bench.dates import day_text
from bench.errors import Refused, UsageError
from bench.events import Draft, EventKind
from bench.inhand import OrderInHand
from bench.language import Message, msg
from bench.people import Operator
from bench.procedure import engine, guards

SEVERE = 2
"""From this severity (0 note, 1 minor, 2 function, 3 stop) an incident pauses the work."""


def raise_alert(order: OrderInHand, kind: str, text: str, *, blocking: bool = False) -> None:
    """Bring something before the hierarchy: help, missing information, supplies … Raises UsageError, Refused (G-01)."""
    _operator(order)
    if kind not in ALERTS:
        raise UsageError(
            msg("There is no alert “{kind}”.", kind=kind), remedy=msg("Known: {known}.", known=", ".join(ALERTS))
        )
    if not text.strip():
        raise UsageError(msg("An alert says what it is about."), remedy=msg("Write a few words."))
    said = Message("{text}", {"text": text.strip()})
    order.record([engine.raised(kind, said, order.state.current, blocking)])


def incident(order: OrderInHand, severity: int, text: str) -> None:
    """Tell an incident, from anywhere; one of severity 2 or 3 pauses the work. Raises UsageError, Refused (G-01)."""
    if severity not in range(4):
        raise UsageError(
            msg("An incident has a severity from 0 to 3."), remedy=msg("0 note, 1 minor, 2 function, 3 stop.")
        )
    raise_alert(order, "incident", f"[{severity}] {text}", blocking=severity >= SEVERE)


def acknowledge(order: OrderInHand, alert_id: str) -> None:
    """Say that an alert has been seen. Raises UsageError, Refused."""
    operator, alert = _operator(order), _alert(order, alert_id)
    _entitled(operator, alert)
    if not alert.acknowledged:
        order.record([Draft(EventKind.ALERT_ACKNOWLEDGED, {"id": alert.id, "name": operator.name})])


def decide(order: OrderInHand, alert_id: str, *, accept: bool, reason: str, pin: str | None = None) -> None:
    """Decide an alert, with a reason; accepting the refusal of a rule lifts it, where the decider may.

    Raises UsageError for an alert that is unknown or decided, Refused for who may not decide it or proves nothing.
    """
    operator, alert = _operator(order), _alert(order, alert_id)
    _entitled(operator, alert)
    if not alert.open:
        raise UsageError(msg("This alert has been decided."), remedy=msg("The log says by whom and why."))
    _reasoned(reason)
    order.desk.reauthenticate(pin)
    who = {"name": operator.name, "role": str((kind_of(alert.kind).decided_by or "").lower())}
    decision = "accepted" if accept else "refused"
    drafts = [Draft(EventKind.ALERT_DECIDED, {"id": alert.id, "decision": decision, "reason": reason, **who})]
    rule = guards.rule(alert.rule)
    if accept and rule is not None and rule.lifted_by is not None:
        drafts.append(_lifting(alert.rule, alert.scope, alert.step, reason, operator, alert.text, alert.id))
    order.record(drafts)


def lift(order: OrderInHand, reason: str, pin: str | None = None) -> None:
    """Lift what stops the current step, where the operator here may: what a colleague was refused last, else what they
    are refused themselves. Raises UsageError, Refused.
    """
    operator, step = _operator(order), order.step
    for alert in reversed(order.state.alerts):
        rule = guards.rule(alert.rule)
        if alert.open and alert.step == order.state.current and rule is not None and rule.lifted_by is not None:
            lift_rule(order, alert.rule, alert.scope, reason, pin, operator=operator)
            return
    refusal = guards.first_refusal(order.question(step)) if step is not None else None
    if step is None or refusal is None:
        raise UsageError(msg("Nothing stops this step."), remedy=msg("Go on with it."))
    lift_rule(order, refusal.rule, guards.scope_of(refusal.rule, order.question(step)), reason, pin, operator=operator)


def lift_rule(
    order: OrderInHand, code: str, scope: str, reason: str, pin: str | None = None, *, operator: Operator | None = None
) -> None:
    """Lift a rule for what `scope` names, and settle the alert that its refusal has raised. Raises Refused."""
    operator = operator or _operator(order)
    rule = guards.rule(code)
    if rule is None or rule.lifted_by is None or not operator.may_act_as(rule.lifted_by):
        raise Refused(guards.not_entitled(code))
    _reasoned(reason)
    order.desk.reauthenticate(pin)
    waiting = [each for each in order.state.alerts if (each.rule, each.scope) == (code, scope) and each.open]
    decided = {"decision": "accepted", "reason": reason, "name": operator.name, "role": rule.lifted_by.value}
    drafts = [Draft(EventKind.ALERT_DECIDED, {"id": each.id, **decided}) for each in waiting]
    step = order.state.current
    drafts.append(_lifting(code, scope, step, reason, operator, rule.rule, waiting[0].id if waiting else ""))
    order.record(drafts)


def move_promise(order: OrderInHand, to: str, *, reason: str, told: str, pin: str | None = None) -> None:
    """Move the promised date (ISO), as the manager, with word to the customer (G-24). Raises UsageError, Refused.

    Anybody else's wish is refused, and stands in the manager's inbox.
    """
    operator = _operator(order)
    try:
        wanted = date.fromisoformat(to)
    except ValueError:
        raise UsageError(msg("“{date}” is no date.", date=to), remedy=msg("Write it like 2026-11-22.")) from None
    refusal = guards.moves_promise(operator)
    if refusal is not None:
        asked = msg("{name} asks for {date}: {reason}", name=operator.name, date=day_text(to), reason=reason or "—")
        order.record(
            [
                Draft(EventKind.REFUSED, {"step": order.state.current, "refusal": refusal.to_json()}),
                engine.raised("deadline", asked, order.state.current, False, refusal.rule, to),
            ]
        )
        raise Refused(refusal)
    if not reason.strip() or not told.strip():
        raise UsageError(
            msg("A slip needs its reason, and how and when the customer was told."),
            remedy=msg("Tell the customer first, then enter both."),
        )
    if wanted < order.desk.clock.now().date():
        raise UsageError(msg("{date} is past.", date=day_text(to)), remedy=msg("Promise a day to come."))
    order.desk.reauthenticate(pin)
    moved = {"from": order.order.promised, "to": to, "reason": reason, "told": told, "name": operator.name}
    decided = {"decision": "accepted", "reason": reason, "name": operator.name, "role": guards.MANAGER_ROLE.value}
    settled = [
        Draft(EventKind.ALERT_DECIDED, {"id": each.id, **decided})
        for each in order.state.alerts
        if each.kind == "deadline" and each.open
    ]
    order.record([Draft(EventKind.PROMISE_MOVED, moved), *settled])


def take_over(order: OrderInHand, note: str) -> None:
    """Take the watch over from who has it, with a word on what was handed over. Raises UsageError, Refused (G-01)."""
    operator = _operator(order)
    if order.state.holder == operator.id:
        return
    if not note.strip():
        raise UsageError(msg("A hand-over needs a word."), remedy=msg("Say in what state the work is taken over."))
    order.record([engine.custody(order.state, operator, note.strip())])


def _lifting(code: str, scope: str, step: str, reason: str, operator: Operator, what: Message, alert: str) -> Draft:
    rule = guards.rule(code)
    role = rule.lifted_by.value if rule and rule.lifted_by else ""
    payload = {"rule": code, "scope": scope, "step": step, "reason": reason, "refusal": what.to_json()}
    return Draft(EventKind.LIFTED, {**payload, "name": operator.name, "role": role, "alert": alert})


def _operator(order: OrderInHand) -> Operator:
    if order.desk.operator is None:
        raise Refused(guards.nobody_signed_in())
    return order.desk.operator


def _alert(order: OrderInHand, alert_id: str) -> Alert:
    found = next((each for each in order.state.alerts if each.id == alert_id), None)
    if found is None:
        known = ", ".join(each.id for each in order.state.alerts) or "—"
        raise UsageError(
            msg("The order has no alert {id}.", id=alert_id), remedy=msg("Its alerts: {known}.", known=known)
        )
    return found


def _entitled(operator: Operator, alert: Alert) -> None:
    role = kind_of(alert.kind).decided_by
    if role is None or not operator.may_act_as(role):
        raise Refused(guards.not_entitled(alert.rule or "alert"))


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise UsageError(msg("A decision needs a reason."), remedy=msg("Write it; it stands on the sheet."))
