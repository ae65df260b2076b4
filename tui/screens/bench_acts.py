"""What one can do at a step beside the step itself: leave it out, go back, call for help, take over, lift, correct."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bench import hierarchy
from bench.alerts import kind_of
from bench.dates import iso_day
from bench.errors import Refused, UsageError
from bench.language import _, msg
from bench.people import Role
from bench.photos import PhotoKind
from bench.procedure import guards
from bench.procedure.answers import fits
from bench.safety_cards import safety_card
from tui.screens.bench_corrections import Corrections
from tui.screens.bench_photos import Photos
from tui.screens.dialogs import Reason
from tui.screens.rows import CardDialog, FormDialog, PickDialog
from tui.widgets.form import Form
from tui.widgets.form_lists import LinesField, PickedField
from tui.widgets.panel import Panel

if TYPE_CHECKING:
    from bench.procedure.model import Step
    from bench.work import Work
    from tui.screens.bench import BenchScreen

Act = Callable[[], Awaitable[None]]


class Acts:
    """The acts that fit the order in hand, for the bench's “more” list."""

    def __init__(self, bench: BenchScreen) -> None:
        self.bench = bench
        self.photos = Photos(bench)
        self.corrections = Corrections(bench)

    @property
    def work(self) -> Work:
        return self.bench.work

    def offered(self) -> list[tuple[str, Act]]:
        """Return what can be done now, in words, the remedy of what stops the step first."""
        return [*self._remedies(), *self._decisions(), *self._ways(), *self._always()]

    def _remedies(self) -> list[tuple[str, Act]]:
        work, step, operator = self.work, self.work.step, self.work.desk.operator
        refusal = self.bench.query_one(Panel).refusal or work.refusal()
        found: list[tuple[str, Act]] = []
        if step is None or operator is None:
            return found
        if refusal is not None and refusal.rule == "G-38":
            found.append((_("Read the safety card: {machine}").format(machine=machine_name(step.machine)), self.card))
        if work.state.holder not in ("", operator.id):
            who = work.state.holder_name or work.state.holder
            found.append((_("Take the watch over from {name}").format(name=who), self.take_over))
        rule = guards.rule(refusal.rule) if refusal is not None else None
        lifter = rule.lifted_by if rule is not None else None
        if refusal is not None and lifter is not None and operator.may_act_as(lifter):
            found.append((_("Lift {rule}, with a reason").format(rule=refusal.rule), self.lift))
        for signature in work.state.signatures:
            if signature.void:
                signed = work.procedure.get(signature.step)
                words = _("Sign again: {step}").format(step=signed.title if signed else signature.step)
                found.append((words, self._sign_again(signature.step)))
        return found

    def _decisions(self) -> list[tuple[str, Act]]:
        """Return what waits for the person here."""
        operator = self.work.desk.operator
        found: list[tuple[str, Act]] = []
        for alert in self.work.state.alerts:
            role = kind_of(alert.kind).decided_by
            if not alert.open or role is None or operator is None or not operator.may_act_as(role):
                continue
            about = f"{kind_of(alert.kind).title}: {alert.text}"
            found.append((_("Accept – {about}").format(about=about), self._decide(alert.id, True)))
            found.append((_("Refuse – {about}").format(about=about), self._decide(alert.id, False)))
            if not alert.acknowledged:
                found.append((_("Seen, not decided – {about}").format(about=about), self._seen(alert.id)))
        return found

    def _ways(self) -> list[tuple[str, Act]]:
        """Return the ways past the step that its data allows."""
        work, step = self.work, self.work.step
        found: list[tuple[str, Act]] = [
            (_("Leave this step out: {reason}").format(reason=reason.label), self._skip(reason.id))
            for reason in (step.skip if step else ())
        ]
        for target in step.back if step else ():
            ahead = work.procedure.get(target)
            words = _("Repeat the work from: {step}").format(step=ahead.title if ahead else target)
            found.append((words, self._back(target)))
        return found

    def _always(self) -> list[tuple[str, Act]]:
        work, step = self.work, self.work.step
        found: list[tuple[str, Act]] = []
        if step is not None and work.state.started and step.measure is None:
            found.append((_("It was done earlier: late entry"), self.corrections.late))
            found.append((_("Write a bench note"), self.corrections.note))
        return [
            *found,
            (_("Correct an answer"), self.corrections.choose),
            (_("Attach a photo"), self.photo),
            (_("Ask for help"), self._raise("help", lambda: _("What do you need help with?"))),
            (_("Tell an incident"), self.incident),
            (_("Ask for missing information"), self._raise("information", lambda: _("What is missing?"))),
            (_("Order supplies"), self._raise("supply", lambda: _("Which supplies, which reference?"))),
            (_("Move the promised date"), self.promise),
            (_("Write the sheet"), self.bench.write_sheet),
        ]

    async def choose(self) -> None:
        """Show the list and do what is picked."""
        offered = await self.bench.app.at_bench(self.offered)
        options = [(str(place), words) for place, (words, _act) in enumerate(offered)]
        picked = await self.bench.app.push_screen_wait(PickDialog(_("What else?"), options, searchable=False))
        if picked is not None:
            await offered[int(picked)][1]()

    # -- the acts

    async def card(self) -> None:
        """Show the safety card; the step is entered once it is acknowledged."""
        step = self.work.step
        if step is None:
            return
        if await self.bench.app.push_screen_wait(CardDialog(step.machine, safety_card(step.machine))):
            await self.bench.app.at_bench(self.work.desk.acknowledge_card, step.machine)
            await self.bench.enter_next()

    async def take_over(self) -> None:
        who = self.work.state.holder_name or self.work.state.holder
        question = _("{name} has the watch. In what state do you take the work over?").format(name=who)
        note = await self._reason(lambda: question)
        if note is not None:
            await self.bench.app.at_bench(hierarchy.take_over, self.work, note)
            await self.bench.enter_next()

    async def lift(self) -> None:
        refusal = self.bench.query_one(Panel).refusal or self.work.refusal()
        step = self.work.step
        reason = await self._reason(lambda: _("Why is this lifted?"))
        if reason is None or refusal is None or step is None:
            return
        scope = await self.bench.app.at_bench(lambda: guards.scope_of(refusal.rule, self.work.question(step)))

        async def lift(pin: str | None) -> None:
            await self.bench.app.at_bench(hierarchy.lift_rule, self.work, refusal.rule, scope, reason, pin)

        await self.bench.app.with_pin(_("Lift {rule}").format(rule=refusal.rule), lift)

    def _decide(self, alert: str, accept: bool) -> Act:
        async def decide() -> None:
            reason = await self._reason(lambda: _("Why? It stands on the sheet."))
            if reason is None:
                return

            async def decided(pin: str | None) -> None:
                await self.bench.app.at_bench(
                    lambda: hierarchy.decide(self.work, alert, accept=accept, reason=reason, pin=pin)
                )

            await self.bench.app.with_pin(_("Decision"), decided)

        return decide

    def _seen(self, alert: str) -> Act:
        async def seen() -> None:
            await self.bench.app.at_bench(hierarchy.acknowledge, self.work, alert)

        return seen

    def _skip(self, code: str) -> Act:
        async def skip() -> None:
            await self.bench.app.at_bench(self.work.skip, code)

        return skip

    def _back(self, target: str) -> Act:
        async def back() -> None:
            reason = await self._reason(lambda: _("Why is the work repeated?"))
            if reason is not None:
                await self.bench.app.at_bench(self.work.go_back, target, reason)

        return back

    def _raise(self, kind: str, question: Callable[[], str]) -> Act:
        async def tell() -> None:
            text = await self._reason(question)
            if text is not None:
                await self.bench.app.at_bench(hierarchy.raise_alert, self.work, kind, text)
                self.bench.app.notify(_("The hierarchy has been told."))

        return tell

    async def incident(self) -> None:
        severities = [_("note"), _("minor"), _("touches the function"), _("stops the work")]
        options = [(str(n), f"{n}  {words}") for n, words in enumerate(severities)]
        severity = await self.bench.app.push_screen_wait(PickDialog(_("How grave?"), options, searchable=False))
        if severity is None:
            return
        text = await self._reason(lambda: _("What happened?"))
        if text is not None:
            await self.bench.app.at_bench(hierarchy.incident, self.work, int(severity), text)

    async def photo(self) -> None:
        kinds = [(kind.value, str(kind)) for kind in PhotoKind]
        kind = await self.bench.app.push_screen_wait(PickDialog(_("A photo of what?"), kinds, searchable=False))
        if kind is not None and await self.photos.attach(kind) is not None:
            self.bench.app.notify(_("The photo is attached."))

    async def promise(self) -> None:
        wanted = await self._reason(lambda: _("The new promised date (24.12.2026)"))
        if wanted is None:
            return
        day = iso_day(wanted)
        reason = await self._reason(lambda: _("Why does it slip?"))
        if reason is None:
            return
        operator = self.work.desk.operator
        told: str | None = ""
        if operator is not None and operator.may_act_as(Role.MANAGER):
            told = await self._reason(lambda: _("How and when was the customer told?"))
        if told is None:
            return
        words = told

        async def move(pin: str | None) -> None:
            await self.bench.app.at_bench(
                lambda: hierarchy.move_promise(self.work, day, reason=reason, told=words, pin=pin)
            )

        if words:
            await self.bench.app.with_pin(_("Move the promised date"), move)
        else:
            await move(None)

    def _sign_again(self, step: str) -> Act:
        async def sign() -> None:
            async def signed(pin: str | None) -> None:
                await self.bench.app.at_bench(self.work.sign_again, step, pin)

            await self.bench.app.with_pin(_("Signature"), signed)

        return sign

    # -- what a form asks for

    async def row(self, event: LinesField.Wanted) -> None:
        """Fill in a line of a table."""
        field = event.field
        written = list(field.answer or ())
        row = written[event.place] if event.place < len(written) else {}
        dialog = FormDialog(str(field.spec.label), field.spec.columns, row, self.fill)
        given = await self.bench.app.push_screen_wait(dialog)
        if given is not None:
            field.put(event.place, given)

    async def fill(self, field: PickedField) -> None:
        """Let a person pick what a field asks for: a defect, or a photo."""
        if field.spec.kind == "photo":
            field.put(await self.photos.pick())
            return
        from bench.defects import defects

        options = [(code, f"{code}  {defect.label}") for code, defect in defects().items()]
        field.put(await self.bench.app.push_screen_wait(PickDialog(str(field.spec.label), options)))

    async def answered(self, answer: Callable[..., Any], answers: dict[str, Any], **more: Any) -> bool:
        """Answer a form: with a PIN where it signs, with a reason where a word is queried. False: given up."""
        step = self.work.step
        if step is None:
            raise UsageError(msg("No step is under way."))
        reason = ""
        while True:
            try:
                return await self._once(step, lambda pin, why=reason: answer(answers, why, pin=pin, **more))  # type: ignore[misc]
            except Refused as refused:
                refusal = refused.refusal
                if refusal.rule != "vocabulary" or reason:
                    raise
                given = await self._reason(lambda refusal=refusal: f"{refusal.reason}\n{refusal.remedy}")  # type: ignore[misc]
                if given is None:
                    raise
                reason = given

    async def _once(self, step: Step, answer: Callable[[str | None], Any]) -> bool:
        if step.meaning is None or not self._signs(step):
            await self.bench.app.at_bench(answer, None)
            return True
        meaning = _("You sign: “{meaning}”").format(meaning=step.meaning)
        return await self.bench.app.with_pin(meaning, lambda pin: self.bench.app.at_bench(answer, pin))

    def _signs(self, step: Step) -> bool:
        """Whether these answers sign: one that refuses the sign-off needs no PIN."""
        answers = self.bench.query_one(Form).answers()
        given = {name: "yes" if value is True else str(value) for name, value in answers.items()}
        ends = (rule for rule in step.outcome if rule.result and rule.field in given)
        return not any(fits(given[rule.field], rule.equals) for rule in ends)

    async def _reason(self, question: Callable[[], str]) -> str | None:
        given: str | None = await self.bench.app.push_screen_wait(Reason(question))
        return given


def machine_name(machine: str) -> str:
    """Return what people call a machine."""
    card = safety_card(machine)
    return str(card.title) if card else machine
