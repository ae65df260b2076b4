"""Who may do it: a named operator, authorised, of the level, in the role, with the safety card read."""

from __future__ import annotations

from bench.errors import Refusal
from bench.language import msg
from bench.operations import level_of
from bench.people import Role
from bench.procedure.guards.question import Question
from bench.procedure.guards.rules import NOBODY, refusal
from bench.procedure.model import Act, StepKind

# Who stands in for whom: a technician may receive a watch, a trainee works where trainees may sign in at all.
_MAY = {
    Role.RECEPTION: {Role.RECEPTION, Role.TECHNICIAN, Role.TRAINEE, Role.MANAGER},
    Role.TECHNICIAN: {Role.TECHNICIAN, Role.TRAINEE, Role.CONTROLLER},
}


def named_operator(ask: Question) -> Refusal | None:
    """G-01: no step without a named operator."""
    return None if ask.operator is not None else nobody_signed_in()


def nobody_signed_in() -> Refusal:
    return refusal("G-01", msg("Nobody is signed in at this bench."), msg("Sign in first."))


def fitting_role(ask: Question) -> Refusal | None:
    """What the counter and the bench do is done by those who work there; sign-offs have guards of their own."""
    allowed = _MAY.get(ask.step.role)
    if ask.operator is None or allowed is None or ask.operator.roles & allowed:
        return None
    return Refusal(
        "role",
        msg("This step is for the role of {role}.", role=ask.step.role),
        msg("Have somebody with that role sign in."),
        NOBODY,
    )


def authorised(ask: Question) -> Refusal | None:
    """G-07: only authorised operators use an instrument."""
    measure, operator = ask.step.measure, ask.operator
    if measure is None or operator is None or operator.may_use(measure.instrument):
        return None
    return refusal(
        "G-07",
        msg("{name} is not authorised on this instrument: {kind}.", name=operator.name, kind=measure.instrument),
        msg("Have an authorised colleague measure, or ask the manager."),
    )


def level_needed(ask: Question) -> int:
    """Return the technical level that the step asks for (1 to 4, 0: none): its own; for an intervention and for a step
    that names G-25, that of the operations signed for and the one found at the bench; for an opening, the one found.
    """
    asks = ask.step.intervention or "G-25" in ask.step.guards
    found = int(ask.state.facts.get("level_needed", "0")) if asks or Act.OPEN in ask.step.acts else 0
    signed = level_of(ask.state.operations) if asks else 0
    return max(ask.step.level, found, signed)


def level(ask: Question) -> Refusal | None:
    """G-25: no work above the technician's level without the hierarchy."""
    needed = level_needed(ask)
    if ask.operator is None or ask.step.role is not Role.TECHNICIAN or needed <= ask.operator.level:
        return None
    return refusal(
        "G-25",
        msg(
            "This work asks for technical level {needed}; {name} has level {level}.",
            needed=needed,
            name=ask.operator.name,
            level=ask.operator.level,
        ),
        msg("The hierarchy has been told. Hand the work to a colleague of that level, or wait for the decision."),
    )


def signs_in_person(ask: Question) -> Refusal | None:
    """G-31 for the controller's signature, G-39 for the manager's: never the technician's own in their stead."""
    if ask.step.kind is not StepKind.SIGNOFF:
        return None
    if ask.step.role is Role.CONTROLLER:
        return other_person(ask)
    if ask.operator is None or ask.operator.may_act_as(ask.step.role):
        return None
    code = "G-39" if ask.step.role is Role.MANAGER else "role"
    return refusal(
        code,
        msg("This validation waits for the role of {role}.", role=ask.step.role),
        msg("Have that person sign in at this bench, or wait for them."),
    )


def other_person(ask: Question) -> Refusal | None:
    """G-31: the final control is another person's, unless the house allows self-check (which is flagged)."""
    operator = ask.operator
    if operator is None or ask.state.house.self_check:
        return None
    if not operator.may_act_as(Role.CONTROLLER):
        return refusal(
            "G-31",
            msg("The final control needs another person with the role of {role}.", role=ask.step.role),
            msg("Have a colleague sign in, or ask the manager to allow the self-check in the house rules."),
        )
    if operator.id in ask.state.workers:
        return refusal(
            "G-31",
            msg("{name} has worked on this watch: the final control is another person's.", name=operator.name),
            msg("Have a colleague sign in, or ask the manager to allow the self-check in the house rules."),
        )
    return None


def holds_the_watch(ask: Question) -> Refusal | None:
    """A watch has one holder: another technician takes it over by name, and the record shows it."""
    state, operator = ask.state, ask.operator
    bench_work = ask.step.role is Role.TECHNICIAN and not ask.step.counter and ask.step.kind is not StepKind.SIGNOFF
    if operator is None or not bench_work or state.holder in ("", operator.id):
        return None
    return Refusal(
        "custody",
        msg("{holder} has this watch.", holder=state.holder_name or state.holder),
        msg("Take it over by name, with a word on what was handed over."),
        msg("whoever takes it over"),
    )


def safety_card(ask: Question) -> Refusal | None:
    """G-38: no machine before its safety card has been read today."""
    if not ask.step.machine or ask.step.machine in ask.cards:
        return None
    return refusal(
        "G-38",
        msg("The safety card of this machine has not been read today: {machine}.", machine=ask.step.machine),
        msg("Read the card and acknowledge it."),
    )
